"""A search along a chain: the paths with the least of one sum, within windows on other sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from mfprofile.explore.chain import Chain
from mfprofile.explore.edges import Integers
from mfprofile.explore.sums import extremes_to_end
from mfprofile.spec.quantities import Window

Floats: TypeAlias = npt.NDArray[np.float64]


class Hop(NamedTuple):
    """A link without its costs: the width before and after each edge, and the number of widths after the link."""

    source: Integers
    target: Integers
    states: int


class Ahead(NamedTuple):
    """What a path can still add from each width to the end: the least and the greatest sums, quantities × widths."""

    least: Integers
    greatest: Integers


@dataclass(frozen=True)
class Problem:
    """Paths along `hops`, with a sum to minimize and windows on other sums.

    `costs` has one array for each hop, rows × edges. Row 0 is the sum to minimize, and each other row has one of the
    `windows`. `own` is the index of the window of the minimized quantity itself, or None. All sums that count are at
    least `floor`, if it is not None.
    """

    hops: tuple[Hop, ...]
    costs: tuple[Integers, ...]
    windows: tuple[Window, ...]
    own: int | None = None
    floor: int | None = None

    @cached_property
    def reversed(self) -> Problem:
        """Return the same problem with each path from its end to its start."""
        before = [1, *(hop.states for hop in self.hops)][: len(self.hops)]
        pairs = zip(self.hops, before, strict=True)
        hops = [Hop(hop.target, hop.source, states) for hop, states in pairs]
        return Problem(tuple(hops[::-1]), self.costs[::-1], self.windows, self.own, self.floor)

    @cached_property
    def ahead(self) -> list[Ahead]:
        """Return what paths can still add, before each hop and at the end."""
        return [Ahead(*extremes) for extremes in extremes_to_end(self.hops, self.costs)]

    @property
    def reach(self) -> tuple[Integers, Integers]:
        """Return the least and the greatest sum of all paths, for each row."""
        return self.ahead[0].least[:, 0], self.ahead[0].greatest[:, 0]

    @cached_property
    def limits(self) -> tuple[Floats, Floats]:
        """Return the lower and the upper limits of the windows; an open side is infinite."""
        low = [-np.inf if window.least is None else window.least for window in self.windows]
        return np.array(low, float), np.array([np.inf if each.most is None else each.most for each in self.windows])


def problem_of(chain: Chain, row: int, sign: int, windows: Sequence[Window]) -> Problem:
    """Return the search for the least of a quantity times `sign`, within the windows that are not open.

    `row` is that of the quantity. The windows are those of the chain's first quantities.
    """
    rows = [at for at, window in enumerate(windows) if window != Window(None, None)]
    costs = [np.vstack([sign * link.costs[row], link.costs[rows]]) for link in chain.links]
    hops = tuple(Hop(link.source, link.target, link.states) for link in chain.links)
    own = rows.index(row) if row in rows else None
    side = windows[row].least if sign > 0 else windows[row].most
    floor = None if own is None or side is None else sign * side
    return Problem(hops, tuple(costs), tuple(windows[at] for at in rows), own, floor)
