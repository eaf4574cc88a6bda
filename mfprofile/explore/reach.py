"""What a path of a chain can still add: for each link, width and number of changes, the least and the most of each sum.

All settings with the same edges that differ from the proposal in the same number of choices are one array.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from mfprofile.explore.edges import Edges, Integers
from mfprofile.explore.sums import continuations

if TYPE_CHECKING:
    from numpy.random import RandomState

NO_PATH = np.iinfo(np.int64).max // 4
"""The sum of a path that does not exist; no sum of a variant and no limit is as large."""

_FIRST, _MOST = 32, 8192  # paths that are extended at a time: few at first, more whenever they lead nowhere


class Reach:
    """The tables of some settings, for one proposal.

    `costs` has for each link an array, rows × settings × edges, and a path is within the windows if each row's sum is
    at most that of `limits`. A row is a quantity, or a quantity times -1 for a lower limit. `changed` has for each link
    the number of choices in which each edge differs from the proposal. The edges of each link are sorted by `source`.

    `tables` has, before each link and at the end, the least sum of each row on the way to the end with exactly some
    number of changes: rows × settings × changes × widths.
    """

    def __init__(
        self, edges: Sequence[Edges], costs: Sequence[Integers], changed: Sequence[Integers], limits: Integers
    ) -> None:
        self.edges, self.costs, self.changed, self.limits = edges, costs, changed, limits
        most = sum(int(each.max(initial=0)) for each in changed)
        rows, settings = costs[0].shape[:2]
        states = [1, *(len(step.widths) for step in edges)]
        self.tables = [np.full((rows, settings, most + 1, width), NO_PATH) for width in states]
        self.tables[-1][:, :, 0] = 0
        self.layers = 0

    @property
    def most(self) -> int:
        """Return the greatest number of changes that any path can have."""
        return self.tables[0].shape[2] - 1

    def can_reach(self, changes: int) -> npt.NDArray[np.bool_]:
        """Return which settings can have a path within the limits with this number of changes, as each row shows it."""
        if changes > self.most:
            return np.zeros(self.tables[0].shape[1], bool)
        while self.layers <= changes:
            self._add_layer(self.layers)
            self.layers += 1
        above = np.count_nonzero(self.tables[0][:, :, changes, 0] > self.limits[:, None], axis=0)
        can: npt.NDArray[np.bool_] = np.equal(above, 0)
        return can

    def _add_layer(self, changes: int) -> None:
        """Fill the tables for one more number of changes, from the end to the start."""
        for at in range(len(self.edges) - 1, -1, -1):
            step, after = self.edges[at], self.tables[at + 1]
            kept = np.flatnonzero(self.changed[at] <= changes)
            if not len(kept):
                continue
            flat = (changes - self.changed[at][kept]) * after.shape[3] + step.target[kept]
            sums = self.costs[at][:, :, kept] + after.reshape(*after.shape[:2], -1)[:, :, flat]
            source = step.source[kept]
            first = np.flatnonzero(np.concatenate([[True], source[1:] != source[:-1]]))
            least = np.minimum.reduceat(sums, first, axis=2)
            self.tables[at][:, :, changes, source[first]] = np.minimum(least, NO_PATH)

    def paths(self, settings: Integers, changes: int, random: RandomState, most: int) -> PathsOf:
        """Return the paths of these settings within the limits, with exactly this number of changes, in random order.

        The search ends when `most` paths have been extended, by one edge each.
        """
        return PathsOf(self, settings, changes, random, most)


class PathsOf:
    """An iterator over paths, depth first: each is an index of a setting and one edge of each link.

    `visited` is the number of extended paths. After the last path, `complete` is False if the search ended too early.
    """

    def __init__(self, reach: Reach, settings: Integers, changes: int, random: RandomState, most: int) -> None:
        self.reach, self.random, self.most = reach, random, most
        self.visited, self.size = 0, _FIRST
        self.complete = True
        number, rows = len(settings), len(reach.limits)
        start = (settings, np.zeros(number, np.int64), np.full(number, changes), np.zeros((rows, number), np.int64))
        self.waiting = [_Paths(*start, np.zeros((number, 0), np.int64)).select(random.permutation(number))]
        self.ready: list[tuple[int, tuple[int, ...]]] = []

    def __iter__(self) -> PathsOf:
        return self

    def __next__(self) -> tuple[int, tuple[int, ...]]:
        while not self.ready:
            if not self.waiting:
                raise StopIteration
            if self.visited >= self.most:
                self.complete = False
                raise StopIteration
            self._extend()
        return self.ready.pop()

    def _extend(self) -> None:
        paths = self.waiting.pop()
        if len(paths.state) > self.size:
            self.waiting.append(paths.select(slice(self.size, None)))
            paths = paths.select(slice(self.size))
        longer = paths.extended(self.reach)
        self.visited += longer.extended
        kept = longer.paths.select(self.random.permutation(len(longer.paths.state)))
        if not len(kept.state):
            self.size = min(2 * self.size, _MOST)
        elif kept.edges.shape[1] == len(self.reach.edges):
            self.ready = list(zip(kept.setting.tolist(), map(tuple, kept.edges.tolist()), strict=True))
        else:
            self.waiting.append(kept)


class _Extended(NamedTuple):
    """The paths after one more link that can still end within the limits, and how many were looked at."""

    paths: _Paths
    extended: int


class _Paths:
    """Some paths from the start, of different settings: the state after them, the changes left, the sums, the edges.

    `sums` is rows × paths, and `edges` is paths × links so far.
    """

    def __init__(self, setting: Integers, state: Integers, left: Integers, sums: Integers, edges: Integers) -> None:
        self.setting, self.state, self.left, self.sums, self.edges = setting, state, left, sums, edges

    def select(self, chosen: npt.NDArray[np.generic] | slice) -> _Paths:
        """Return the paths that an index array, a mask or a slice selects."""
        arrays = (self.setting[chosen], self.state[chosen], self.left[chosen], self.sums[:, chosen])
        return _Paths(*arrays, self.edges[chosen])

    def extended(self, reach: Reach) -> _Extended:
        """Return the paths with each edge of the next link after which the limits can be kept."""
        at = self.edges.shape[1]
        step, after = reach.edges[at], reach.tables[at + 1]
        path, edge = continuations(self.state, step.source)
        left = self.left[path] - reach.changed[at][edge]
        possible = left >= 0
        path, edge, left = path[possible], edge[possible], left[possible]
        setting, target = self.setting[path], step.target[edge]
        sums = self.sums[:, path] + reach.costs[at][:, setting, edge]
        kept = (sums + after[:, setting, left, target] <= reach.limits[:, None]).all(axis=0)
        edges = np.hstack([self.edges[path[kept]], edge[kept, None]])
        return _Extended(_Paths(setting[kept], target[kept], left[kept], sums[:, kept], edges), len(possible))
