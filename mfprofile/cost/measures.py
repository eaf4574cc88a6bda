"""Named quantities of a network: what budgets limit and searches compare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from mfprofile.cost.conventions import Convention
from mfprofile.cost.ops import Dimension
from mfprofile.cost.rows import Part
from mfprofile.cost.sums import activations_of, params_of
from mfprofile.spec.limits import ADDITIVE, PILLARS
from mfprofile.spec.problems import InputError, nearest


class Measure(NamedTuple):
    """A quantity that is a sum over ops, of the whole network or of one pillar."""

    quantity: str
    pillar: str | None = None

    @property
    def name(self) -> str:
        """Return the name as users write it: `madds`, `former.params`."""
        return f"{self.pillar}.{self.quantity}" if self.pillar else self.quantity

    def of(self, parts: Iterable[Part], counted_by: Convention) -> Dimension:
        """Return the sum over the parts, multiply-adds as the convention counts them."""
        chosen = [part for part in parts if self.pillar in (None, part.pillar)]
        if self.quantity == "madds":
            return sum(counted_by.weigh(chosen))
        return params_of(chosen) if self.quantity == "params" else activations_of(chosen)


MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        measure.name: measure
        for pillar in (None, *PILLARS)
        for measure in (Measure(quantity, pillar) for quantity in ADDITIVE)
    }
)


def measure(name: str) -> Measure:
    """Return a measure by its name; raises `InputError` with the names there are.

    >>> measure("former.madds")
    Measure(quantity='madds', pillar='former')
    """
    if name not in MEASURES:
        hint = nearest(name, list(MEASURES)) or f"there are {', '.join(MEASURES)}"
        raise InputError(f"no quantity is called {name!r}; {hint}")
    return MEASURES[name]
