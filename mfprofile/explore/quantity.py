"""Quantities that queries compare and limit: a measure, or a sum of measures with integer coefficients."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mfprofile.cost.measures import Measure, measure
from mfprofile.cost.rows import Part
from mfprofile.cost.weights import Convention
from mfprofile.errors import InputError
from mfprofile.spec.dimension import D, Size
from mfprofile.spec.names import LATENCY
from mfprofile.spec.quantities import Window
from mfprofile.spec.words import shown

_TERM = re.compile(r"\s*([+-]?)\s*(?:([0-9]{1,9})\s*\*\s*)?([a-z][a-z0-9_.]*)\s*")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A sum of different measures with integer coefficients; `name` is the text that the user wrote."""

    name: str
    terms: tuple[tuple[int, Measure], ...]

    def of(self, parts: Sequence[Part[D]], convention: Convention) -> Size[D]:
        """Return the sum over the parts, multiply-adds as the convention counts them."""
        return sum([times * measure.of(parts, convention) for times, measure in self.terms])

    @property
    def is_timed(self) -> bool:
        """Return whether it is a latency, or a sum of latencies."""
        return any(measure.quantity == LATENCY for _, measure in self.terms)

    def amount(self) -> Quantity:
        """Return the quantity with the absolute value of each coefficient: an upper bound of all partial sums."""
        return Quantity(self.name, tuple((abs(times), measure) for times, measure in self.terms))


def quantity_of(text: str) -> Quantity:
    """Return the quantity of a text: `params`, `former.madds + bridge.madds`, `madds - 2*mobile.madds`.

    Raises `InputError` for a text that is not a sum of measures, and for a sum of times and counts.

    >>> quantity_of("2*params + former.madds").terms[1]
    (2, Measure(quantity='params', pillar=None))
    """
    terms: dict[Measure, int] = {}
    at = 0
    while at < len(text) or not terms:
        match = _TERM.match(text, at)
        if not match or (terms and not match[1]):
            rule = "must be a quantity such as params or former.madds, or a sum such as former.madds + 2*bridge.madds"
            raise InputError(f"{shown(text)}: {rule}")
        times = int(match[2] or 1)
        term = measure(match[3])
        terms[term] = terms.get(term, 0) + (-times if match[1] == "-" else times)
        at = match.end()
    if len({term.quantity == LATENCY for term in terms}) > 1:
        raise InputError(f"{shown(text)}: adds times to counts; use latencies alone, or none")
    ordered = sorted((term.name, times, term) for term, times in terms.items() if times)
    return Quantity(text.strip(), tuple((times, term) for _, times, term in ordered))


def check_duplicates(windows: Sequence[tuple[Quantity, Window]]) -> None:
    """Raise `InputError` for two windows of the same sum, even if it is written in two ways."""
    names: dict[object, str] = {}
    for quantity, _ in windows:
        if quantity.terms in names:
            raise InputError(f"{quantity.name}: {names[quantity.terms]} already has a window; give one for each sum")
        names[quantity.terms] = quantity.name
