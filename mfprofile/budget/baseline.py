"""An earlier `mfprofile count --json`, and limits on the growth over it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from mfprofile.budget.limits import Limit, percent
from mfprofile.budget.modes import check_mode_of
from mfprofile.errors import InputError, QuantityError
from mfprofile.spec.inputs import InputShape
from mfprofile.spec.limits import share
from mfprofile.spec.names import CONVENTIONS
from mfprofile.spec.problems import Mark
from mfprofile.spec.quantities import quantity
from mfprofile.spec.reading import read_bytes
from mfprofile.spec.words import instead, shown

SCHEMAS = (1, 2)
"""The schema versions of `count --json` that can be read. In version 1 the inputs of a network in code were texts, and
a spec's input was its height and width."""

_CLEAR = 1000
"""From this number on, a growth without a unit is an amount. A smaller one could also be in percent."""

GROWING = ("madds", "params")
"""The quantities that `--max-growth` limits."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """A bill of the file: its madds and params, its convention, and its inputs as text if the file has them.

    `causal` says what of causal attention was counted, if any ran. `parts` has the amounts of each quantity along
    `axis`, by block or module; nothing if the rows of the file do not add up.
    """

    amounts: Mapping[str, int]
    convention: str
    inputs: Sequence[str] | None = None
    causal: str = ""
    axis: str = field(default="", compare=False)
    parts: Mapping[str, Mapping[str, int]] = field(default_factory=dict, compare=False)


Baseline = Mapping[str, Earlier]


def growth(text: str) -> int | Fraction:
    """Return a growth as a Fraction of the baseline (`1%`) or as an amount (`2M`).

    A small number without a unit is refused: it could be either.

    >>> growth("1%"), growth("2M"), growth("0")
    (Fraction(1, 100), 2000000, 0)
    """
    part = share(text)
    if part is not None:
        return part
    try:
        amount = quantity(text)
    except QuantityError as error:
        raise InputError(f"--max-growth {error}, or a percentage such as 1%") from None
    bare = text.strip()
    if 0 < amount < _CLEAR and bare.isdecimal():
        raise InputError(
            f"--max-growth {bare}: has no unit; write {bare}% for percent, or {amount / 1000:g}k for an amount"
        )
    return amount


def read_baseline(file: Path, convention: str | None = None, mode: str | None = None) -> Baseline:
    """Return the bills of a file, by name.

    Raises `InputError` for a file that `count --json` did not write, and for bills in another `convention` or of
    another `mode` if one is given.
    """
    bills: dict[str, Earlier] = {}
    for bill in _bills(file):
        name, earlier = _bill(file, bill, convention)
        check_mode_of(file, name, bill.get("mode"), mode)
        if bills.setdefault(name, earlier) != earlier:
            raise InputError(f"{file}: has two different bills of {name!r}; keep one of them")
    return bills


def _bills(file: Path) -> list[Any]:
    raw = read_bytes(file)
    try:
        read = json.loads(raw)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise InputError(f"{file}: is not JSON: {error}; {_REMEDY}") from None
    except ValueError:  # Python refuses to read very long numbers
        raise InputError(f"{file}: has a number that is too long to read; {_REMEDY}") from None
    return read if isinstance(read, list) and read else [read]


_TOO_LARGE = 10**24
_REMEDY = "write it with 'mfprofile count SPEC… --json'"


def _bill(file: Path, bill: Any, convention: str | None) -> tuple[str, Earlier]:
    if not isinstance(bill, dict) or not isinstance(bill.get("name"), str) or "schema" not in bill:
        raise InputError(f"{file}: has no bill of 'mfprofile count --json'; {_REMEDY}")
    name = bill["name"]
    if bill["schema"] not in SCHEMAS:
        known = " or ".join(map(str, SCHEMAS))
        raise InputError(f"{file}: {name}: has schema {shown(bill['schema'])}, not {known}; {_REMEDY}")
    counted_in = _convention(file, name, bill.get("convention"), convention)
    for key in GROWING:
        value: Any = bill.get(key)
        is_count = type(value) is int and value >= 0
        if not is_count or value >= _TOO_LARGE:
            rule = "is too large for a count" if is_count else "must be a whole number"
            raise InputError(f"{file}: {name}: {key} = {shown(value)}: {rule}; {_REMEDY}")
    amounts = {key: bill[key] for key in GROWING}
    axis, parts = next(((axis, parts) for axis in _AXES if (parts := _parts(bill, axis))), ("", {}))
    return name, Earlier(amounts, counted_in, _inputs(bill.get("input")), str(bill.get("causal", "")), axis, parts)


_AXES = ("block", "module")


def _parts(bill: Mapping[str, Any], axis: str) -> dict[str, dict[str, int]]:
    """Return the amounts of each quantity along an axis, without those whose rows do not add up to that of the bill."""
    rows = bill.get("rows")
    if not isinstance(rows, list) or not all(isinstance(row, dict) and isinstance(row.get(axis), str) for row in rows):
        return {}
    parts = {}
    for key, total in (("madds", bill["madds"]), ("params", bill.get("counted_params", bill["params"]))):
        amounts: dict[str, int] = {}
        if all(type(row.get(key)) is int and 0 <= row[key] < _TOO_LARGE for row in rows):
            for row in rows:
                amounts[row[axis]] = amounts.get(row[axis], 0) + row[key]
        if amounts and sum(amounts.values()) == total:
            parts[key] = amounts
    return parts


def _convention(file: Path, name: str, counted_in: object, required: str | None) -> str:
    """Return the convention of a bill. Raise `InputError` for an unknown one, and for another one than required."""
    if not isinstance(counted_in, str) or counted_in not in CONVENTIONS:
        raise InputError(f"{file}: {name}: was counted in convention {shown(counted_in)}, which is unknown; {_REMEDY}")
    if required and counted_in != required:
        remedy = f"omit --convention, or count it again with --convention {required}"
        raise InputError(f"{file}: {name}: was counted in convention '{counted_in}', not '{required}'; {remedy}")
    return counted_in


def _inputs(read: Any) -> list[str] | None:
    """Return the inputs of a bill as text, or None for a size in pixels or an unknown form."""
    if not isinstance(read, list) or any(isinstance(each, int) for each in read):
        return None
    try:
        return [each if isinstance(each, str) else str(InputShape(**each)) for each in read]
    except TypeError:
        return None


def growth_limits(
    baseline: Baseline,
    name: str,
    most: int | Fraction,
    file: Path,
    inputs: Sequence[InputShape] | None = None,
    axis: str = "",
) -> Iterator[Limit]:
    """Yield the limits that the baseline sets for the network called `name`.

    A limit is the baseline's own amount plus the growth, rounded down, which changes no comparison of whole numbers. A
    spec's input is part of the spec and may change. A network in code must have the same `inputs` as in the baseline.
    The amounts of the parts are kept if they are along `axis`.

    Raises `InputError` for other inputs, and for a baseline without a bill of that name.
    """
    if name not in baseline:
        known = instead(name, baseline)
        new = f"{' For' if known.endswith('?') else '; for'} a new network, use --allow-new"
        raise InputError(f"{file}: has no bill of {shown(name)}; {known}{new}")
    earlier = baseline[name]
    texts = None if inputs is None else list(map(str, inputs))
    if texts is not None and earlier.inputs is not None and texts != earlier.inputs:
        then, now = (", ".join(each) or "none" for each in (earlier.inputs, texts))
        raise InputError(f"{file}: was counted on input {then}, not {now}; use that --input, or count it again")
    for key, before in earlier.amounts.items():
        allowed = before + most if isinstance(most, int) else before + before * most
        growth_text = f"{most:,}" if isinstance(most, int) else f"{percent(most)} %"
        about = f"{before:,} in {file} + {growth_text}"
        parts = earlier.parts.get(key, {}) if earlier.axis == axis else {}
        yield Limit(key, True, int(allowed), Mark(str(file)), about, earlier.convention, parts)
