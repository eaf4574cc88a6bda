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

    `causal` says what of causal attention was counted, if any ran. `parts` has the amounts of each quantity by block or
    module, nothing if the file has no rows.
    """

    amounts: Mapping[str, int]
    convention: str
    inputs: Sequence[str] | None = None
    causal: str = ""
    parts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


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
    amounts, parts = {key: bill[key] for key in GROWING}, {key: _parts(bill.get("rows"), key) for key in GROWING}
    return name, Earlier(amounts, counted_in, _inputs(bill.get("input")), str(bill.get("causal", "")), parts)


def _parts(rows: Any, key: str) -> dict[str, int]:
    """Return the amounts of a quantity by block or module, or nothing for rows of an unknown form."""
    amounts: dict[str, int] = {}
    for row in rows if isinstance(rows, list) else []:
        label = (row.get("module"), row.get("block")) if isinstance(row, dict) else ()
        names = [each for each in label if isinstance(each, str)]
        if len(names) != 1 or type(row.get(key)) is not int:
            return {}
        amounts[names[0]] = amounts.get(names[0], 0) + row[key]
    return amounts


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
    baseline: Baseline, name: str, most: int | Fraction, file: Path, inputs: Sequence[InputShape] | None = None
) -> Iterator[Limit]:
    """Yield the limits that the baseline sets for the network called `name`.

    A limit is the baseline's own amount plus the growth, rounded down, which changes no comparison of whole numbers. A
    spec's input is part of the spec and may change. A network in code must have the same `inputs` as in the baseline.
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
        yield Limit(key, True, int(allowed), Mark(str(file)), about, earlier.convention, earlier.parts.get(key, {}))
