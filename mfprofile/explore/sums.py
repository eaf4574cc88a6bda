"""The distinct sums of a chain's paths, each with the number of paths that have it, for each width.

This is dynamic programming along the chain. The sums at a width are those at the widths before it, each plus the cost
of an edge. Equal sums are kept once with a count, so memory grows with the number of distinct sums, not of variants.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from mfprofile.explore.chain import Link
from mfprofile.explore.edges import Integers

INT64_LIMIT = 2**63
_DENSE = 4  # sums are added up in a dense array if its length is at most this many times their number


_Number = TypeVar("_Number", np.int64, np.float64)


class Directed(Protocol):
    """The edges of a link, without their costs."""

    @property
    def source(self) -> Integers:
        """Return the width before each edge."""

    @property
    def target(self) -> Integers:
        """Return the width after each edge."""

    @property
    def states(self) -> int:
        """Return the number of widths after the link."""


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Distinct sums in rising order, and the number of paths that have each sum.

    `values` is int64. `counts` has the same length, and is int64, or object (Python's integers) where int64 is too
    small. A count can be 0 where the values are consecutive.
    """

    values: Integers
    counts: npt.NDArray[np.int64]

    @property
    def consecutive(self) -> bool:
        """Return whether the values are consecutive integers."""
        return len(self.values) > 0 and int(self.values[-1] - self.values[0]) + 1 == len(self.values)

    def counts_of(self, values: Integers) -> npt.NDArray[np.int64]:
        """Return the number of paths with each of some values, 0 for a value that no path has."""
        if not len(self.values):
            return np.zeros(len(values), self.counts.dtype)
        places = np.minimum(np.searchsorted(self.values, values), len(self.values) - 1)
        return np.where(self.values[places] == values, self.counts[places], 0)


