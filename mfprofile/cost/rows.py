"""A row of the bill: one op, and its place in the network."""

from __future__ import annotations

from mfprofile.cost.ops import Cost, Dimension

PILLARS = ("mobile", "former", "bridge", "head")


class Place:
    """Where ops stand: `block` (a number, or stem, final, head, tokens), `stage` (log₂ of the stride) and `pillar`."""

    __slots__ = ("block", "pillar", "stage")

    def __init__(self, block: str, stage: int | None, pillar: str) -> None:
        self.block = block
        self.stage = stage
        self.pillar = pillar


class Row:
    """One op: its `name` (the path of the torch module, or of the module it is computed in), `role` and cost.

    The fields of its cost are those of `cost.ops.Cost`; `madds` are products, before any convention weighs them.

    `role` says where a kind stands: stem, lite, hidden or output (of a Mobile sub-block), theta, attention, ffn,
    token (what joins sub-blocks on tokens), bridge, gate, projection, final, head, table.
    """

    __slots__ = ("biases", "elements", "kind", "madds", "name", "out", "place", "role", "weights")

    def __init__(self, place: Place, name: str, role: str, cost: Cost) -> None:
        self.place = place
        self.name = name
        self.role = role
        # Copied, not kept: half as many objects live, which the garbage collector notices.
        self.kind = cost.kind
        self.out = cost.out
        self.madds = cost.madds
        self.elements = cost.elements
        self.weights = cost.weights
        self.biases = cost.biases

    @property
    def block(self) -> str:
        """Return the block's number, or the name of what is no block."""
        return self.place.block

    @property
    def stage(self) -> int | None:
        """Return log₂ of the block's output stride; None for the token table, which has no resolution."""
        return self.place.stage

    @property
    def pillar(self) -> str:
        """Return mobile, former, bridge or head."""
        return self.place.pillar

    @property
    def params(self) -> Dimension:
        """Return the parameters that the op owns, weights and biases."""
        return self.weights + self.biases

    def __repr__(self) -> str:
        return f"Row({self.name}, {self.kind}, madds={self.madds}, params={self.params})"
