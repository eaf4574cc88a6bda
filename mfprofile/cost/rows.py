"""A row of the bill: one op and its place in the network; and `Part`, a sub-block whose ops are not yet rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from mfprofile.cost.ops import Cost, Dimension

PILLARS = ("mobile", "former", "bridge", "head")

Ops: TypeAlias = list[tuple[str, str, Cost]]
"""Ops of a sub-block in running order, each its name within it, its role and its cost."""


class Part:
    """A sub-block: the ops at one place, under one path.

    `block` is a number, or stem, final, head, tokens; `stage` is log₂ of the block's output stride, None for the token
    table, which has no resolution; `pillar` is one of `PILLARS`; `path` is that of the torch module.
    """

    __slots__ = ("block", "ops", "path", "pillar", "stage")

    def __init__(self, block: str, stage: int | None, pillar: str, path: str, ops: Ops) -> None:
        self.block = block
        self.stage = stage
        self.pillar = pillar
        self.path = path
        self.ops = ops


class Row:
    """One op: its `name` (the path of the torch module, or of the module it is computed in), place, role and cost.

    `role` says where a kind stands: stem, lite, hidden or output (of a Mobile sub-block), theta, attention, ffn,
    token (what joins sub-blocks on tokens), bridge, gate, projection, final, head, table. The other fields are those
    of `Part` and of `cost.ops.Cost`; `madds` are products, before any convention weighs them.
    """

    __slots__ = (
        "biases", "block", "elements", "kind", "madds", "name", "out", "pillar", "role", "stage", "weights",
    )  # fmt: skip

    def __init__(self, part: Part, name: str, role: str, cost: Cost) -> None:
        self.name = f"{part.path}.{name}" if part.path else name
        self.block = part.block
        self.stage = part.stage
        self.pillar = part.pillar
        self.role = role
        self.kind = cost.kind
        self.out = cost.out
        self.madds = cost.madds
        self.elements = cost.elements
        self.weights = cost.weights
        self.biases = cost.biases

    @property
    def params(self) -> Dimension:
        """Return the parameters that the op owns, weights and biases."""
        return self.weights + self.biases

    def __repr__(self) -> str:
        return f"Row({self.name}, {self.kind}, madds={self.madds}, params={self.params})"


def rows_of(parts: Iterable[Part]) -> Iterator[Row]:
    """Yield the parts' ops as rows, in running order."""
    return (Row(part, name, role, cost) for part in parts for name, role, cost in part.ops)
