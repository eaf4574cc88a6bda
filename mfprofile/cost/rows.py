"""A row of the bill: one op and its place in the network; and `Part`, a sub-block whose ops are not yet rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeAlias

from mfprofile.cost.ops import Cost, activations
from mfprofile.spec.dimension import D, D_co, Size

Ops: TypeAlias = list[tuple[str, str, Cost[D]]]
"""Ops of a sub-block in running order, each its name within it, its role and its cost."""


class Part(Generic[D_co]):
    """A sub-block: the ops at one place, under one path.

    `block` is a number, or stem, final, head, tokens; `stage` is log₂ of the block's output stride, None for the token
    table, which has no resolution; `pillar` is one of `PILLARS`; `path` is that of the torch module. `wiring` names how
    its ops read one another, as in `cost.flow`, or is '' where that is not known.
    """

    __slots__ = ("block", "ops", "path", "pillar", "stage", "wiring")

    def __init__(self, block: str, stage: int | None, pillar: str, path: str, ops: Ops[D_co], wiring: str = "") -> None:
        self.block = block
        self.stage = stage
        self.pillar = pillar
        self.path = path
        self.ops = ops
        self.wiring = wiring

    def on(self, axis: str) -> str:
        """Return the part's block, pillar or module."""
        return {"block": self.block, "pillar": self.pillar, "module": self.path}[axis]


class Row(Generic[D_co]):
    """One op: its sub-block `part`, its `role` and its `cost`, and what those say of it.

    `role` says where a kind stands: stem, lite, hidden or output (of a Mobile sub-block), theta, attention, ffn,
    token (what joins sub-blocks on tokens), bridge, gate, projection, final, head, detector, table; of an op met in a
    network of others, biased, plain, rare, or fused in an attention that is called as one operator. The properties
    are those of `Part` and of `cost.ops.Cost`; `madds` are products, before any convention weighs them.
    """

    __slots__ = ("cost", "local", "part", "role")

    def __init__(self, part: Part[D_co], local: str, role: str, cost: Cost[D_co]) -> None:
        self.part = part
        self.local = local
        self.role = role
        self.cost = cost

    @property
    def name(self) -> str:
        """Return the path of the torch module, or of the module that computes the op with the op's own name after.

        An op that is all its module does may have no name of its own but the number of the call, as `#2`.
        """
        if self.part.path and self.local[:1] not in ("", "#"):
            return f"{self.part.path}.{self.local}"
        return self.part.path + self.local

    block = property(lambda self: self.part.block, doc="The block's number, or stem, final, head, tokens, fpn, retina.")
    stage = property(lambda self: self.part.stage, doc="log₂ of the block's output stride; None for the token table.")
    pillar = property(lambda self: self.part.pillar, doc="mobile, former, bridge or head.")
    kind = property(lambda self: self.cost.kind, doc="What the op is, as in `cost.ops`.")
    out = property(lambda self: self.cost.out, doc="The output's shape without the batch.")
    madds = property(lambda self: self.cost.madds, doc="The op's products.")
    elements = property(lambda self: self.cost.elements, doc="The values it handles.")
    weights = property(lambda self: self.cost.weights, doc="The weights it owns.")
    biases = property(lambda self: self.cost.biases, doc="The biases it owns.")

    @property
    def params(self) -> Size[D_co]:
        """Return the parameters that the op owns, weights and biases."""
        return self.cost.weights + self.cost.biases

    @property
    def activations(self) -> Size[D_co]:
        """Return how many values the op puts out."""
        return activations(self.cost)

    def __repr__(self) -> str:
        return f"Row({self.name}, {self.kind}, madds={self.madds}, params={self.params})"


def rows_of(parts: Iterable[Part[D]]) -> list[Row[D]]:
    """Return the parts' ops as rows, in running order."""
    return [Row(part, name, role, cost) for part in parts for name, role, cost in part.ops]
