"""The names of axes, of pillars, and of the quantities that can be limited and compared."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

AXES = ("block", "stage", "pillar", "kind", "op")
"""The axes by which the rows of a Mobile-Former can be summed. The first one is the axis of its parts."""
MODULE_AXES = ("module", "kind", "op")
"""The same for any other network."""
CONVENTIONS = (
    *("core", "paper", "paper-coco", "torch", "fvcore", "thop", "ptflops", "ptflops-pytorch", "torchinfo"),
    *("ultralytics-thop", "calflops", "deepspeed", "torchlens"),
)
"""The names of the conventions, in the order of `cost.conventions`."""
PILLARS = ("mobile", "former", "bridge", "head")
COUNTED = ("madds", "params", "activations")
"""Quantities that are counted for each op."""
LATENCY = "latency"
"""A quantity that a latency model predicts for each op, in nanoseconds."""
ADDITIVE = (*COUNTED, LATENCY)
"""Quantities that are sums over ops. Each pillar has its own sums."""
MEMORY = "memory"
"""A quantity of the whole network, in bytes. Pillars have none."""
UNITS: Mapping[str, str] = MappingProxyType({MEMORY: "bytes", LATENCY: "time"})
"""The units of quantities that are not counts, as in `quantities.quantity`."""
SUMS = (*ADDITIVE, *(f"{pillar}.{quantity}" for pillar in PILLARS for quantity in ADDITIVE))
"""Every quantity that is a sum over ops, as users write it: `madds`, `former.params`."""
QUANTITIES = (*ADDITIVE, MEMORY, *SUMS[len(ADDITIVE) :])
"""Every quantity that can be limited."""


def unit_of(name: str) -> str:
    """Return the unit of a quantity: `count`, `bytes` or `time`.

    >>> unit_of("former.latency"), unit_of("memory"), unit_of("madds")
    ('time', 'bytes', 'count')
    """
    return UNITS.get(name.rpartition(".")[2], "count")
