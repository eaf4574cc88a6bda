"""Queries of two sums at once: how many paths of a chain are within two windows, and which of them is extreme.

The chain is cut into halves as in `halves`. At each width of the cut, the suffixes are sorted by their first sum, with
a wavelet matrix over their second sum. For each prefix, a binary search finds the suffixes that fit the first window,
and the matrix counts those that fit the second one as well. With n prefixes and m suffixes this takes O((n + m) log m)
time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from mfprofile.errors import TooLargeError
from mfprofile.explore.chain import Chain
from mfprofile.explore.edges import Integers
from mfprofile.explore.halves import Halves, bytes_needed, dot
from mfprofile.explore.sums import INT64_LIMIT
from mfprofile.explore.wavelet import WaveletMatrix
from mfprofile.spec.quantities import Window

_MATRIX_BYTES_PER_SUM = 24 * 16  # 24 levels of a wavelet matrix, two integers each


class PairedHalves:
    """The halves of a chain, with two sums for each path; `rows` are the rows of their quantities.

    Both sums are stored as one key, `first * base + second`, where sums are counted from the least cost of each link.
    `least` and `greatest` have, for each quantity, the total of the least costs, and the largest sum above it. Raises
    `TooLargeError` if the sums need more than `memory` bytes, or if a key does not fit into int64.
    """

    def __init__(self, chain: Chain, rows: tuple[int, int], memory: int) -> None:
        first, second = (_above_least(chain.costs(row)) for row in rows)
        self.least = [sum(int(cost.min()) for cost in chain.costs(row)) for row in rows]
        self.greatest = [sum(int(cost.max()) for cost in costs) for costs in (first, second)]
        self.base = self.greatest[1] + 1
        if (self.greatest[0] + 1) * self.base >= INT64_LIMIT:
            raise TooLargeError
        keys = [one * self.base + other for one, other in zip(first, second, strict=True)]
        if (kept := bytes_needed(chain, keys)) > memory:
            raise TooLargeError
        self.halves = Halves(chain, keys)
        if kept + _MATRIX_BYTES_PER_SUM * max(len(sums.values) for sums in self.halves.suffixes[0]) > memory:
            raise TooLargeError
        least_keys = [int(key.min()) for key in keys]  # `Halves` subtracts the least key of each link
        self.least_keys = sum(least_keys[: self.halves.cut]), sum(least_keys[self.halves.cut :])

    def closed(self, windows: tuple[Window, Window]) -> list[tuple[int, int]]:
        """Return both ends of each window, also of an open one, for sums that are counted from `least`."""
        ends = []
        for window, least, greatest in zip(windows, self.least, self.greatest, strict=True):
            low = 0 if window.least is None else min(max(0, window.least - least), greatest + 1)
            ends.append((low, greatest if window.most is None else max(-1, min(greatest, window.most - least))))
        return ends

    def sides(self) -> Iterator[tuple[Side, Side]]:
        """Yield, for each width at the cut, the two sums of its prefixes and of its suffixes."""
        for state, pair in enumerate(zip(self.halves.prefixes[-1], self.halves.suffixes[0], strict=True)):
            if all(len(sums.values) for sums in pair):
                before, after = (
                    Side(state, *np.divmod(sums.values + low, self.base), sums.counts)
                    for sums, low in zip(pair, self.least_keys, strict=True)
                )
                yield before, after

    def path(self, state: int, before: tuple[int, int], after: tuple[int, int]) -> tuple[int, ...]:
        """Return the edges of the first path through a width at the cut with these two sums before and after it."""
        keys = [
            first * self.base + second - low
            for (first, second), low in zip((before, after), self.least_keys, strict=True)
        ]
        return self.halves.path(state, *keys)


class Side(NamedTuple):
    """The half paths on one side of a width at the cut, grouped by their two sums.

    The arrays have one element for each pair of sums, sorted by the first and then the second sum. `counts` is the
    number of half paths with that pair.
    """

    state: int
    first: Integers
    second: Integers
    counts: Integers

    def sums_at(self, place: int) -> tuple[int, int]:
        """Return the two sums at a position."""
        return int(self.first[place]), int(self.second[place])


def count_within_both(chain: Chain, rows: tuple[int, int], windows: tuple[Window, Window], memory: int) -> int | None:
    """Return the number of paths with both sums in their windows, or None if that needs more than `memory` bytes."""
    try:
        pairs = PairedHalves(chain, rows, memory)
    except TooLargeError:
        return None
    (low, high), (bottom, top) = pairs.closed(windows)
    total = 0
    for before, after in pairs.sides():
        levels, numbers = np.unique(after.second, return_inverse=True)
        matrix = WaveletMatrix(numbers, after.counts)
        start, stop = _suffix_ranges(after, before, low, high)
        under = np.searchsorted(levels, bottom - before.second, "left")
        upto = np.maximum(np.searchsorted(levels, top - before.second, "right"), under)
        matches = matrix.weight_below(start, stop, upto) - matrix.weight_below(start, stop, under)
        total += dot(before.counts, matches)
    return total


def extreme(
    chain: Chain, rows: tuple[int, int], windows: tuple[Window, Window], most: bool, memory: int
) -> tuple[int, tuple[int, ...]] | None:
    """Return the greatest second sum of the paths with both sums in their windows, and the edges of one such path.

    Without `most` it is the least second sum. Returns None if there is no such path. Raises `TooLargeError` like
    `PairedHalves`.
    """
    pairs = PairedHalves(chain, rows, memory)
    (low, high), (bottom, top) = pairs.closed(windows)
    best: tuple[int, int, tuple[int, int], tuple[int, int]] | None = None
    for before, after in pairs.sides():
        levels, numbers = np.unique(after.second, return_inverse=True)
        matrix = WaveletMatrix(numbers, np.ones_like(numbers))
        start, stop = _suffix_ranges(after, before, low, high)
        bound = np.searchsorted(levels, (top if most else bottom) - before.second, "right" if most else "left")
        rank = matrix.weight_below(start, stop, bound) - (1 if most else 0)
        candidates = np.flatnonzero((rank >= 0) & (rank < stop - start))
        if not candidates.size:
            continue
        level_numbers = matrix.number_of_rank(start[candidates], stop[candidates], rank[candidates])
        sums = levels[level_numbers] + before.second[candidates]
        at = int(np.argmax(sums) if most else np.argmin(sums))
        prefix, value = int(candidates[at]), int(sums[at])
        if not bottom <= value <= top or (best is not None and (value <= best[0] if most else value >= best[0])):
            continue
        inside = slice(int(start[prefix]), int(stop[prefix]))
        suffix = inside.start + int(np.flatnonzero(after.second[inside] == value - before.second[prefix])[0])
        best = (value, before.state, before.sums_at(prefix), after.sums_at(suffix))
    return None if best is None else (best[0] + pairs.least[1], pairs.path(*best[1:]))


def _suffix_ranges(after: Side, before: Side, low: int, high: int) -> tuple[Integers, Integers]:
    """Return, for each prefix, the range of suffixes with which the first sum is from `low` to `high`."""
    start = np.searchsorted(after.first, low - before.first, "left")
    return start, np.maximum(np.searchsorted(after.first, high - before.first, "right"), start)


def _above_least(costs: Sequence[Integers]) -> list[Integers]:
    """Return the costs of each link minus its least cost."""
    return [cost - cost.min() for cost in costs]
