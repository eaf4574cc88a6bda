"""Count and list the paths of a chain whose sum is in a window, by cutting the chain in the middle.

Every path is a prefix (from the start to the cut) and a suffix (from the cut to the end) that meet at a width. For each
width, prefix sums and suffix sums are sorted, so a binary search counts the suffixes that complete each prefix. Pairs
are not visited one by one. With n prefix sums and m suffix sums a count takes O(n log m) time. Memory grows with the
number of distinct sums at all widths.

The same counts number the paths within a window: a rank is an integer from 0, and a path can be built from its rank.

Where the exact sums need too much memory, costs are rounded down to a grid. Then a count is a lower and an upper bound.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal, NamedTuple

import numpy as np

from mfprofile.explore.chain import Chain
from mfprofile.explore.edges import Integers
from mfprofile.explore.grid import coarse_size, gridded
from mfprofile.explore.sums import INT64_LIMIT, Step, Sums, backward, forward, paths_from_start, paths_to_end
from mfprofile.spec.quantities import Window

_BYTES_PER_SUM = 64  # while sums are merged: a value and a count, and both while they are sorted
_BYTES_PER_LARGE_SUM = 128  # the same with a count that is an object, one of Python's integers
_GRID_MEMORY = 64 << 20  # bytes for bounds, if less is allowed


class Halves:
    """The sums of a chain on both sides of a cut.

    `costs` has one array for each link, one element for each edge. `size` is that of the grid; with 1 the sums are
    exact. `cut` is the number of links before the cut. `prefixes[i][w]` are the sums of all paths from the start to
    width `w` after `i` links, up to the cut. `suffixes[i][w]` are the sums of all paths from width `w` to the end, `i`
    links after the cut. All sums are in cells of `grid`.
    """

    def __init__(self, chain: Chain, costs: Sequence[Integers], size: int = 1) -> None:
        self.steps, self.grid = gridded(chain.links, costs, size)
        before, after = paths_from_start(chain.links), paths_to_end(chain.links)
        self.cut, _ = _cut(self.steps, before, after)
        self.fits_int64 = max(*before[self.cut], *after[self.cut]) < INT64_LIMIT
        self.prefixes = forward(self.steps[: self.cut], self.fits_int64)
        self.suffixes = backward(self.steps[self.cut :], self.fits_int64)

    def count(self, cells: Window) -> int:
        """Return the number of paths whose cells are in the window."""
        return sum(dot(join.prefix.counts, join.matches) for join in self._joins(cells, any_side=True))

    def bounds(self, window: Window) -> tuple[int, int]:
        """Return a lower and an upper bound of the number of paths whose sum is in the window, equal if exact."""
        lower = self.count(self.grid.certain_cells(window))
        return (lower, lower) if not self.grid.slack else (lower, self.count(self.grid.possible_cells(window)))

    def paths(self, cells: Window, ranks: Sequence[int]) -> Integers:
        """Return the paths with these ranks among the paths whose cells are in the window.

        The result has the shape ranks × links; each row has one edge of each link. Ranks are from 0 to `count(cells)` -
        1, in any order. Each path in the window has exactly one rank.
        """
        edges = np.zeros((len(ranks), len(self.steps)), np.int64)
        remaining, waiting = np.array(ranks, object), np.arange(len(ranks))
        halves: list[tuple[Integers, _HalfPaths, _HalfPaths]] = []
        for join in self._joins(cells):
            upto = np.cumsum(join.prefix.counts.astype(object) * join.matches.astype(object))
            here = waiting[remaining[waiting] < upto[-1]]
            halves.append((here, *self._half_paths(join, upto, remaining[here])))
            waiting = waiting[remaining[waiting] >= upto[-1]]
            remaining[waiting] -= upto[-1]
        assert not waiting.size, "a rank is larger than the number of paths"
        if halves:
            rows, prefixes, suffixes = zip(*halves, strict=True)
            self._write_edges(np.concatenate(rows), _concatenated(prefixes), _concatenated(suffixes), edges)
        return edges

    def path(self, state: int, before: int, after: int) -> tuple[int, ...]:
        """Return the edges of the first path through a width at the cut with these cells before and after the cut."""
        prefix, suffix = (
            _HalfPaths(np.array([state]), np.array([cell]), np.zeros(1, np.int64)) for cell in (before, after)
        )
        edges = np.zeros((1, len(self.steps)), np.int64)
        self._write_edges(np.zeros(1, np.int64), prefix, suffix, edges)
        return tuple(edges[0].tolist())

    def _joins(self, cells: Window, any_side: bool = False) -> Iterator[_Join]:
        """Yield, for each width at the cut, the prefix sums with the number of suffixes that complete each of them.

        With `any_side`, the side with fewer sums is taken as the prefixes, which is faster.
        """
        for state, pair in enumerate(zip(self.prefixes[-1], self.suffixes[0], strict=True)):
            prefix, suffix = sorted(pair, key=lambda sums: len(sums.values)) if any_side else pair
            if len(prefix.values) and len(suffix.values):
                upto = np.concatenate([np.zeros(1, suffix.counts.dtype), np.cumsum(suffix.counts)])
                low = upto[_positions(suffix, prefix, cells.least, "left", 0)]
                high = upto[_positions(suffix, prefix, cells.most, "right", len(suffix.values))]
                yield _Join(state, prefix, suffix, upto, low, np.maximum(high - low, 0))

    def _half_paths(self, join: _Join, upto: Integers, ranks: Integers) -> tuple[_HalfPaths, _HalfPaths]:
        """Return the prefixes and the suffixes of the paths with these ranks at one width of the cut.

        `upto` has, for each prefix sum, the number of paths with this prefix sum or a smaller one.
        """
        at = np.searchsorted(upto, ranks, side="right")
        inside = ranks - np.concatenate([np.zeros(1, object), upto])[at]
        prefix_ranks, suffix_ranks = inside // join.matches[at], inside % join.matches[at] + join.too_low[at]
        place = np.searchsorted(join.upto, suffix_ranks, side="right") - 1
        dtype = np.int64 if self.fits_int64 else object
        states = np.full(len(ranks), join.state)
        return (
            _HalfPaths(states, join.prefix.values[at], prefix_ranks.astype(dtype)),
            _HalfPaths(states, join.suffix.values[place], (suffix_ranks - join.upto[place]).astype(dtype)),
        )

    def _write_edges(self, rows: Integers, prefixes: _HalfPaths, suffixes: _HalfPaths, edges: Integers) -> None:
        """Write the edges of these half paths into the given rows of `edges`."""
        edges[rows, : self.cut] = _edges_of(self.steps[: self.cut], self.prefixes, prefixes)
        reversed_steps = [step.reversed() for step in reversed(self.steps[self.cut :])]
        edges[rows, self.cut :] = _edges_of(reversed_steps, self.suffixes[::-1], suffixes)[:, ::-1]


class _HalfPaths(NamedTuple):
    """Half paths, one array element each.

    A half path is named by its width at the cut, its sum, and its rank from 0 among the half paths with the same width
    and sum.
    """

    states: Integers
    values: Integers
    ranks: Integers


def _concatenated(parts: Sequence[_HalfPaths]) -> _HalfPaths:
    return _HalfPaths(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def _positions(
    suffix: Sums, prefix: Sums, bound: int | None, side: Literal["left", "right"], unbounded: int
) -> Integers:
    """Return, for each prefix sum, the position in the suffix sums at which the total reaches the bound."""
    if bound is None:
        return np.full(len(prefix.values), unbounded)
    beyond = int(prefix.values[-1]) + int(suffix.values[-1]) + 1
    return np.searchsorted(suffix.values, max(-1, min(bound, beyond)) - prefix.values, side)  # cells are never negative


@dataclass(frozen=True, slots=True, eq=False)
class _Join:
    """The join at one width of the cut.

    `upto` has one element more than the suffix sums: element `i` is the number of suffixes with one of the first `i`
    sums. The other arrays have one element for each prefix sum: `too_low` is the number of suffixes with which the
    total is below the window, `matches` the number of those with which it is in the window.
    """

    state: int
    prefix: Sums
    suffix: Sums
    upto: Integers
    too_low: Integers
    matches: Integers


def grid_size(chain: Chain, row: int, window: Window, memory: int, grid_memory: int = _GRID_MEMORY) -> int:
    """Return 1 if the exact sums of a quantity fit into `memory` bytes, else the size of a grid for bounds.

    The sums on the grid fit into `memory`, or into `grid_memory` bytes if that is more.
    """
    costs = chain.costs(row)
    if bytes_needed(chain, costs) <= memory:
        return 1
    size = coarse_size(chain, row, window)
    while bytes_needed(chain, costs, size) > max(memory, grid_memory) and size < sum(int(cost.max()) for cost in costs):
        size *= 2
    return size


def bytes_needed(chain: Chain, costs: Sequence[Integers], size: int = 1) -> int:
    """Return an upper bound of the memory of `Halves`, in bytes."""
    before, after = paths_from_start(chain.links), paths_to_end(chain.links)
    cut, sums = _cut(gridded(chain.links, costs, size)[0], before, after)
    fits_int64 = max(*before[cut], *after[cut]) < INT64_LIMIT
    return sums * (_BYTES_PER_SUM if fits_int64 else _BYTES_PER_LARGE_SUM)


def kept_sums(chain: Chain, costs: Sequence[Integers]) -> int:
    """Return an upper bound of the number of exact sums that `Halves` keeps."""
    return _cut(gridded(chain.links, costs, 1)[0], paths_from_start(chain.links), paths_to_end(chain.links))[1]


def _cut(steps: Sequence[Step], before: list[list[int]], after: list[list[int]]) -> tuple[int, int]:
    """Return the cut at which the fewest sums are kept, and an upper bound of their number.

    `before` and `after` are the numbers of paths from the start and to the end, for each width. Cuts are preferred at
    which int64 is large enough for the numbers of paths on both sides.
    """
    spans = [int(step.costs.max()) if step.costs.size else 0 for step in steps]
    left = list(accumulate(map(_max_sums, before, accumulate(spans, initial=1))))
    right = list(accumulate(map(_max_sums, after[::-1], accumulate(spans[::-1], initial=1))))[::-1]
    sizes = [one + other for one, other in zip(left, right, strict=True)]
    large = [max(*one, *other) >= INT64_LIMIT for one, other in zip(before, after, strict=True)]
    best = min(range(len(sizes)), key=lambda at: (large[at], sizes[at]))
    return best, sizes[best]


def _max_sums(path_counts: Sequence[int], span: int) -> int:
    """Return an upper bound of the number of distinct sums at some widths, from the number of paths to each."""
    return sum(min(count, span) for count in path_counts)


def dot(counts: Integers, others: Integers) -> int:
    """Return the sum of the products, exact also beyond int64."""
    if not len(counts):
        return 0
    if float(counts.max()) * float(others.max()) * len(counts) < INT64_LIMIT / 2:
        return int(np.dot(counts, others))
    return int(np.dot(counts.astype(object), others.astype(object)))


def _edges_of(steps: Sequence[Step], levels: Sequence[Sequence[Sums]], ends: _HalfPaths) -> Integers:
    """Return the edges of half paths, shape half paths × steps.

    The half paths are followed from their end back to their start. At each step, the paths that end with one edge have
    consecutive ranks, and `levels` has their number. So a rank decides the edge, and the rest is the rank one step
    before.
    """
    states, values, ranks = (array.copy() for array in ends)
    edges = np.zeros((len(states), len(steps)), np.int64)
    for at in range(len(steps) - 1, -1, -1):
        step, chosen = steps[at], np.zeros(len(states), np.int64)
        step_edges = list(enumerate(zip(step.source.tolist(), step.target.tolist(), step.costs.tolist(), strict=True)))
        for state in np.unique(states).tolist():
            waiting = np.flatnonzero(states == state)
            for edge, source, cost in [
                (edge, source, cost) for edge, (source, target, cost) in step_edges if target == state
            ]:
                counts = levels[at][source].counts_of(values[waiting] - cost)
                has_edge = ranks[waiting] < counts
                chosen[waiting[has_edge]] = edge
                waiting, counts = waiting[~has_edge], counts[~has_edge]
                ranks[waiting] -= counts
                if not waiting.size:
                    break
        edges[:, at] = chosen
        states, values = step.source[chosen], values - step.costs[chosen]
    return edges
