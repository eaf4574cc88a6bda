"""Find the path with the least sum within any windows, from both ends of a chain at once.

Paths grow from the start and from the end until they meet. A part of a path is dropped if a window excludes all of its
continuations, if its priced sum (`multipliers`) shows that they are above the target, or if another part is as good:
its sum is not greater, and it is not worse for any window that the continuations could still miss.

The first target is close to the lower bound, and few parts are left. If no path is up to it, the next target is higher.
So the first path that is seen is the best one, and the answer is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mfprofile.errors import TooLargeError
from mfprofile.explore.edges import Integers
from mfprofile.explore.labels import undominated
from mfprofile.explore.meeting import Meeting, meet
from mfprofile.explore.multipliers import Prices, priced_to_end
from mfprofile.explore.problem import Ahead, Problem
from mfprofile.explore.sums import ranges_of
from mfprofile.spec.quantities import Window

_FIRST = 1 << 14  # the first target is above the bound by this part of the range of sums
_GROWTH = 4  # of the distance between target and bound
_COPIES = 4  # copies of the parts while they are extended and sorted


class Cheapest(NamedTuple):
    """The least sum of a path within the windows, and the path's edges."""

    sum: int
    edges: tuple[int, ...]


def cheapest(problem: Problem, prices: Prices, limit: int | None, memory: int) -> Cheapest | None:
    """Return the path with the least sum within the windows, or None if none has a sum up to `limit`.

    Raises `TooLargeError` if the search needs more than `memory` bytes.
    """
    low, high = (int(side[0]) for side in problem.reach)
    limit = high if limit is None else min(limit, high)
    if prices.bound is None:
        return None
    bound = max(low, prices.bound, low if problem.floor is None else problem.floor)
    room = memory // (_COPIES * 8 * (len(problem.costs[0]) + 6))
    distance = max(1, (high - bound) // _FIRST) if problem.windows else 0
    while bound <= limit:
        target = min(limit, bound + distance)
        if (answer := _up_to(problem, prices, target, room)) or target == limit:
            return answer
        distance *= _GROWTH
    return None


@dataclass(frozen=True, eq=False)
class _Parts:
    """Parts of paths, from one end to the same link: the width that each has reached, and its sums, rows × parts.

    `steps` has, for each link so far, the part that each part continues, and its edge there.
    """

    states: Integers
    sums: Integers
    steps: tuple[tuple[Integers, Integers], ...] = ()

    def select(self, chosen: Integers) -> _Parts:
        """Return the parts with these indices."""
        *before, (parent, edge) = self.steps
        return _Parts(self.states[chosen], self.sums[:, chosen], (*before, (parent[chosen], edge[chosen])))

    def edges(self, part: int) -> list[int]:
        """Return the edges of a part, from its end."""
        edges = []
        for parent, edge in reversed(self.steps):
            edges.append(int(edge[part]))
            part = int(parent[part])
        return edges[::-1]


class _Direction:
    """One direction of a search, with what is known of the links ahead."""

    def __init__(self, problem: Problem, prices: Prices, target: int, room: int) -> None:
        self.problem, self.prices, self.target, self.room = problem, prices, target, room
        self.priced = priced_to_end(problem, prices.weights)
        self.parts = _Parts(np.zeros(1, np.int64), np.zeros((len(problem.costs[0]), 1), np.int64))

    def step(self) -> None:
        """Extend all parts by one link."""
        at = len(self.parts.steps)
        hop = self.problem.hops[at]
        order = np.argsort(hop.source, kind="stable")
        first = np.searchsorted(hop.source[order], self.parts.states, "left")
        count = np.searchsorted(hop.source[order], self.parts.states, "right") - first
        if int(count.sum()) > self.room:
            raise TooLargeError
        parent, place = ranges_of(first, count)
        edge = order[place]
        sums = self.parts.sums[:, parent] + self.problem.costs[at][:, edge]
        parts = _Parts(hop.target[edge], sums, (*self.parts.steps, (parent, edge)))
        parts = parts.select(np.flatnonzero(self._can_end(parts, at + 1)))
        self.parts = parts.select(_useful(parts, self.problem.ahead[at + 1], self.problem.windows))

    def _can_end(self, parts: _Parts, at: int) -> Integers:
        """Return which parts can still end within the windows and up to the target, as far as bounds show it."""
        ahead, states, sums = self.problem.ahead[at], parts.states, parts.sums
        can_end = sums[0] + ahead.least[0, states] <= self.target
        for row, window in enumerate(self.problem.windows, start=1):
            if window.most is not None:
                can_end &= sums[row] + ahead.least[row, states] <= window.most
            if window.least is not None:
                can_end &= sums[row] + ahead.greatest[row, states] >= window.least
        highest = self.target + self.prices.offset + 2 * self.prices.margin
        result: Integers = can_end & (self.prices.weights @ sums + self.priced[at][states] <= highest)
        return result


def _useful(parts: _Parts, ahead: Ahead, windows: Sequence[Window]) -> Integers:
    """Return the indices of the parts that no other part at their width replaces.

    A sum is compared only as far as the window can still be missed: all sums from which no continuation misses an upper
    limit are equally good for it. With more than two such limits, only parts that are equal in all of them are
    compared.
    """
    rows = [parts.sums[0]]
    for row, window in enumerate(windows, start=1):
        if window.most is not None:
            rows.append(np.maximum(parts.sums[row], window.most - ahead.greatest[row, parts.states]))
        if window.least is not None:
            rows.append(np.maximum(-parts.sums[row], ahead.least[row, parts.states] - window.least))
    compared = np.array([rows[0], *(row for row in rows[1:] if row.size and row.min() < row.max())])
    if len(compared) > 3:
        order = np.lexsort([*compared, parts.states])
        keys = np.vstack([parts.states, compared[1:]])[:, order]
        return order[np.flatnonzero(np.concatenate([[True], (keys[:, 1:] != keys[:, :-1]).any(axis=0)]))]
    order = np.argsort(parts.states, kind="stable")
    _, starts = np.unique(parts.states[order], return_index=True)
    groups = np.split(order, starts[1:])
    return np.concatenate([group[undominated(compared[:, group])] for group in groups if group.size] or [order])


def _up_to(problem: Problem, prices: Prices, target: int, room: int) -> Cheapest | None:
    """Return the path with the least sum within the windows, or None if no sum is up to `target`."""
    ways = [_Direction(each, prices, target, room) for each in (problem, problem.reversed)]
    for _ in problem.hops:
        way = min(ways, key=lambda each: len(each.parts.states))
        way.step()
        if not len(way.parts.states):
            return None
    before, after = (way.parts for way in ways)
    highest = target + prices.offset + 4 * prices.margin
    meeting = Meeting(prices.weights, highest, target, problem.windows)
    pair = meet(meeting, (before.states, before.sums), (after.states, after.sums))
    if pair is None:
        return None
    edges = before.edges(pair.before) + after.edges(pair.after)[::-1]
    return Cheapest(pair.sum, tuple(edges))
