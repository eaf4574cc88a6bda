"""The names of what a network is counted in: axes, pillars, and the quantities that can be limited and compared."""

from __future__ import annotations

AXES = ("block", "stage", "pillar", "kind", "op")
"""What the rows of a Mobile-Former can be summed by; the first is that of its parts."""
MODULE_AXES = ("module", "kind", "op")
"""The same of any other network."""
PILLARS = ("mobile", "former", "bridge", "head")
ADDITIVE = ("madds", "params", "activations")
"""Quantities that are sums over ops: each pillar has its own."""
MEMORY = "memory"
"""A quantity of the whole network only, in bytes."""
SUMS = (*ADDITIVE, *(f"{pillar}.{quantity}" for pillar in PILLARS for quantity in ADDITIVE))
"""Every quantity that is a sum over ops, as users write it: `madds`, `former.params`."""
QUANTITIES = (*ADDITIVE, MEMORY, *SUMS[len(ADDITIVE) :])
"""Every quantity that can be limited."""
