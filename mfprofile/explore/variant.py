"""One variant of a space that a query has found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mfprofile.cost.measures import MEASURES
from mfprofile.explore.quantity import Quantity, quantity_of
from mfprofile.explore.space import Place, Space, with_values
from mfprofile.spec.problems import dotted


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """A variant: the choices that make it and what it costs, by the name of each quantity that was asked for."""

    space: Space
    assignment: Mapping[Place, Any]
    figures: Mapping[str, int]

    @property
    def choices(self) -> dict[str, Any]:
        """Return the choices by their paths as users write them."""
        return {dotted(path): value for path, value in self.assignment.items()}

    def spec(self) -> dict[str, Any]:
        """Return the whole spec, as `load` takes it."""
        return with_values(self.space.data, self.assignment)


def told_quantities() -> list[Quantity]:
    """Return the quantities that are told of every variant: multiply-adds and parameters, whole and by pillar."""
    return [quantity_of(name) for name in MEASURES if not name.endswith("activations")]
