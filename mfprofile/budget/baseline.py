"""An earlier `mfprofile count --json`, and how far a network may grow beyond it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from mfprofile.budget.limits import Limit, percent
from mfprofile.spec.inputs import InputShape
from mfprofile.spec.limits import share
from mfprofile.spec.problems import InputError, Mark
from mfprofile.spec.quantities import QuantityError, quantity
from mfprofile.spec.words import instead, shown

SCHEMAS = (1, 2)
"""The versions of `count --json` that are read. In 1 a network's inputs were texts, and a spec's were height and
width."""

GROWING = ("madds", "params")
"""What `--max-growth` limits."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """A bill of the file: its madds and params, and the inputs in words, where the file has them."""

    amounts: Mapping[str, int]
    inputs: Sequence[str] | None = None


Baseline = Mapping[str, Earlier]


def growth(text: str) -> int | Fraction:
    """Return a growth as a Fraction of the baseline (`1%`) or as an amount (`2M`).

    >>> growth("1%"), growth("2M")
    (Fraction(1, 100), 2000000)
    """
    part = share(text)
    try:
        return quantity(text) if part is None else part
    except QuantityError as error:
        raise InputError(f"--max-growth {error}, or a percentage such as 1%") from None


def read_baseline(file: Path, convention: str) -> Baseline:
    """Return each bill of a file, by name.

    Raises `InputError` for what `count --json` did not write, and for bills of another convention.
    """
    found: dict[str, Earlier] = {}
    for bill in _bills(file):
        name, earlier = _bill(file, bill, convention)
        if found.setdefault(name, earlier) != earlier:
            raise InputError(f"{file}: has two different bills of {name!r}; keep one of them")
    return found


def _bills(file: Path) -> list[Any]:
    try:
        read = json.loads(file.read_bytes())
    except OSError as error:
        raise InputError(f"{file}: cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file}: is not JSON: {error}; {_REMEDY}") from None
    return read if isinstance(read, list) and read else [read]


_REMEDY = "write it with 'mfprofile count SPEC… --json'"


def _bill(file: Path, bill: Any, convention: str) -> tuple[str, Earlier]:
    if not isinstance(bill, dict) or not isinstance(bill.get("name"), str) or "schema" not in bill:
        raise InputError(f"{file}: holds no bill of 'mfprofile count --json'; {_REMEDY}")
    name = bill["name"]
    if bill["schema"] not in SCHEMAS:
        known = " and ".join(map(str, SCHEMAS))
        raise InputError(f"{file}: {name}: unknown schema {shown(bill['schema'])}, {known} are read; {_REMEDY}")
    counted_in = bill.get("convention")
    if counted_in != convention:
        remedy = f"count it anew with --convention {convention}"
        if isinstance(counted_in, str):
            remedy = f"give --convention {counted_in}, or {remedy}"
        raise InputError(f"{file}: {name}: was counted in convention {shown(counted_in)}, not '{convention}'; {remedy}")
    for key in GROWING:
        if type(bill.get(key)) is not int or bill[key] < 0:
            raise InputError(f"{file}: {name}: {key} = {shown(bill.get(key))}: must be a whole number; {_REMEDY}")
    return name, Earlier({key: bill[key] for key in GROWING}, _inputs(bill.get("input")))


def _inputs(read: Any) -> list[str] | None:
    """Return a bill's inputs in words, or None where they are a size in pixels or nothing that `count` writes."""
    if not isinstance(read, list) or any(isinstance(each, int) for each in read):
        return None
    try:
        return [each if isinstance(each, str) else str(InputShape(**each)) for each in read]
    except TypeError:
        return None


def growth_limits(
    baseline: Baseline, name: str, most: int | Fraction, file: Path, inputs: Sequence[InputShape] | None = None
) -> Iterator[Limit]:
    """Yield the limits that the baseline sets to the spec called `name`; raises `InputError` if it has no such bill.

    The most is the baseline's own amount and the growth, rounded down, which changes no comparison with whole numbers.
    A spec's input is part of it and may change as all else does; a network in code must have been given the `inputs`
    that it is given now.
    """
    if name not in baseline:
        raise InputError(f"{file}: has no bill of {shown(name)}; {instead(name, baseline)}")
    earlier = baseline[name]
    words = None if inputs is None else list(map(str, inputs))
    if words is not None and earlier.inputs is not None and words != earlier.inputs:
        then, now = (", ".join(each) or "none" for each in (earlier.inputs, words))
        raise InputError(f"{file}: was counted on input {then}, not {now}; give that --input, or count it again")
    for key, before in earlier.amounts.items():
        allowed = before + most if isinstance(most, int) else before + before * most
        grown = f"{most:,}" if isinstance(most, int) else f"{percent(most)} %"
        yield Limit(key, True, int(allowed), Mark(str(file)), f"{before:,} in {file} + {grown}")
