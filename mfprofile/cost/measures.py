"""Named quantities of a network, for limits and searches."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from mfprofile.cost.rows import Part
from mfprofile.cost.sums import activations_of, params_of
from mfprofile.cost.weights import Convention
from mfprofile.errors import InputError
from mfprofile.spec.dimension import D, Size
from mfprofile.spec.names import COUNTED, LATENCY, SUMS
from mfprofile.spec.problems import unknown

if TYPE_CHECKING:
    from mfprofile.cost.device import Device


class Measure(NamedTuple):
    """A quantity that is a sum over the ops of the whole network or of one pillar."""

    quantity: str
    pillar: str | None = None

    @property
    def name(self) -> str:
        """Return the name as users write it: `madds`, `former.params`."""
        return f"{self.pillar}.{self.quantity}" if self.pillar else self.quantity

    def of(self, parts: Iterable[Part[D]], convention: Convention, batch: int | None = 1) -> Size[D]:
        """Return the sum over the parts, which are of a `batch`. Multiply-adds are counted by the convention.

        Latency is predicted by its latency model, for its own batch. Raises `InputError` if it has none.
        """
        chosen = [part for part in parts if self.pillar in (None, part.pillar)]
        if self.quantity == "madds":
            return sum(convention.weigh(chosen, batch or 1))
        if self.quantity == LATENCY:
            return device_of(convention).total(chosen, batch)
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


def device_of(convention: Convention) -> Device:
    """Return the latency model of a convention. Raises `InputError` if it has none."""
    if convention.device is None:
        raise InputError(
            f"{LATENCY}: needs a latency model; use --latency-model FILE, which 'mfprofile calibrate' makes"
        )
    return convention.device


def usual(convention: Convention) -> list[str]:
    """Return the sums that every variant is shown with: all but activations; latency if there is a model."""
    shown = [name for name in COUNTED if name != "activations"] + ([] if convention.device is None else [LATENCY])
    return [name for name in SUMS if name.rpartition(".")[2] in shown]
