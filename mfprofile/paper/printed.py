"""A figure as the paper prints it, with the precision of its last digit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

_UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}
_FIGURE = re.compile(r"([0-9]+)(?:\.([0-9]+))?([kMG]?)")


@dataclass(frozen=True, slots=True)
class Printed:
    """A figure: its `text`, its exact `value`, and the `step` of its last digit."""

    text: str
    value: Fraction
    step: Fraction

    def holds(self, counted: Fraction | int) -> bool:
        """Return whether a count rounds to the figure: it is within half a step. Halves may round up or down."""
        return abs(counted - self.value) * 2 <= self.step

    def difference(self, counted: Fraction | int) -> Fraction:
        """Return how much a count is above the figure, as a share of the figure."""
        return (counted - self.value) / self.value


def printed(text: str) -> Printed:
    """Return the figure for a text. Raises `ValueError` for text that is not a figure.

    >>> figure = printed("11.4M")
    >>> int(figure.value), int(figure.step), figure.holds(11_422_648), figure.holds(11_450_001)
    (11400000, 100000, True, False)
    """
    match = _FIGURE.fullmatch(text)
    if match is None:
        raise ValueError(f"not a figure: {text!r}")
    whole, decimals, unit = match[1], match[2] or "", _UNITS[match[3]]
    step = Fraction(unit, 10 ** len(decimals))
    return Printed(text, int(whole + decimals) * step, step)
