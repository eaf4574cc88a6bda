"""How many paths of a chain have at most some sum: at many amounts at once, and within windows on other quantities.

What is expensive, the sums of both halves of a chain, is made once. Each amount is then one search in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, TypeAlias

import numpy as np

from mfprofile.errors import TooLargeError
from mfprofile.explore.binding import OPEN, binding, ranges
from mfprofile.explore.chain import MAX_SUM, Chain
from mfprofile.explore.edges import Integers
from mfprofile.explore.halves import Halves, dot, grid_size
from mfprofile.explore.join import PairedHalves, Side
from mfprofile.explore.stream import blocks
from mfprofile.explore.sums import Sums, ranges_of
from mfprofile.explore.visit import size_of
from mfprofile.explore.wavelet import WaveletMatrix
from mfprofile.spec.quantities import Window

LISTED = 10**7
"""The largest number of variants of a setting whose sums are listed one by one."""

_AT_ONCE = 1 << 18  # prefixes times amounts that a matrix is asked for at once

Bounds: TypeAlias = tuple[int, int]
"""A lower and an upper bound of a number of paths, equal if it is exact."""


class Cumulative(Protocol):
    """The sums of a chain's paths within the windows."""

    def up_to(self, amounts: Sequence[int]) -> list[Bounds]:
        """Return, for each amount, the number of paths within the windows whose first sum is at most the amount."""

    def between(self, low: int, high: int) -> Sums | None:
        """Return the distinct sums within the windows above `low` and up to `high`, None if the answers are bounds."""


def cumulative(chain: Chain, windows: Sequence[Window], memory: int) -> Cumulative | None:
    """Return the sums of the first quantity of a chain's paths within the windows, or None if no path is within them.

    There is one window for each quantity. A window that holds for all paths of the chain is dropped. Raises
    `TooLargeError` if several others are left and the chain has more than `LISTED` paths, or if one other is left and
    the pairs of sums need more than `memory` bytes. Without another window the answers are bounds then.
    """
    others = binding_rows(chain, windows)
    if others is None:
        return None
    if not others:
        return _OneSum(chain, windows[0], ranges(chain)[0], memory)
    if _is_small(chain):
        return _Listed(_distinct_sums(chain, windows))
    return _TwoSums(PairedHalves(chain, (others[0], 0), memory), windows[others[0]], windows[0])


def binding_rows(chain: Chain, windows: Sequence[Window]) -> list[int] | None:
    """Return the rows of the windows, but the first, that exclude some of a chain's paths; None if one excludes all.

    Raises `TooLargeError` if there are several, and the chain has more than `LISTED` paths.
    """
    kept = binding(windows, ranges(chain))
    if kept is None:
        return None
    rows = [row for row, window in enumerate(kept) if row and window != OPEN]
    if len(rows) > 1 and not _is_small(chain):
        raise TooLargeError
    return rows


def _is_small(chain: Chain) -> bool:
    return size_of(chain) <= LISTED