class Shifted(NamedTuple):
    """The sums of `sums`, each greater by the number `by`."""

    sums: Sums
    by: int

    @property
    def values(self) -> Integers:
        """Return the sums, as a new array."""
        return self.sums.values + self.by


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A link with the costs of one quantity, which can be on a grid or combined from two quantities.

    `source`, `target` and `costs` have one element for each edge. `states_before` and `states_after` are the numbers of
    widths. Edges with equal ends and costs are different edges.
    """

    source: Integers
    target: Integers
    costs: Integers
    states_before: int
    states_after: int

    def reversed(self) -> Step:
        """Return the step with each edge in the other direction."""
        return Step(self.target, self.source, self.costs, self.states_after, self.states_before)


def paths_from_start(links: Sequence[Link], states_before: int = 1) -> list[list[int]]:
    """Return, before each link and at the end, the number of paths from the start to each width."""
    levels = [[1] * states_before]
    for link in links:
        level = [0] * link.states
        for source, target in zip(link.source.tolist(), link.target.tolist(), strict=True):
            level[target] += levels[-1][source]
        levels.append(level)
    return levels


def paths_to_end(links: Sequence[Link]) -> list[list[int]]:
    """Return, before each link and at the end, the number of paths from each width to the end."""
    levels = [[1] * (links[-1].states if links else 1)]
    before = [1, *(link.states for link in links)]
    for link, states in zip(reversed(links), reversed(before[: len(links)]), strict=True):
        level = [0] * states
        for source, target in zip(link.source.tolist(), link.target.tolist(), strict=True):
            level[source] += levels[-1][target]
        levels.append(level)
    return levels[::-1]


def least_to_end(links: Sequence[Directed], costs: Sequence[npt.NDArray[_Number]]) -> list[npt.NDArray[_Number]]:
    """Return, before each link and at the end, the least cost of a path from each width to the end.

    `costs` has one array for each link, shape quantities × edges, of integers or floats. The arrays of the result are
    quantities × widths. A width without a path to the end has a very large cost, in floats an infinite one.
    """
    kind = costs[-1].dtype
    no_path = kind.type(np.inf if kind.kind == "f" else np.iinfo(np.int64).max // 4)
    levels = [np.zeros((len(costs[-1]), links[-1].states), kind)]
    before = [1, *(link.states for link in links)]
    for link, cost, states in zip(reversed(links), reversed(costs), reversed(before[:-1]), strict=True):
        level = np.full((len(cost), states), no_path)
        order = np.argsort(link.source, kind="stable")
        source = link.source[order]
        starts = np.flatnonzero(np.concatenate([[True], source[1:] != source[:-1]]))
        total = cost[:, order] + levels[-1][:, link.target[order]]
        level[:, source[starts]] = np.minimum.reduceat(total, starts, axis=1)
        levels.append(np.minimum(level, no_path))
    return levels[::-1]


def extremes_to_end(links: Sequence[Directed], costs: Sequence[Integers]) -> list[tuple[Integers, Integers]]:
    """Return, before each link and at the end, the least and the greatest cost of a path from each width to the end.

    The arrays are as in `least_to_end`.
    """
    least, negated = (least_to_end(links, [sign * cost for cost in costs]) for sign in (1, -1))
    return [(low, -high) for low, high in zip(least, negated, strict=True)]


def continuations(states: Integers, sources: Integers) -> tuple[Integers, Integers]:
    """Return the path and the edge of each way to continue some paths, in the order of the paths, then of the edges.

    `states` has the width of each path. `sources` has the width before each edge, and must rise.

    >>> [each.tolist() for each in continuations(np.array([2, 0]), np.array([0, 1, 2, 2]))]
    [[0, 0, 1], [2, 3, 0]]
    """
    first = np.searchsorted(sources, states, "left")
    return ranges_of(first, np.searchsorted(sources, states, "right") - first)


def ranges_of(first: Integers, count: Integers) -> tuple[Integers, Integers]:
    """Return the elements of ranges of integers one after the other: the index of the range of each, and the integer.

    >>> [each.tolist() for each in ranges_of(np.array([5, 7, 1]), np.array([2, 0, 1]))]
    [[0, 0, 2], [5, 6, 1]]
    """
    at = np.repeat(np.arange(len(count)), count)
    return at, np.arange(len(at)) - np.repeat(np.cumsum(count) - count - first, count)


def forward(steps: Sequence[Step], fits_int64: bool = True) -> list[list[Sums]]:
    """Return, before each step and at the end, the sums of all paths from the start to each width.

    `fits_int64` says that int64 is large enough for all counts; without it, counts are Python's integers. The time is
    about the number of kept sums times the edges that leave their width.
    """
    levels = [[_zero_sum(fits_int64)]]
    for step in steps:
        levels.append([_sums_at(step, levels[-1], state, fits_int64) for state in range(step.states_after)])
    return levels


def _sums_at(step: Step, level: Sequence[Sums], state: int, fits_int64: bool) -> Sums:
    """Return the sums at one width after a step, from the sums at each width before it."""
    edges = np.flatnonzero(step.target == state)
    pieces = [
        Shifted(level[source], cost)
        for source, cost in zip(step.source[edges].tolist(), step.costs[edges].tolist(), strict=True)
        if len(level[source].values)
    ]
    return merged(pieces, fits_int64)


def backward(steps: Sequence[Step], fits_int64: bool = True) -> list[list[Sums]]:
    """Return, before each step and at the end, the sums of all paths from each width to the end, like `forward`."""
    return forward([step.reversed() for step in reversed(steps)], fits_int64)[::-1]


def _zero_sum(fits_int64: bool) -> Sums:
    """Return the sums of the empty path: 0, once."""
    return Sums(np.zeros(1, np.int64), np.ones(1, np.int64 if fits_int64 else object))


def merged(pieces: Sequence[Shifted], fits_int64: bool) -> Sums:
    """Return the sums of all pieces together, with the counts of equal sums added up.

    The pieces have no arrays of their own, because there can be a thousand of them.
    """
    if not pieces:
        return Sums(np.zeros(0, np.int64), np.zeros(0, np.int64 if fits_int64 else object))
    if len(pieces) == 1:
        return Sums(pieces[0].values, pieces[0].sums.counts)
    least = min(int(piece.sums.values[0]) + piece.by for piece in pieces)
    span = max(int(piece.sums.values[-1]) + piece.by for piece in pieces) - least + 1
    if span <= _DENSE * sum(len(piece.sums.values) for piece in pieces):
        return _merged_dense(pieces, least, span)
    values = np.concatenate([piece.values for piece in pieces])
    order = np.argsort(values, kind="stable")
    values = values[order]
    starts = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    counts = np.concatenate([piece.sums.counts for piece in pieces])[order]
    return Sums(values[starts], np.add.reduceat(counts, starts))


def _merged_dense(pieces: Sequence[Shifted], least: int, span: int) -> Sums:
    """Return the sums of all pieces as consecutive values from `least`, some of them with a count of 0."""
    counts = np.zeros(span, pieces[0].sums.counts.dtype)
    for piece in pieces:
        if piece.sums.consecutive:
            start = int(piece.sums.values[0]) + piece.by - least
            counts[start : start + len(piece.sums.values)] += piece.sums.counts
        else:
            counts[piece.values - least] += piece.sums.counts  # the values of one piece are different
    return Sums(np.arange(least, least + span), counts)
