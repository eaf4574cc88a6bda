"""`Row`, one op of the bill and its place in the network, and `Part`, a sub-block with its ops."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeAlias

from mfprofile.cost.ops import Cost, activations
from mfprofile.spec.dimension import D, D_co, Size

Ops: TypeAlias = list[tuple[str, str, Cost[D]]]
"""Ops of a sub-block in running order: the name of each within the sub-block, its role and its cost."""


class Part(Generic[D_co]):
    """A sub-block: ops with the same place and the same module path.

    `block` is a number, or stem, final, head, tokens. `stage` is log₂ of the block's output stride, or None for the
    token table, which has no resolution. `pillar` is one of `PILLARS`. `path` is the path of the torch module. `wiring`
    is a key of the data flow in `cost.flow`, or '' if the data flow is not known.
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


def unowned(module: str, name: str, shape: tuple[int, ...], size: int, unclaimed: int, is_read: bool) -> Part[int]:
    """Return the values of a parameter that no op owns as a row: a table if something reads it, else unused.

    `size` is the number of its values, and `unclaimed` how many of them no op owns.
    """
    kind, elements = ("table", unclaimed) if is_read else ("unused", 0)
    left = shape if unclaimed == size else (unclaimed,)
    return Part("", None, "", module, [(name, kind, Cost(kind, left, 0, elements, unclaimed))])


class Row(Generic[D_co]):
    """One op: its sub-block `part`, its `role` and its `cost`, with their properties.

    `role` says where the op is used, or how it is called in a traced network; `cost.kinds` declares all roles. The
    properties are those of `Part` and of `cost.ops.Cost`. `madds` are products, before a convention weighs them.
    """

    __slots__ = ("cost", "local", "part", "role")

    def __init__(self, part: Part[D_co], local: str, role: str, cost: Cost[D_co]) -> None:
        self.part = part
        self.local = local
        self.role = role
        self.cost = cost

    @property
    def name(self) -> str:
        """Return the path of the op's own torch module, or the path of the module that runs it and the op's name.

        If the op is all that its module does, its name may be just the number of the call, such as `#2`.
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
    elements = property(lambda self: self.cost.elements, doc="The values that it outputs, or that `REDUCTIONS` read.")
    weights = property(lambda self: self.cost.weights, doc="The weights that it owns.")
    biases = property(lambda self: self.cost.biases, doc="The biases that it owns.")

    @property
    def params(self) -> Size[D_co]:
        """Return the parameters that the op owns, weights and biases."""
        return self.cost.weights + self.cost.biases

    @property
    def activations(self) -> Size[D_co]:
        """Return how many values the op outputs."""
        return activations(self.cost)

    def __repr__(self) -> str:
        return f"Row({self.name}, {self.kind}, madds={self.madds}, params={self.params})"


def rows_of(parts: Iterable[Part[D]]) -> list[Row[D]]:
    """Return the parts' ops as rows, in running order."""
    return [Row(part, name, role, cost) for part in parts for name, role, cost in part.ops]
