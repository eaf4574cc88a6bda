"""Find the front of two sums of a chain within any windows, one point after another.

The front without the windows of other sums is known from label setting. Its points that are within all windows are on
the front, and they bound where the other points can be. Each of those is the answer of one search: the least of one sum
where the other one is below that of the last point (`least`). Variants of other chains that are known to be within the
windows shorten the way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mfprofile.explore.binding import binding, ranges
from mfprofile.explore.chain import Chain
from mfprofile.explore.cheapest import Cheapest
from mfprofile.explore.edges import Integers
from mfprofile.explore.labels import undominated, undominated_paths
from mfprofile.explore.least import Goal, least_within, own_limit, priced
from mfprofile.explore.multipliers import Prices
from mfprofile.spec.quantities import Window


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Points of a front: two signed sums of each (2 × points), sorted by the first one, and the edges of its path."""

    sums: Integers
    edges: Integers

    def select(self, chosen: Integers) -> Points:
        """Return the points with these indices."""
        return Points(self.sums[:, chosen], self.edges[chosen])


def relaxed_front(
    chain: Chain, signs: tuple[int, int], windows: Sequence[Window], memory: int
) -> tuple[Points, Integers]:
    """Return the front of a chain's first two quantities without the other windows, and which points are within.

    Of the windows of the two quantities, it keeps the sides that only exclude worse sums.
    """
    goals = [Goal(row, sign) for row, sign in enumerate(signs)]
    costs = [link.costs[:2] * np.array(signs)[:, None] for link in chain.links]
    limits = [own_limit(windows, goal)[0] for goal in goals]
    sums, edges = undominated_paths(chain.links, costs, limits, memory)
    order = undominated(sums)
    points = Points(sums[:, order], edges[order])
    all_sums = [
        np.sum([link.costs[row, points.edges[:, at]] for at, link in enumerate(chain.links)], axis=0)
        for row in range(len(windows))
    ]
    within = [
        np.array([int(figure) in window for figure in figures], bool)
        for figures, window in zip(all_sums, windows, strict=True)
    ]
    return points, np.logical_and.reduce(within)


def is_covered(known: Integers, points: Integers) -> npt.NDArray[np.bool_]:
    """Return which points are dominated by, or equal to, one of the known points, which are a front.

    Both arrays are 2 × points, and the known points are sorted by the first sum.
    """
    if not known.shape[1]:
        return np.zeros(points.shape[1], bool)
    at = np.searchsorted(known[0], points[0], "right") - 1
    covered: npt.NDArray[np.bool_] = (at >= 0) & (known[1, np.maximum(at, 0)] <= points[1])
    return covered


def swept_front(
    chain: Chain, signs: tuple[int, int], windows: Sequence[Window], known: Integers, memory: int
) -> list[tuple[list[int], tuple[int, ...]]]:
    """Return the points of a chain's front that no point of `known` dominates: two signed sums and the edges of a path.

    `known` are signed sums of variants within the windows, 2 × points; those with equal sums count as dominating.
    Raises `TooLargeError` if a search needs more than `memory` bytes.
    """
    points, inside = relaxed_front(chain, signs, windows, memory)
    if inside.all():
        return [(points.sums[:, at].tolist(), tuple(points.edges[at].tolist())) for at in range(len(inside))]
    walk = _Walk(chain, signs, windows, points, inside, known, memory)
    middle = np.flatnonzero(inside)
    if not middle.size:
        across = int(_is_limited_below(windows[1], signs[1]) and not _is_limited_below(windows[0], signs[0]))
        return list(walk.along(across, None))
    at = int(middle[len(middle) // 2])
    first, second = points.sums[:, at].tolist()
    return [
        ([first, second], tuple(points.edges[at].tolist())),
        *walk.along(0, first - 1),
        *walk.along(1, second - 1),
    ]


def _is_limited_below(window: Window, sign: int) -> bool:
    return (window.least if sign > 0 else window.most) is not None


@dataclass(frozen=True, slots=True, eq=False)
class _Walk:
    """A walk along the front of a chain; `inside` says which of the `relaxed` points are within the windows."""

    chain: Chain
    signs: tuple[int, int]
    windows: Sequence[Window]
    relaxed: Points
    inside: Integers
    known: Integers
    memory: int

    def along(self, across: int, limit: int | None) -> Iterator[tuple[list[int], tuple[int, ...]]]:
        """Yield points of the front whose sum number `across` is up to `limit`, from the greatest one down."""
        sums = self.relaxed.sums
        own = own_limit(self.windows, Goal(across, self.signs[across]))[0]
        greatest = max(self.signs[across] * each for each in ranges(self.chain)[across])
        most, other = min(each for each in (limit, own, greatest) if each is not None), 1 - across
        start: Prices | None = None
        while (below := np.flatnonzero(sums[across] <= most)).size:
            at = int(below[np.argmin(sums[other, below])])
            least = int(sums[other, at])
            rivals = self.known[:, self.known[across] <= most]
            rival = int(rivals[across, rivals[other] <= least].min(initial=most + 1))
            if rival <= most:  # all that is left down to this rival is dominated
                most = rival - 1
                continue
            if self.inside[at]:
                yield sums[:, at].tolist(), tuple(self.relaxed.edges[at].tolist())
                most = int(sums[across, at]) - 1
                continue
            reached = int(rivals[other].min()) - 1 if rivals.size else None
            answer, start = self._least(across, most, reached, start)
            if answer is not None:
                point = self._sums(answer.edges)
                yield point, answer.edges
                most = point[across] - 1
            elif reached is None:
                return
            else:
                most = int(rivals[across, rivals[other] == reached + 1].min()) - 1

    def _least(
        self, across: int, most: int, reached: int | None, start: Prices | None
    ) -> tuple[Cheapest | None, Prices | None]:
        """Return the path with the least other sum where the sum `across` is up to `most`, and the prices used."""
        limited, goal = list(self.windows), Goal(1 - across, self.signs[1 - across])
        least, greatest = self.windows[across]
        side = self.signs[across] * most
        limited[across] = Window(least, side) if self.signs[across] > 0 else Window(side, greatest)
        low, high = limited[across]
        if low is not None and high is not None and low > high:
            return None, start
        windows = binding(limited, ranges(self.chain))
        if windows is None:
            return None, start
        search = priced(self.chain, goal, windows, start)
        answer = least_within(self.chain, goal, windows, search, reached, self.memory)
        if answer is not None and search[0].own is not None:  # many variants can be at the limit of their sum
            exact = goal.sign * answer.sum
            windows = (*windows[: goal.row], Window(exact, exact), *windows[goal.row + 1 :])
            other = Goal(across, self.signs[across])
            again = priced(self.chain, other, windows)
            answer = least_within(self.chain, other, windows, again, None, self.memory) or answer
        return answer, search[1]

    def _sums(self, edges: tuple[int, ...]) -> list[int]:
        sums = sum(link.costs[:2, edge] for link, edge in zip(self.chain.links, edges, strict=True))
        return [int(each) for each in np.array(self.signs) * sums]