class _OneSum:
    """The sums of one quantity, exact or on a grid, within a window of it; `extent` has its least and greatest sum."""

    def __init__(self, chain: Chain, own: Window, extent: tuple[int, int], memory: int) -> None:
        self.own, self.extent = own, extent
        self.halves = Halves(chain, chain.costs(0), grid_size(chain, 0, own, memory))

    def up_to(self, amounts: Sequence[int]) -> list[Bounds]:
        """Return a lower and an upper bound for each amount; they are equal unless the sums are on a grid."""
        grid, windows = self.halves.grid, [self._window(amount) for amount in amounts]
        pairs = [
            window and (_ends(grid.certain_cells(window)), _ends(grid.possible_cells(window))) for window in windows
        ]
        needed = sorted({cell for pair in pairs if pair for ends in pair for cell in ends})
        numbers = dict(zip(needed, self._up_to_cells(needed), strict=True))
        return [(0, 0) if pair is None else (_part(numbers, pair[0]), _part(numbers, pair[1])) for pair in pairs]

    def between(self, low: int, high: int) -> Sums | None:
        """Return the distinct sums above `low` and up to `high`, None if they are on a grid; they must be few."""
        if self.halves.grid.slack:
            return None
        offset, size = self.halves.grid.offset, self.halves.grid.size
        pieces = [Sums(np.zeros(0, np.int64), np.zeros(0, np.int64))]
        window = self._window(high)
        before, last = (0, -1) if window is None else _ends(self.halves.grid.certain_cells(window))
        before = max(before, (low - offset) // size)
        for few, many in self._sides():
            first = np.searchsorted(many.values, before - few.values, "right")
            number = np.maximum(np.searchsorted(many.values, last - few.values, "right") - first, 0)
            at, other = ranges_of(first, number)
            pieces.append(
                Sums(size * (few.values[at] + many.values[other]) + offset, few.counts[at] * many.counts[other])
            )
        return together(pieces)

    def _sides(self) -> Iterator[tuple[Sums, Sums]]:
        """Yield, for each width at the cut, the sums of the side that has fewer, and of the other one."""
        for prefix, suffix in zip(self.halves.prefixes[-1], self.halves.suffixes[0], strict=True):
            if len(prefix.values) and len(suffix.values):
                yield (prefix, suffix) if len(prefix.values) <= len(suffix.values) else (suffix, prefix)

    def _window(self, amount: int) -> Window | None:
        """Return the part of the window up to an amount, with open sides where all sums are; None if it is empty."""
        most = amount if self.own.most is None else min(amount, self.own.most)
        least = None if self.own.least is None or self.own.least <= self.extent[0] else self.own.least
        if most < (self.extent[0] if least is None else least):
            return None
        return Window(least, None if most >= self.extent[1] else most)

    def _up_to_cells(self, cells: Sequence[int]) -> list[int]:
        """Return the number of paths with at most each number of cells."""
        numbers = [0] * len(cells)
        for few, many in self._sides():
            upto = np.concatenate([np.zeros(1, many.counts.dtype), np.cumsum(many.counts)])
            values, counts = few.values[::-1], few.counts[::-1]  # a search for rising numbers is faster
            for at, cell in enumerate(cells):
                numbers[at] += dot(counts, upto[np.searchsorted(many.values, cell - values, "right")])
        return numbers


def _part(numbers: Mapping[int, int], ends: tuple[int, int]) -> int:
    """Return the number of paths after the first end and up to the second one."""
    return max(0, numbers[ends[1]] - numbers[ends[0]])


def _ends(cells: Window) -> tuple[int, int]:
    """Return the cell before a window of cells, and its last cell; cells are never negative."""
    before = -1 if cells.least is None else cells.least - 1
    return before, MAX_SUM if cells.most is None else cells.most


class _TwoSums:
    """The sums of a quantity within a window of it, and within one window of another quantity; always exact."""

    def __init__(self, pairs: PairedHalves, other: Window, own: Window) -> None:
        self.pairs, self.own = pairs, own
        (self.low, self.high), (self.bottom, _) = pairs.closed((other, own))

    def up_to(self, amounts: Sequence[int]) -> list[Bounds]:
        """Return the exact number for each amount, twice."""
        tops, numbers = [self._top(amount) for amount in amounts], [0] * len(amounts)
        for before, after, start, stop in self._ranges():
            levels, places = np.unique(after.second, return_inverse=True)
            matrix = WaveletMatrix(places, after.counts)
            under = np.searchsorted(levels, self.bottom - before.second, "left")
            below = matrix.weight_below(start, stop, under)
            size = max(1, _AT_ONCE // len(start))
            for first in range(0, len(tops), size):
                some = np.array(tops[first : first + size])[:, None]
                bound = np.maximum(np.searchsorted(levels, some - before.second, "right"), under)
                shape = bound.shape
                starts, stops = (np.broadcast_to(side, shape).ravel() for side in (start, stop))
                weights = matrix.weight_below(starts, stops, bound.ravel()).reshape(shape) - below
                for at, row in enumerate(weights, first):
                    numbers[at] += dot(before.counts, row)
        return [(number, number) for number in numbers]

    def between(self, low: int, high: int) -> Sums:
        """Return the distinct sums above `low` and up to `high`; they must be few."""
        bottom, top, least = max(self.bottom, self._top(low) + 1), self._top(high), self.pairs.least[1]
        pieces = [Sums(np.zeros(0, np.int64), np.zeros(0, np.int64))]
        for before, after, start, stop in self._ranges():
            for at, (first, last) in enumerate(zip(start.tolist(), stop.tolist(), strict=True)):
                sums = after.second[first:last] + before.second[at]
                kept = np.flatnonzero((sums >= bottom) & (sums <= top))
                if kept.size:
                    pieces.append(Sums(sums[kept] + least, after.counts[first + kept] * before.counts[at]))
        return together(pieces)

    def _ranges(self) -> Iterator[tuple[Side, Side, Integers, Integers]]:
        """Yield the sides of each width at the cut, and the ranges of suffixes within the other window."""
        for before, after in self.pairs.sides():
            start = np.searchsorted(after.first, self.low - before.first, "left")
            stop = np.searchsorted(after.first, self.high - before.first, "right")
            yield before, after, start, np.maximum(start, stop)

    def _top(self, amount: int) -> int:
        """Return the largest sum up to an amount within the window, as the pairs have it."""
        most = amount if self.own.most is None else min(amount, self.own.most)
        return self.pairs.closed((Window(None, None), Window(None, most)))[1][1]


class _Listed:
    """Sums that were listed one by one; always exact."""

    def __init__(self, sums: Sums) -> None:
        self.sums, self.upto = sums, np.concatenate([np.zeros(1, np.int64), np.cumsum(sums.counts)])

    def up_to(self, amounts: Sequence[int]) -> list[Bounds]:
        """Return the exact number for each amount, twice."""
        numbers = self.upto[[self._place(amount) for amount in amounts]].tolist()
        return list(zip(numbers, numbers, strict=True))

    def between(self, low: int, high: int) -> Sums:
        """Return the distinct sums above `low` and up to `high`."""
        inside = slice(self._place(low), self._place(high))
        return Sums(self.sums.values[inside], self.sums.counts[inside])

    def _place(self, amount: int) -> int:
        return int(np.searchsorted(self.sums.values, max(-MAX_SUM, min(amount, MAX_SUM)), "right"))


def _distinct_sums(chain: Chain, windows: Sequence[Window]) -> Sums:
    """Return the distinct sums of the first quantity of the paths within all windows, each with its number of paths."""
    sums = Sums(np.zeros(0, np.int64), np.zeros(0, np.int64))
    for block in blocks(chain, windows):
        values, counts = np.unique(block.sums(0)[block.within(windows)], return_counts=True)
        sums = together([sums, Sums(values, counts)])
    return sums


def together(pieces: Sequence[Sums]) -> Sums:
    """Return the sums of all pieces, each once, with the numbers of equal ones added up."""
    values, places = np.unique(np.concatenate([piece.values for piece in pieces]), return_inverse=True)
    counts = np.zeros(len(values), np.int64)
    np.add.at(counts, places, np.concatenate([piece.counts for piece in pieces]).astype(np.int64))
    return Sums(values, counts)
