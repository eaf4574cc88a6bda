"""What is compared and limited in a space: a measure, or a sum of measures with whole coefficients."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mfprofile.cost.measures import Measure, measure
from mfprofile.cost.rows import Part
from mfprofile.cost.weights import Convention
from mfprofile.spec.dimension import D, Size
from mfprofile.spec.problems import InputError
from mfprofile.spec.quantities import Window
from mfprofile.spec.words import shown

_TERM = re.compile(r"\s*([+-]?)\s*(?:([0-9]{1,9})\s*\*\s*)?([a-z][a-z.]*)\s*")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A sum of measures, each once, times a whole number; `name` is the sum as it was written."""

    name: str
    terms: tuple[tuple[int, Measure], ...]

    def of(self, parts: Sequence[Part[D]], convention: Convention) -> Size[D]:
        """Return the sum over the parts."""
        return sum([times * measure.of(parts, convention) for times, measure in self.terms])

    def amount(self) -> Quantity:
        """Return the sum with all terms added, which none of its parts exceeds."""
        return Quantity(self.name, tuple((abs(times), measure) for times, measure in self.terms))


def quantity_of(text: str) -> Quantity:
    """Return the quantity that a text names: `params`, `former.madds + bridge.madds`, `madds - 2*mobile.madds`.

    Raises `InputError` for what is no sum of measures.

    >>> quantity_of("2*params + former.madds").terms[1]
    (2, Measure(quantity='params', pillar=None))
    """
    terms: dict[Measure, int] = {}
    at = 0
    while at < len(text) or not terms:
        found = _TERM.match(text, at)
        if not found or (terms and not found[1]):
            rule = "must be a quantity such as params or former.madds, or a sum such as former.madds + 2*bridge.madds"
            raise InputError(f"{shown(text)}: {rule}")
        times = int(found[2] or 1)
        term = measure(found[3])
        terms[term] = terms.get(term, 0) + (-times if found[1] == "-" else times)
        at = found.end()
    ordered = sorted((term.name, times, term) for term, times in terms.items() if times)
    return Quantity(text.strip(), tuple((times, term) for _, times, term in ordered))


def refuse_twice(windows: Sequence[tuple[Quantity, Window]]) -> None:
    """Raise `InputError` where two windows are of the same sum, however it is written."""
    known: dict[object, str] = {}
    for quantity, _ in windows:
        if quantity.terms in known:
            raise InputError(f"{quantity.name}: {known[quantity.terms]} has a window already")
        known[quantity.terms] = quantity.name
