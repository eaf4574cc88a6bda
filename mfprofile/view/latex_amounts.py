"""Amounts in columns of LaTeX: the unit that a column shares, and text such as `2.44G (+1.47 %)` in two columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import chain
from types import MappingProxyType
from typing import Any

_AMOUNT = re.compile(r"(?P<mark>≠ )?(?P<number>[-+]?[\d,]*\.?\d+)(?P<letter>[kMG]?)(?: \((?P<part>[-+][\d,.]+ %)\))?")
_POWERS: Mapping[str, int] = MappingProxyType({"": 0, "k": 3, "M": 6, "G": 9})
_UNITS = ((10**9, "G", 10), (10**6, "M", 100), (10**3, "k", 100))
"""Units, and the part of one that the least number of a column must have: billions have small numbers of interest."""
_MOST = 10**6
"""The greatest number that is written in a unit, so that a column does not have more digits than exact numbers."""


def unit_of(values: Sequence[Any]) -> tuple[int, str]:
    """Return the unit of a column: the greatest in which no number but 0 is rounded to 0.00, or 1.

    >>> unit_of([5_419_008, 286_732_160, 0]), unit_of([464, 11_422_648]), unit_of([1, 2_000_000])
    ((1000000, 'M'), (1000, 'k'), (1, ''))
    """
    sizes = [abs(value) for value in values if isinstance(value, int) and value]
    for unit, letter, part in _UNITS:
        if sizes and unit <= part * min(sizes) and unit <= max(sizes) < unit * _MOST:
            return unit, letter
    return 1, ""


def split_amounts(
    texts: Sequence[Sequence[str]], exact: bool
) -> tuple[str, Sequence[Sequence[str]], Sequence[Sequence[str]]] | None:
    """Return a unit, the numbers in it, and their differences in percent, which are empty if no text has one.

    It is None if no text has a unit or a difference. Without `exact`, whole numbers are written in a unit as well.

    >>> split_amounts([["2.44G (+1.47 %)", "163.61G (-0.23 %)", "–"]], False)
    ('G', [['2.44', '163.61', '–']], [['+1.47 %', '-0.23 %', '']])
    >>> split_amounts([["+2,030,000 (+5.0 %)", "="]], False)
    ('M', [['+2.03', '0']], [['+5.0 %', '0.0 %']])
    """
    known = [amount for amount in map(_AMOUNT.fullmatch, chain(*texts)) if amount is not None]
    if not any(amount["letter"] or amount["part"] for amount in known):
        return None
    letter = max((amount["letter"] for amount in known), key=_POWERS.__getitem__)
    rounds = not (letter or exact or any("." in amount["number"] for amount in known))
    if rounds:
        letter = unit_of([int(amount["number"].replace(",", "")) for amount in known])[1]
    rounds = rounds and bool(letter)
    has_parts = any(amount["part"] for amount in known)
    numbers = [[_number(text, letter, rounds) if text != "=" else "0" for text in rows] for rows in texts]
    return letter, numbers, [[_part(text) for text in rows] for rows in texts] if has_parts else []


def _number(text: str, letter: str, rounds: bool) -> str:
    amount = _AMOUNT.fullmatch(text)
    if amount is None:
        return text
    number = Decimal(amount["number"].replace(",", "")).scaleb(_POWERS[amount["letter"]] - _POWERS[letter])
    rounds = rounds or (letter != amount["letter"] and abs(number) >= Decimal("0.1"))
    sign = "+" if amount["number"].startswith("+") else ""
    return f"{amount['mark'] or ''}{sign}{number:{'.2f' if rounds and number else 'f'}}"


def _part(text: str) -> str:
    if text == "=":
        return "0.0 %"
    amount = _AMOUNT.fullmatch(text)
    return "" if amount is None else amount["part"] or "–"
