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
_AMOUNT = re.compile(r"([0-9]{1,30}(?:_[0-9]{3}){0,10}(?:\.[0-9]{1,30})?)\s*([A-Za-z]{0,12})", re.ASCII)
_POWER = re.compile(r"[0-9]{1,30}(?:\.[0-9]{0,30})?[eE]\+?[0-9]{1,2}", re.ASCII)
_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3}){1,9}", re.ASCII)
_SHORT = ("K", "M", "G", "T")
_MOST_BITS = 300
_FLOPS = re.compile(r"([KMGT]?)FLOPS?", re.IGNORECASE)


def quantity(text: object, in_bytes: bool = False) -> int:
    """Return the number for a count (`300M`, `0.3G`) or, `in_bytes`, for an amount of memory (`12MB`, `1.5MiB`).

    k, M, G and T are powers of 1000. KiB, MiB, GiB and TiB are powers of 1024. Upper and lower case are the same. A
    number is returned as it is. Raises `QuantityError` for FLOPs and for any amount that is not a whole number.

    >>> quantity("0.3G"), quantity("300_000_000"), quantity("1.5MiB", in_bytes=True)
    (300000000, 300000000, 1572864)
    """
    is_long = isinstance(text, int) and text.bit_length() > _MOST_BITS  # Python refuses to write very long numbers
    written = str(text) if type(text) in (int, float, str) and not is_long else ""
    units, example = (_BYTES, "12MB, 1.5MiB or 12_000_000") if in_bytes else (_COUNTS, "300M, 0.3G or 300_000_000")
    match = _AMOUNT.fullmatch(written.strip())
    if not match:
        hint = _hint(written.strip(), in_bytes)
        raise QuantityError(shown(text), hint or f"must be an amount such as {example}")
    number, unit = Fraction(match[1].replace("_", "")), match[2].upper()
    if flops := _FLOPS.fullmatch(unit):
        raise _ambiguous_flops(match[1], flops[1].upper().replace("K", "k"))
    if unit not in units:
        raise QuantityError(shown(text), f"{shown(match[2])} is not a unit; use an amount such as {example}")
    amount = number * units[unit]
    if amount.denominator != 1:
        raise QuantityError(shown(text), f"is not a whole number; use an amount such as {example}")
    return int(amount)


def _hint(text: str, in_bytes: bool) -> str:
    """Return what to write in place of a number with an exponent or with commas, or '' for any other text."""
    if _GROUPED.fullmatch(text):
        return f"write it without commas: {text.replace(',', '_')}"
    if not _POWER.fullmatch(text):
        return ""
    amount = Fraction(text)
    if amount.denominator != 1:
        return ""
    sizes = [(size, unit) for unit, size in (_BYTES if in_bytes else _COUNTS).items() if unit in _SHORT]
    size, unit = next((pair for pair in sorted(sizes, reverse=True) if pair[0] <= amount), (1, ""))
    digits = f"{float(amount / size):.9g}"
    exact = f"{digits}{unit}" if Fraction(digits) * size == amount and "e" not in digits else f"{int(amount):_}"
    return f"write it without an exponent: {exact}"


def units(in_bytes: bool = False) -> dict[str, int]:
    """Return the factor of each unit of `quantity`, by its upper-case name; "" means no unit.

    >>> units()["M"], units(in_bytes=True)["KIB"]
    (1000000, 1024)
    """
    return dict(_BYTES if in_bytes else _COUNTS)


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


def window(text: str, in_bytes: bool = False, signed: bool = False) -> Window:
    """Return the window for `LEAST:MOST`. One of the two may be missing: `290M:300M`, `:12M`, `280M:`.

    `signed` allows amounts below 0, for differences: `-5M:-1M`.

    Raises `InputError` for text without a colon, an empty window, or amounts that are invalid for `quantity`.

    >>> window("290M:0.3G"), window(":12M")
    (Window(least=290000000, most=300000000), Window(least=None, most=12000000))
    """
    sides = text.split(":")
    if len(sides) != 2 or not any(side.strip() for side in sides):
        raise InputError(f"{shown(text)}: must be LEAST:MOST, as in 290M:300M, :300M or 290M:")
    least, most = (_side(side.strip(), in_bytes, signed) for side in sides)
    if least is not None and most is not None and least > most:
        raise InputError(f"{shown(text)}: is empty: {least:,} is more than {most:,}")
    return Window(least, most)


def _side(text: str, in_bytes: bool, signed: bool) -> int | None:
    if signed and text.startswith("-"):
        return -quantity(text[1:], in_bytes)
    return quantity(text, in_bytes) if text else None
