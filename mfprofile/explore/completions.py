"""The least sum with which a path of a chain can still end, if one limit at a time is kept.

For each limit, label setting from the end gives the suffixes that no other dominates: at each width, the least sum of
the objective for each amount of the limited quantity. A search in these arrays then bounds how a path can end. With one
limit, or none, the bound is exact: a path ends with just this sum. With several it is a lower bound. Prices
of the windows (`multipliers`) give another one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mfprofile.errors import TooLargeError
from mfprofile.explore.chain import Link
from mfprofile.explore.edges import Integers
from mfprofile.explore.labels import Labels, label_levels
from mfprofile.explore.multipliers import Prices
from mfprofile.explore.sums import extremes_to_end, least_to_end, paths_to_end
from mfprofile.spec.quantities import Window

NEVER = 2**62
"""The bound of a path that cannot end within the windows."""

_SHARE = 64 << 20  # bytes of the suffixes for one of several limits


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """The paths of a chain within windows, in an order: by the sum of the objective, then edge by edge.

    `costs` has one array for each link, shape quantities × edges. The first quantity is the objective, and less of it
    is better. `windows` has one window for each quantity; all but the first exclude some path.
    """

    links: Sequence[Link]
    costs: Sequence[Integers]
    windows: Sequence[Window]

    def reversed(self) -> Ranking:
        """Return the paths from the end to the start."""
        before = [1, *(link.states for link in self.links)][: len(self.links)]
        links = [
            dataclasses.replace(link, source=link.target, target=link.source, states=states)
            for link, states in zip(self.links, before, strict=True)
        ]
        return Ranking(links[::-1], self.costs[::-1], self.windows)

    def limits(self) -> Iterator[tuple[int, int, int]]:
        """Yield each side of the windows but the first: its row, a sign, and the upper limit of the signed sum."""
        for row, window in enumerate(self.windows[1:], start=1):
            if window.most is not None:
                yield row, 1, window.most
            if window.least is not None:
                yield row, -1, -window.least


class Completions:
    """Bounds of the sums with which the paths of a ranking end.

    A limit whose suffixes need more than its share of `memory` bytes bounds only which paths can end within it. With
    several limits the shares are small, because the bounds are not exact then.
    """

    def __init__(self, ranking: Ranking, memory: int, prices: Prices | None = None) -> None:
        extremes = extremes_to_end(ranking.links, [cost[:1] for cost in ranking.costs])
        self.own = ranking.windows[0]
        self.least, self.greatest = [low[0] for low, _ in extremes], [high[0] for _, high in extremes]
        self.can_end = [np.array(counts, object) > 0 for counts in paths_to_end(ranking.links)]
        sides = list(ranking.limits())
        self.tables: list[_Table | _Reach | _Priced]
        if prices is not None:
            self.tables = [_Priced(ranking, prices), *(_Reach(ranking, *side) for side in sides)]
            return
        share = memory if len(sides) < 2 else min(_SHARE, memory // len(sides))
        self.tables = [_table_or_reach(ranking, side, share) for side in sides]

    @property
    def are_exact(self) -> bool:
        """Return whether a path can end with the sum that is its bound."""
        is_known = all(isinstance(table, _Table) for table in self.tables)
        return is_known and len(self.tables) < 2 and self.own.least is None

    def bounds(self, at: int, states: Integers, sums: Integers) -> Integers:
        """Return a lower bound of the objective for each path to a width before link `at`, or `NEVER`.

        `states` has the width of each path, and `sums` (quantities × paths) its sums so far.
        """
        bounds: Integers = np.where(self.can_end[at][states], sums[0] + self.least[at][states], NEVER)
        if self.own.least is not None:
            bounds = np.maximum(bounds, self.own.least)
            bounds[sums[0] + self.greatest[at][states] < self.own.least] = NEVER
        for table in self.tables:
            bounds = np.maximum(bounds, table.bounds(at, states, sums))
        if self.own.most is not None:
            bounds[bounds > self.own.most] = NEVER
        return bounds


def _table_or_reach(ranking: Ranking, side: tuple[int, int, int], memory: int) -> _Table | _Reach:
    """Return the suffixes for one limit, or only which paths can end within it, if they need more than `memory`."""
    try:
        return _Table(ranking.reversed(), *side, memory)
    except TooLargeError:
        return _Reach(ranking, *side)


class _Table:
    """For each width, the suffixes that no other dominates in the objective and one limited quantity."""

    def __init__(self, backwards: Ranking, row: int, sign: int, limit: int, memory: int) -> None:
        self.row, self.sign, self.limit = row, sign, limit
        signs = np.array([[1], [sign]])
        costs = [cost[[0, row]] * signs for cost in backwards.costs]
        limits = [backwards.windows[0].most, limit]
        levels: list[list[Labels]] = label_levels(backwards.links, costs, limits, memory)
        self.sums = [[labels.sums for labels in level] for level in reversed(levels)]

    def bounds(self, at: int, states: Integers, sums: Integers) -> Integers:
        """Return the least objective with which each path can end within the limit, or `NEVER`."""
        bounds = np.full(len(states), NEVER)
        for state, here in of_each_state(states):
            objective, limited = self.sums[at][state]  # the first rises, and the second falls
            left = self.limit - self.sign * sums[self.row, here]
            first = np.searchsorted(-limited, -left, "left")
            inside = first < len(limited)
            bounds[here[inside]] = sums[0, here[inside]] + objective[first[inside]]
        return bounds


class _Reach:
    """For each width, the least amount that a path still adds to one limited quantity."""

    def __init__(self, ranking: Ranking, row: int, sign: int, limit: int) -> None:
        self.row, self.sign, self.limit = row, sign, limit
        self.least = least_to_end(ranking.links, [sign * cost[[row]] for cost in ranking.costs])

    def bounds(self, at: int, states: Integers, sums: Integers) -> Integers:
        """Return `NEVER` for each path that cannot end within the limit, and else a number below all sums."""
        can_end = self.sign * sums[self.row] + self.least[at][0, states] <= self.limit
        return np.where(can_end, -NEVER, NEVER)


class _Priced:
    """For each width, the least priced sum of a suffix; see `Prices`, here with a weight for each quantity."""

    def __init__(self, ranking: Ranking, prices: Prices) -> None:
        self.weights, self.least_paid = prices.weights, prices.offset + 2 * prices.margin
        levels = least_to_end(ranking.links, [(prices.weights @ cost)[None] for cost in ranking.costs])
        self.least = [level[0] for level in levels]

    def bounds(self, at: int, states: Integers, sums: Integers) -> Integers:
        """Return the lower bound of the objective of each path that the prices give, or `NEVER`."""
        bounds = self.weights @ sums + self.least[at][states] - self.least_paid
        result: Integers = np.where(np.isfinite(bounds), np.ceil(bounds), float(NEVER)).astype(np.int64)
        return result


def of_each_state(states: Integers) -> Iterator[tuple[int, Integers]]:
    """Yield each width with the indices of the paths that have reached it."""
    for state in np.unique(states).tolist():
        yield state, np.flatnonzero(states == state)
