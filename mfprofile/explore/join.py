"""Two sums at once: how many variants of a chain lie within two windows, and which is extreme there.

The halves of a chain are joined by an offline dominance count: sorted by the first sum, with a wavelet matrix over the
second.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from mfprofile.explore.chain import Chain
from mfprofile.explore.edges import Integers
from mfprofile.explore.halves import ENTRY, Halves, dot, kept_sums
from mfprofile.explore.sums import LIMIT
from mfprofile.explore.wavelet import WaveletMatrix
from mfprofile.explore.work import TooLargeError
from mfprofile.spec.quantities import Window

_LEVELS = 24 * 16  # bytes that the wavelet matrix of a width keeps for each sum: so many levels, two numbers each


class Pairs:
    """A chain's halves with two sums for each path, both kept apart: `rows` say of which quantities.

    Raises `TooLargeError` where the sums would take more than `memory` bytes, or a pair of them more than an int64.
    """

    def __init__(self, chain: Chain, rows: tuple[int, int], memory: int) -> None:
        first, second = (_raised(chain.costs(row)) for row in rows)
        self.least = [sum(int(cost.min()) for cost in chain.costs(row)) for row in rows]
        self.greatest = [sum(int(cost.max()) for cost in costs) for costs in (first, second)]
        self.base = self.greatest[1] + 1
        if (self.greatest[0] + 1) * self.base >= LIMIT:
            raise TooLargeError
        keys = [one * self.base + other for one, other in zip(first, second, strict=True)]
        if (kept := kept_sums(chain, keys) * ENTRY) > memory:
            raise TooLargeError
        self.halves = Halves(chain, keys)
        if kept + _LEVELS * max(len(sums.values) for sums in self.halves.after[0]) > memory:
            raise TooLargeError
        lowest = [int(key.min()) for key in keys]  # which the halves leave out, and a pair of sums needs
        self.lowest = sum(lowest[: self.halves.cut]), sum(lowest[self.halves.cut :])

    def closed(self, windows: tuple[Window, Window]) -> list[tuple[int, int]]:
        """Return both ends of each window, on sums from 0."""
        found = []
        for window, least, greatest in zip(windows, self.least, self.greatest, strict=True):
            low = 0 if window.least is None else min(max(0, window.least - least), greatest + 1)
            found.append((low, greatest if window.most is None else max(-1, min(greatest, window.most - least))))
        return found

    def sides(self) -> Iterator[tuple[Side, Side]]:
        """Yield, for each width at the cut, the sums before it and after it."""
        for state, pair in enumerate(zip(self.halves.before[-1], self.halves.after[0], strict=True)):
            if all(len(sums.values) for sums in pair):
                before, after = (
                    Side(state, *np.divmod(sums.values + low, self.base), sums.counts)
                    for sums, low in zip(pair, self.lowest, strict=True)
                )
                yield before, after

    def path(self, state: int, before: tuple[int, int], after: tuple[int, int]) -> tuple[int, ...]:
        """Return the first path through a width at the cut with these two sums before it and after it."""
        keys = [
            first * self.base + second - low for (first, second), low in zip((before, after), self.lowest, strict=True)
        ]
        return self.halves.path(state, *keys)


class Side(NamedTuple):
    """The two sums of half paths at a width, by rising first and then second sum, and how many paths have both."""

    state: int
    first: Integers
    second: Integers
    counts: Integers

    def at(self, place: int) -> tuple[int, int]:
        """Return the two sums at a place."""
        return int(self.first[place]), int(self.second[place])


def within_both(chain: Chain, rows: tuple[int, int], windows: tuple[Window, Window], memory: int) -> int | None:
    """Return how many paths have both sums in their windows; None if that would take more than `memory` bytes."""
    try:
        pairs = Pairs(chain, rows, memory)
    except TooLargeError:
        return None
    (low, high), (bottom, top) = pairs.closed(windows)
    total = 0
    for before, after in pairs.sides():
        levels, numbers = np.unique(after.second, return_inverse=True)
        tree = WaveletMatrix(numbers, after.counts)
        start, stop = _range(after, before, low, high)
        under = np.searchsorted(levels, bottom - before.second, "left")
        upto = np.maximum(np.searchsorted(levels, top - before.second, "right"), under)
        total += dot(before.counts, tree.below(start, stop, upto) - tree.below(start, stop, under))
    return total


def extreme(
    chain: Chain, rows: tuple[int, int], windows: tuple[Window, Window], most: bool, memory: int
) -> tuple[int, tuple[int, ...]] | None:
    """Return the greatest (or least) second sum of a path with both sums in their windows, and the path's edges.

    None if there is no such path. Raises `TooLargeError`.
    """
    pairs = Pairs(chain, rows, memory)
    (low, high), (bottom, top) = pairs.closed(windows)
    best: tuple[int, int, tuple[int, int], tuple[int, int]] | None = None
    for before, after in pairs.sides():
        levels, numbers = np.unique(after.second, return_inverse=True)
        tree = WaveletMatrix(numbers, np.ones_like(numbers))
        start, stop = _range(after, before, low, high)
        bound = np.searchsorted(levels, (top if most else bottom) - before.second, "right" if most else "left")
        rank = tree.below(start, stop, bound) - (1 if most else 0)
        there = np.flatnonzero((rank >= 0) & (rank < stop - start))
        if not there.size:
            continue
        sums = levels[tree.smallest(start[there], stop[there], rank[there])] + before.second[there]
        at = int(np.argmax(sums) if most else np.argmin(sums))
        one, value = int(there[at]), int(sums[at])
        if not bottom <= value <= top or (best is not None and (value <= best[0] if most else value >= best[0])):
            continue
        inside = slice(int(start[one]), int(stop[one]))
        other = inside.start + int(np.flatnonzero(after.second[inside] == value - before.second[one])[0])
        best = (value, before.state, before.at(one), after.at(other))
    return None if best is None else (best[0] + pairs.least[1], pairs.path(*best[1:]))


def _range(after: Side, before: Side, low: int, high: int) -> tuple[Integers, Integers]:
    """Return, for each path before, which paths after it bring the first sum between both ends."""
    start = np.searchsorted(after.first, low - before.first, "left")
    return start, np.maximum(np.searchsorted(after.first, high - before.first, "right"), start)


def _raised(costs: Sequence[Integers]) -> list[Integers]:
    """Return each link's costs above the least of them."""
    return [cost - cost.min() for cost in costs]
