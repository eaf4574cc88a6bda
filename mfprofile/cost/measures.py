"""Named quantities of a network, for limits and searches."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from mfprofile.cost.rows import Part
from mfprofile.cost.sums import activations_of, params_of
from mfprofile.cost.weights import Convention
from mfprofile.spec.dimension import D, Size
from mfprofile.spec.names import SUMS
from mfprofile.spec.problems import unknown


class Measure(NamedTuple):
    """A quantity that is a sum over the ops of the whole network or of one pillar."""

    quantity: str
    pillar: str | None = None

    @property
    def name(self) -> str:
        """Return the name as users write it: `madds`, `former.params`."""
        return f"{self.pillar}.{self.quantity}" if self.pillar else self.quantity

    def of(self, parts: Iterable[Part[D]], convention: Convention) -> Size[D]:
        """Return the sum over the parts. Multiply-adds are counted by the convention."""
        chosen = [part for part in parts if self.pillar in (None, part.pillar)]
        if self.quantity == "madds":
            return sum(convention.weigh(chosen))
        return params_of(chosen) if self.quantity == "params" else activations_of(chosen)


def measure(name: str) -> Measure:
    """Return a measure by its name. Raises `InputError` with the most similar name, or all names, if unknown.

    >>> measure("former.madds")
    Measure(quantity='madds', pillar='former')
    """
    if name not in SUMS:
        raise unknown("quantity", name, SUMS)
    pillar, _, quantity = name.rpartition(".")
    return Measure(quantity, pillar or None)
