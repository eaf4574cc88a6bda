"""Causal attention: which of its pairs of a query and a key are counted.

Only `is_causal=True` says that an attention is causal. A mask is a tensor, and its values are not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mfprofile.cost.ops import Cost
from mfprofile.trace.products import Named


def pairs(rows: int, columns: int) -> int:
    """Return the number of pairs with key ≤ query: those of torch's mask, a lower triangle from the top left.

    >>> pairs(5, 5), pairs(3, 5), pairs(5, 3)  # 5 · 6 / 2; 1 + 2 + 3; 1 + 2 + 3 + 3 + 3
    (15, 6, 12)
    """
    seen = min(rows, columns)
    return seen * (seen + 1) // 2 + (rows - seen) * columns


class Causal:
    """The causal attention of a run: what of it is counted (`all` or `pairs`), and whether any has run."""

    def __init__(self, counted: str) -> None:
        self._counted = counted
        self._has_run = False

    @property
    def counted(self) -> str:
        """Return what of causal attention is counted, or '' if none has run."""
        return self._counted if self._has_run else ""

    def costs(self, costs: Named, given: Mapping[str, Any]) -> Named:
        """Return the costs of an operator whose arguments are `given` by name: of visible pairs, if it is causal.

        The products are fewer. The elements stay those of all rows × columns.
        """
        if not given.get("is_causal"):
            return costs
        self._has_run = True
        rows, columns = given["query"].shape[-2], given["key"].shape[-2]
        if self._counted == "all" or not rows * columns:
            return costs
        return [(name, _visible(cost, rows * columns, pairs(rows, columns))) for name, cost in costs]


def _visible(cost: Cost, whole: int, seen: int) -> Cost:
    return Cost(cost.kind, cost.out, cost.madds // whole * seen, cost.elements)
