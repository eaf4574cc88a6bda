"""Round the costs of a chain down to a grid, for sums that would need too much memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mfprofile.explore.chain import Chain, Link
from mfprofile.explore.edges import Integers
from mfprofile.explore.sums import Step
from mfprofile.spec.quantities import Window

_CELLS_PER_LINK = 100  # cells of a window for each link of the chain: about 2 % of the variants are then uncertain
_MAX_CELLS = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """The relation between the sum of a path and its cells.

    The cost of each edge is rounded down to whole cells of `size`, counted from the least cost of its link. The cells
    of a path are the total over its edges. The sum of the path is at least `offset + size · cells`, and at most `slack`
    more. With `size` 1 the `slack` is 0 and the sum is exact.
    """

    offset: int
    size: int
    slack: int

    def certain_cells(self, window: Window) -> Window:
        """Return the cells for which every possible sum is in the window."""
        least = None if window.least is None else -(-(window.least - self.offset) // self.size)
        most = None if window.most is None else (window.most - self.offset - self.slack) // self.size
        return Window(least, most)

    def possible_cells(self, window: Window) -> Window:
        """Return the cells for which at least one possible sum is in the window."""
        least = None if window.least is None else -(-(window.least - self.offset - self.slack) // self.size)
        most = None if window.most is None else (window.most - self.offset) // self.size
        return Window(least, most)


def gridded(links: Sequence[Link], costs: Sequence[Integers], size: int) -> tuple[list[Step], Grid]:
    """Return the links with costs in whole cells above the least cost of each link, and the grid."""
    steps, offset, slack, states_before = [], 0, 0, 1
    for link, cost in zip(links, costs, strict=True):
        least = int(cost.min()) if cost.size else 0
        cells, rest = np.divmod(cost - least, size)
        offset += least
        slack += int(rest.max()) if cost.size else 0
        steps.append(Step(link.source, link.target, cells, states_before, link.states))
        states_before = link.states
    return steps, Grid(offset, size, slack)


def coarse_size(chain: Chain, row: int, window: Window) -> int:
    """Return the size of a grid on which few variants of the window are uncertain."""
    costs = chain.costs(row)
    greatest = sum(int(cost.max()) for cost in costs if cost.size)
    least = sum(int(cost.min()) for cost in costs if cost.size)
    low, high = (least if window.least is None else window.least), (greatest if window.most is None else window.most)
    span = max(1, min(high, greatest) - max(low, least))
    return max(1, span // (_CELLS_PER_LINK * len(costs)), (greatest - least) // _MAX_CELLS)
