"""The ops of a bill as plain items, for networks that may share no name: a spec and a re-implementation of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

from mfprofile.cost.bill import Bill
from mfprofile.cost.kinds import CONVOLUTIONS, NORMS

LAYERS = (*CONVOLUTIONS, "linear")
"""The kinds that a norm can be folded into."""


@dataclass(frozen=True, slots=True)
class Item:
    """One op: its name, its kind and its output without the batch; its multiply-adds as the convention counts them.

    `inner` is the number of products per output value. `weights` are its parameters except those of norms and biases,
    which are `rest`.
    """

    name: str
    kind: str
    out: tuple[int, ...]
    madds: int
    inner: int
    weights: int
    rest: int

    @property
    def params(self) -> int:
        """Return all its parameters."""
        return self.weights + self.rest


def items_of(bill: Bill) -> list[Item]:
    """Return the ops of a bill in running order."""
    return [
        Item(
            row.name,
            row.kind,
            tuple(map(int, row.out)),
            int(madds),
            int(row.madds // row.elements) if row.elements else 0,
            0 if row.kind in NORMS else int(row.weights),
            int(row.params) if row.kind in NORMS else int(row.biases),
        )
        for row, madds in zip(bill.rows, bill.row_madds, strict=True)
    ]


def folded(items: Sequence[Item]) -> list[Item]:
    """Return the items with each batch norm folded into the layer just before it, which then has one bias per channel.

    Exporters and `torch.nn.utils.fusion` do that. Other norms stay as they are.
    """
    result: list[Item] = []
    for item in items:
        layer = result[-1] if result else None
        if item.kind == "batch-norm" and layer and layer.kind in LAYERS and prod(layer.out) == prod(item.out):
            channels = layer.out[-1] if layer.kind == "linear" else layer.out[0]
            result[-1] = replace(layer, rest=channels)
            item = replace(item, rest=0)
        result.append(item)
    return result


def channels_of_norms(items: Sequence[Item]) -> int:
    """Return the output channels of all batch norms."""
    return sum(item.out[0] for item in items if item.kind == "batch-norm" and item.out)
