"""Amounts as people write them: `300M` multiply-adds, `12MB` of memory, a window `290M:300M`."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

from mfprofile.errors import InputError, QuantityError
from mfprofile.spec.words import shown

_COUNTS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "B": 10**9, "T": 10**12}
_BYTES = {"": 1, "B": 1}
_BYTES |= {f"{letter}{byte}": 1000**power for power, letter in enumerate("KMGT", start=1) for byte in ("", "B")}
_BYTES |= {f"{letter}IB": 1024**power for power, letter in enumerate("KMGT", start=1)}
_TIMES = {"": 1, "NS": 1, "US": 10**3, "\u039cS": 10**3, "MS": 10**6, "S": 10**9}  # a capital micro sign is a Greek M
_UNITS = {"count": _COUNTS, "bytes": _BYTES, "time": _TIMES}
_EXAMPLES = {
    "count": "300M, 0.3G or 300_000_000",
    "bytes": "12MB, 1.5MiB or 12_000_000",
    "time": "12ms, 850us or 0.5s",
}
_WINDOWS = {
    "count": "290M:300M, :300M or 290M:",
    "bytes": "8MB:12MB, :12MB or 8MB:",
    "time": "8ms:12ms, :12ms or 8ms:",
}
_AMOUNT = re.compile(r"([0-9]{1,30}(?:_[0-9]{3}){0,10}(?:\.[0-9]{1,30})?)\s*([A-Za-z\u00b5\u03bc]{0,12})", re.ASCII)
_POWER = re.compile(r"[0-9]{1,30}(?:\.[0-9]{0,30})?[eE]\+?[0-9]{1,2}", re.ASCII)
_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3}){1,9}", re.ASCII)
_SHORT = ("K", "M", "G", "T")
_MOST_BITS = 300
_FLOPS = re.compile(r"([KMGT]?)FLOPS?", re.IGNORECASE)


def quantity(text: object, unit: str = "count") -> int:
    """Return the number for a count (`300M`), an amount of memory in bytes (`12MB`), or a time in nanoseconds (`12ms`).

    `unit` is `count`, `bytes` or `time`. k, M, G and T are powers of 1000. KiB, MiB, GiB and TiB are powers of 1024.
    Upper and lower case are the same. A number is returned as it is, but a time needs a unit: many people would read 12
    as milliseconds. Raises `QuantityError` for FLOPs and for any amount that is not a whole number.

    >>> quantity("0.3G"), quantity("300_000_000"), quantity("1.5MiB", "bytes"), quantity("12ms", "time")
    (300000000, 300000000, 1572864, 12000000)
    """
    is_long = isinstance(text, int) and text.bit_length() > _MOST_BITS  # Python refuses to write very long numbers
    written = str(text) if type(text) in (int, float, str) and not is_long else ""
    units, example = _UNITS[unit], _EXAMPLES[unit]
    match = _AMOUNT.fullmatch(written.strip())
    if not match:
        hint = _hint(written.strip(), unit)
        raise QuantityError(shown(text), hint or f"must be an amount such as {example}")
    number, letters = Fraction(match[1].replace("_", "")), match[2].upper()
    if flops := _FLOPS.fullmatch(letters):
        raise _ambiguous_flops(match[1], flops[1].upper().replace("K", "k"))
    if letters not in units or (unit == "time" and not letters and number):
        raise QuantityError(shown(text), _not_a_unit(match[2], example))
    amount = number * units[letters]
    if amount.denominator != 1:
        raise QuantityError(shown(text), f"is not a whole number; use an amount such as {example}")
    return int(amount)


def _not_a_unit(letters: str, example: str) -> str:
    rule = f"{shown(letters)} is not a unit" if letters else "has no unit"
    return f"{rule}; use an amount such as {example}"


def _hint(text: str, unit: str) -> str:
    """Return what to write in place of a number with an exponent or with commas, or '' for any other text."""
    if _GROUPED.fullmatch(text):
        return f"write it without commas: {text.replace(',', '_')}"
    if unit == "time" or not _POWER.fullmatch(text):
        return ""
    amount = Fraction(text)
    if amount.denominator != 1:
        return ""
    sizes = [(size, letter) for letter, size in _UNITS[unit].items() if letter in _SHORT]
    size, letter = next((pair for pair in sorted(sizes, reverse=True) if pair[0] <= amount), (1, ""))
    digits = f"{float(amount / size):.9g}"
    exact = f"{digits}{letter}" if Fraction(digits) * size == amount and "e" not in digits else f"{int(amount):_}"
    return f"write it without an exponent: {exact}"


def units(unit: str = "count") -> dict[str, int]:
    """Return the factor of each unit of `quantity`, by its upper-case name; "" means no unit.

    >>> units()["M"], units("bytes")["KIB"], units("time")["MS"]
    (1000000, 1024, 1000000)
    """
    return dict(_UNITS[unit])


def _ambiguous_flops(number: str, letter: str) -> QuantityError:
    half = f"{float(Fraction(number.replace('_', '')) / 2):g}{letter}"
    rule = (
        "1 multiply-add is 2 FLOPs, but some papers call multiply-adds FLOPs; "
        f"write {half} if products and sums were counted, {number}{letter} if multiply-adds were counted"
    )
    return QuantityError(f"{number}{letter}FLOPs", rule)


class Window(NamedTuple):
    """The amounts from `least` to `most`, both included. None means no limit on that side."""

    least: int | None
    most: int | None

    def __contains__(self, amount: object) -> bool:
        return isinstance(amount, int) and (
            (self.least is None or self.least <= amount) and (self.most is None or amount <= self.most)
        )

    def __str__(self) -> str:
        return ":".join("" if side is None else f"{side:,}" for side in self)


def window(text: str, unit: str = "count", signed: bool = False) -> Window:
    """Return the window for `LEAST:MOST`. One of the two may be missing: `290M:300M`, `:12M`, `280M:`.

    `signed` allows amounts below 0, for differences: `-5M:-1M`.

    Raises `InputError` for text without a colon, an empty window, or amounts that are invalid for `quantity`.

    >>> window("290M:0.3G"), window(":12M")
    (Window(least=290000000, most=300000000), Window(least=None, most=12000000))
    """
    sides = text.split(":")
    if len(sides) != 2 or not any(side.strip() for side in sides):
        raise InputError(f"{shown(text)}: must be LEAST:MOST, as in {_WINDOWS[unit]}")
    least, most = (_side(side.strip(), unit, signed) for side in sides)
    if least is not None and most is not None and least > most:
        low, high = (side.strip() for side in sides) if unit == "time" else (f"{least:,}", f"{most:,}")
        raise InputError(f"{shown(text)}: is empty: {low} is more than {high}")
    return Window(least, most)


def _side(text: str, unit: str, signed: bool) -> int | None:
    if signed and text.startswith("-"):
        return -quantity(text[1:], unit)
    return quantity(text, unit) if text else None
