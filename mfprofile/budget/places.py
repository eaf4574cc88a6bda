"""Where an op works: the stage of the image by its size, or apart from it, and a kind that does not depend on names.

An op of a spec and one of any other network are placed by the same rules, from kinds and sizes alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import log2, prod
from typing import TypeAlias

from mfprofile.budget.items import Item
from mfprofile.cost.bill import Bill
from mfprofile.cost.kinds import CONVOLUTIONS, FORMULA, NORMS, PRODUCTS, RECURRENT

Sides: TypeAlias = tuple[int, int]
APART = "tokens"
"""The stage of ops that have no place in the image: on tokens, on pooled vectors, in the classifier."""
KEPT = frozenset((*PRODUCTS, *RECURRENT, FORMULA, "fft"))


def image_of(bill: Bill) -> Sides | None:
    """Return the height and width of the first input that is an image, or None."""
    shapes = [each.shape for each in bill.subject.inputs if len(each.shape) >= 3]
    return (int(shapes[0][-2]), int(shapes[0][-1])) if shapes else None


def sizes_of(items: Iterable[Item]) -> set[Sides]:
    """Return the sizes of the feature maps that convolutions put out, except those of one position."""
    maps = (item.out for item in items if item.kind in CONVOLUTIONS and len(item.out) == 3)
    return {(height, width) for _, height, width in maps if height * width > 1}


def stride_of(image: Sides | None, size: Sides | None) -> str:
    """Return the output stride of a size of feature map as text; a side that does not divide counts as halved.

    >>> stride_of((224, 224), (28, 28)), stride_of((200, 200), (13, 13)), stride_of((64, 80), (16, 80))
    ('8', '16', '4×1')
    """
    if image is None or size is None:
        return APART
    rows, columns = (_stride(*sides) for sides in zip(image, size, strict=True))
    return rows if rows == columns else f"{rows}×{columns}"


def _stride(before: int, after: int) -> str:
    if before % after == 0:
        return str(before // after)
    power = round(log2(before / after))
    return str(2**power) if power >= 0 else f"1/{2**-power}"


@dataclass(frozen=True, slots=True)
class Places:
    """The sizes of the feature maps of two networks, to place the ops of both by the same rules."""

    sizes: frozenset[Sides]

    def size(self, item: Item) -> Sides | None:
        """Return the size of the feature map that an op works on, or None.

        A matrix product works on a feature map if one of its three sides is the map's number of positions: queries or
        keys are positions. If several are, the longest side counts. A Linear on a single vector never does.
        """
        if item.kind in ("linear", "matmul"):
            return self._of_product(item)
        if len(item.out) == 3 and item.out[1:] in self.sizes:
            return item.out[1], item.out[2]
        if len(item.out) == 2:
            return self._with(item.out[1] if item.kind in CONVOLUTIONS else item.out[0])
        return None

    def kind(self, item: Item) -> str:
        """Return an op's kind by what it computes: a 1×1 convolution is a Linear on each position.

        On all positions of a feature map, both are `pointwise`; elsewhere both are `linear`. A product with a
        parameter is `linear`. All norms are `norm`, and all that is neither a norm nor a product is `other`.
        """
        if item.kind in NORMS:
            return "norm"
        if item.kind == "pointwise":
            return "linear" if prod(item.out[1:]) == 1 else item.kind
        if item.kind == "linear" and self._with(prod(item.out[:-1])) is not None:
            return "pointwise"
        if item.kind == "matmul" and item.weights:
            return "linear"
        return item.kind if item.kind in KEPT else "other"

    def _of_product(self, item: Item) -> Sides | None:
        rows = prod(item.out[:-1]) if item.kind == "linear" else item.out[-2] if len(item.out) > 1 else 1
        if item.kind == "linear" and rows == 1:
            return None
        sides = sorted((rows, item.inner, *item.out[-1:]), reverse=True)
        return next((size for size in map(self._with, sides) if size is not None), None)

    def _with(self, positions: int) -> Sides | None:
        """Return the size of the feature maps with a number of positions."""
        return next((size for size in sorted(self.sizes) if prod(size) == positions), None)
