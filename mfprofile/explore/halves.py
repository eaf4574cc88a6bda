"""A chain cut in the middle: the sums before and after, of which the variants within a window are counted and named.

Every path is a pair of halves that meet at a width, and pairs are counted by a sorted join instead of one by one. Where
the exact sums would not fit in memory costs are rounded down to a grid, which leaves a lower and an upper bound.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal, NamedTuple

import numpy as np

from mfprofile.explore.chain import Chain, Link
from mfprofile.explore.edges import Integers
from mfprofile.explore.sums import LIMIT, Steps, Sums, backward, forward, paths, paths_onward
from mfprofile.spec.quantities import Window

ENTRY = 64  # bytes that a sum takes while it is made: value, count, and the sorting of both
_PARTS = 100  # a grid splits a window into so many parts for each link: some 2 % of the variants are in doubt
_MOST_CELLS = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """What a path's cells say of its sum: from `offset + size · cells` to `slack` more."""

    offset: int
    size: int
    slack: int

    def surely(self, window: Window) -> Window:
        """Return the cells of paths that are in the window, wherever in its cell a sum lies."""
        least = None if window.least is None else -(-(window.least - self.offset) // self.size)
        most = None if window.most is None else (window.most - self.offset - self.slack) // self.size
        return Window(least, most)

    def possibly(self, window: Window) -> Window:
        """Return the cells of all paths that may be in the window."""
        least = None if window.least is None else -(-(window.least - self.offset - self.slack) // self.size)
        most = None if window.most is None else (window.most - self.offset) // self.size
        return Window(least, most)


class Halves:
    """A chain's sums on both sides of a cut; `costs` are those of each link's edges, exact where `size` is 1."""

    def __init__(self, chain: Chain, costs: Sequence[Integers], size: int = 1) -> None:
        self.steps, self.grid = _gridded(chain.links, costs, size)
        before, after = paths(chain.links), paths_onward(chain.links)
        self.cut, _ = _cut(self.steps, before, after)
        self.small = max(*before[self.cut], *after[self.cut]) < LIMIT
        self.before = forward(self.steps[: self.cut], self.small)
        self.after = backward(self.steps[self.cut :], self.small)

    def within(self, cells: Window) -> int:
        """Return how many paths have their cells in the window."""
        return sum(dot(part.prefix.counts, part.found) for part in self._joined(cells))

    def bounds(self, window: Window) -> tuple[int, int]:
        """Return a lower and an upper bound of how many paths have their sum in the window; equal where exact."""
        lower = self.within(self.grid.surely(window))
        return (lower, lower) if not self.grid.slack else (lower, self.within(self.grid.possibly(window)))

    def paths(self, cells: Window, ranks: Sequence[int]) -> Integers:
        """Return the paths of these ranks among those within: an edge of each link in a row; ranks from 0, any order.

        Every path within has one rank.
        """
        found = np.zeros((len(ranks), len(self.steps)), np.int64)
        left, waiting = np.array(ranks, object), np.arange(len(ranks))
        meetings: list[tuple[Integers, _Ends, _Ends]] = []
        for part in self._joined(cells):
            upto = np.cumsum(part.prefix.counts.astype(object) * part.found.astype(object))
            here = waiting[left[waiting] < upto[-1]]
            meetings.append((here, *self._meeting(part, upto, left[here])))
            waiting = waiting[left[waiting] >= upto[-1]]
            left[waiting] -= upto[-1]
        assert not waiting.size, "a rank beyond the paths within"
        if meetings:
            rows, before, after = zip(*meetings, strict=True)
            self._follow(np.concatenate(rows), _together(before), _together(after), found)
        return found

    def path(self, state: int, before: int, after: int) -> tuple[int, ...]:
        """Return the first path through a width at the cut with these cells before it and after it."""
        left, right = (_Ends(np.array([state]), np.array([cell]), np.zeros(1, np.int64)) for cell in (before, after))
        found = np.zeros((1, len(self.steps)), np.int64)
        self._follow(np.zeros(1, np.int64), left, right, found)
        return tuple(found[0].tolist())

    def _joined(self, cells: Window) -> Iterator[_Part]:
        """Yield, for each width at the cut, the sums before it with how many paths after it complete them."""
        pairs = zip(self.before[-1], self.after[0], strict=True)
        for state, (prefix, suffix) in enumerate(pairs):
            if len(prefix.values) and len(suffix.values):
                upto = np.concatenate([np.zeros(1, suffix.counts.dtype), np.cumsum(suffix.counts)])
                low = upto[_places(suffix, prefix, cells.least, "left", 0)]
                high = upto[_places(suffix, prefix, cells.most, "right", len(suffix.values))]
                yield _Part(state, prefix, suffix, upto, low, np.maximum(high - low, 0))

    def _meeting(self, part: _Part, upto: Integers, ranks: Integers) -> tuple[_Ends, _Ends]:
        """Return where the paths of these ranks at one width end, before the cut and after it."""
        at = np.searchsorted(upto, ranks, side="right")
        inside = ranks - np.concatenate([np.zeros(1, object), upto])[at]
        before, after = inside // part.found[at], inside % part.found[at] + part.low[at]
        place = np.searchsorted(part.upto, after, side="right") - 1
        kind = np.int64 if self.small else object
        states = np.full(len(ranks), part.state)
        return (
            _Ends(states, part.prefix.values[at], before.astype(kind)),
            _Ends(states, part.suffix.values[place], (after - part.upto[place]).astype(kind)),
        )

    def _follow(self, rows: Integers, before: _Ends, after: _Ends, found: Integers) -> None:
        """Write the edges of the paths with these ends into their rows of `found`."""
        found[rows, : self.cut] = _traced(self.steps[: self.cut], self.before, before)
        turned = [_turned(step) for step in reversed(self.steps[self.cut :])]
        found[rows, self.cut :] = _traced(turned, self.after[::-1], after)[:, ::-1]


class _Ends(NamedTuple):
    """Where half paths end: the width and the sum of each, and its rank among the half paths that end alike."""

    states: Integers
    values: Integers
    ranks: Integers


def _together(ends: Sequence[_Ends]) -> _Ends:
    return _Ends(*(np.concatenate(arrays) for arrays in zip(*ends, strict=True)))


def _places(suffix: Sums, prefix: Sums, bound: int | None, side: Literal["left", "right"], otherwise: int) -> Integers:
    """Return, for each sum before, where among the sums after it the bound is reached."""
    if bound is None:
        return np.full(len(prefix.values), otherwise)
    beyond = int(prefix.values[-1]) + int(suffix.values[-1]) + 1  # cells are from 0, so that none is below -1 either
    return np.searchsorted(suffix.values, max(-1, min(bound, beyond)) - prefix.values, side)


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """The join at one width: sums before and after, and the number of paths `upto` each sum after.

    Of each sum before, `low` is the number of paths after it that come too low, `found` of those that are within.
    """

    state: int
    prefix: Sums
    suffix: Sums
    upto: Integers
    low: Integers
    found: Integers


def grid_size(chain: Chain, row: int, window: Window, memory: int) -> int:
    """Return 1 if the exact sums take no more than `memory` bytes, else the size of the grid for bounds."""
    entries = kept_sums(chain, chain.costs(row))
    return 1 if entries * ENTRY <= memory else coarse_size(chain, row, window)


def kept_sums(chain: Chain, costs: Sequence[Integers]) -> int:
    """Return how many sums `Halves` keeps on both sides of its cut, at most, where they are exact."""
    steps, _ = _gridded(chain.links, costs, 1)
    return _cut(steps, paths(chain.links), paths_onward(chain.links))[1]


def coarse_size(chain: Chain, row: int, window: Window) -> int:
    """Return the size of a grid on which few of a window's variants are in doubt."""
    costs = chain.costs(row)
    greatest = sum(int(cost.max()) for cost in costs if cost.size)
    least = sum(int(cost.min()) for cost in costs if cost.size)
    low, high = (least if window.least is None else window.least), (greatest if window.most is None else window.most)
    span = max(1, min(high, greatest) - max(low, least))
    return max(1, span // (_PARTS * len(costs)), (greatest - least) // _MOST_CELLS)


def _gridded(links: Sequence[Link], costs: Sequence[Integers], size: int) -> tuple[list[Steps], Grid]:
    """Return the links' costs in whole cells above the least of each link."""
    steps, offset, slack, before = [], 0, 0, 1
    for link, cost in zip(links, costs, strict=True):
        least = int(cost.min()) if cost.size else 0
        cells, rest = np.divmod(cost - least, size)
        offset += least
        slack += int(rest.max()) if cost.size else 0
        steps.append(Steps(link.source, link.target, cells, before, link.states))
        before = link.states
    return steps, Grid(offset, size, slack)


def _cut(steps: Sequence[Steps], before: list[list[int]], after: list[list[int]]) -> tuple[int, int]:
    """Return where to cut so that the fewest sums are kept, and how many those are at most.

    A cut at which int64 holds the paths on either side goes before one at which it does not.
    """
    spans = [int(step.costs.max()) if step.costs.size else 0 for step in steps]
    left = list(accumulate(map(_most_sums, before, accumulate(spans, initial=1))))
    right = list(accumulate(map(_most_sums, after[::-1], accumulate(spans[::-1], initial=1))))[::-1]
    sizes = [one + other for one, other in zip(left, right, strict=True)]
    large = [max(*one, *other) >= LIMIT for one, other in zip(before, after, strict=True)]
    best = min(range(len(sizes)), key=lambda at: (large[at], sizes[at]))
    return best, sizes[best]


def _most_sums(paths_to: Sequence[int], span: int) -> int:
    """Return how many distinct sums there are at most at some widths, of so many paths to each."""
    return sum(min(count, span) for count in paths_to)


def _turned(step: Steps) -> Steps:
    return Steps(step.target, step.source, step.costs, step.after, step.before)


def dot(counts: Integers, found: Integers) -> int:
    """Return the sum of products, exactly."""
    if not len(counts):
        return 0
    if float(counts.max()) * float(found.max()) * len(counts) < LIMIT / 2:
        return int(np.dot(counts, found))
    return int(np.dot(counts.astype(object), found.astype(object)))


def _traced(steps: Sequence[Steps], levels: Sequence[Sequence[Sums]], ends: _Ends) -> Integers:
    """Return the edges of half paths, a row each."""
    states, values, ranks = (array.copy() for array in ends)
    found = np.zeros((len(states), len(steps)), np.int64)
    for at in range(len(steps) - 1, -1, -1):
        step, chosen = steps[at], np.zeros(len(states), np.int64)
        edges = list(enumerate(zip(step.source.tolist(), step.target.tolist(), step.costs.tolist(), strict=True)))
        for state in np.unique(states).tolist():
            waiting = np.flatnonzero(states == state)
            for edge, source, cost in [
                (edge, source, cost) for edge, (source, target, cost) in edges if target == state
            ]:
                alike = levels[at][source].at(values[waiting] - cost)
                taken = ranks[waiting] < alike
                chosen[waiting[taken]] = edge
                waiting, alike = waiting[~taken], alike[~taken]
                ranks[waiting] -= alike
                if not waiting.size:
                    break
        found[:, at] = chosen
        states, values = step.source[chosen], values - step.costs[chosen]
    return found
