"""A figure as the paper prints it, which says how precisely it is known."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

_UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}
_FIGURE = re.compile(r"([0-9]+)(?:\.([0-9]+))?([kMG]?)")


@dataclass(frozen=True, slots=True)
class Printed:
    """A figure: its `text`, its `value`, and the `step` of its last digit, all exact."""

    text: str
    value: Fraction
    step: Fraction

    def holds(self, counted: Fraction | int) -> bool:
        """Return whether a count would be printed so: it is within half a step, whichever way halves are rounded."""
        return abs(counted - self.value) * 2 <= self.step

    def difference(self, counted: Fraction | int) -> Fraction:
        """Return how much a count is above the figure, as a share of it."""
        return (counted - self.value) / self.value


def printed(text: str) -> Printed:
    """Read a figure; raises `ValueError` for what is none.

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
