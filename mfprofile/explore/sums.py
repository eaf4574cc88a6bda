"""The sums that paths of a chain can have, each with the number of paths that have it, per width.

Equal sums are kept once, so that what is kept grows with the distinct sums, not with the variants.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mfprofile.explore.chain import Link
from mfprofile.explore.edges import Integers

LIMIT = 2**63
_DENSE = 4  # sums are added up in place where they leave at most so many places empty for each that is taken


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Distinct sums in rising order, and how many paths have each: int64, or Python's integers where those may not do.

    Where `values` are consecutive some may have no path at all.
    """

    values: Integers
    counts: npt.NDArray[np.int64]

    @property
    def consecutive(self) -> bool:
        """Return whether the values are consecutive whole numbers."""
        return len(self.values) > 0 and int(self.values[-1] - self.values[0]) + 1 == len(self.values)

    def at(self, values: Integers) -> npt.NDArray[np.int64]:
        """Return how many paths have each of some values."""
        if not len(self.values):
            return np.zeros(len(values), self.counts.dtype)
        places = np.minimum(np.searchsorted(self.values, values), len(self.values) - 1)
        return np.where(self.values[places] == values, self.counts[places], 0)


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """A link as the sums see it: edges by source and target, and what each adds; equal edges are apart."""

    source: Integers
    target: Integers
    costs: Integers
    before: int
    after: int


def paths(links: Sequence[Link], widths_before: int = 1) -> list[list[int]]:
    """Return, before each link and at the end, the number of paths from the start to each width."""
    levels = [[1] * widths_before]
    for link in links:
        level = [0] * link.states
        for source, target in zip(link.source.tolist(), link.target.tolist(), strict=True):
            level[target] += levels[-1][source]
        levels.append(level)
    return levels


def paths_onward(links: Sequence[Link]) -> list[list[int]]:
    """Return, before each link and at the end, the number of paths from each width to the end."""
    levels = [[1] * (links[-1].states if links else 1)]
    before = [1, *(link.states for link in links)]
    for link, states in zip(reversed(links), reversed(before[: len(links)]), strict=True):
        level = [0] * states
        for source, target in zip(link.source.tolist(), link.target.tolist(), strict=True):
            level[source] += levels[-1][target]
        levels.append(level)
    return levels[::-1]


def least_onward(links: Sequence[Link], costs: Sequence[Integers]) -> list[Integers]:
    """Return, before each link and at the end, the least that is still to come from each width, a row each quantity."""
    far = np.iinfo(np.int64).max // 4  # from a width that leads nowhere
    levels = [np.zeros((len(costs[-1]), links[-1].states), np.int64)]
    before = [1, *(link.states for link in links)]
    for link, cost, states in zip(reversed(links), reversed(costs), reversed(before[:-1]), strict=True):
        level = np.full((len(cost), states), far)
        for row in range(len(cost)):
            np.minimum.at(level[row], link.source, cost[row] + levels[-1][row, link.target])
        levels.append(np.minimum(level, far))
    return levels[::-1]


def forward(steps: Sequence[Steps], exact: bool = True) -> list[list[Sums]]:
    """Return, before each step and at the end, the sums of all paths from the start to each width.

    Counts are Python's integers unless `exact`, which says that int64 holds every count.
    """
    levels = [[_one(exact)]]
    for step in steps:
        levels.append([_reached(step, levels[-1], width, exact) for width in range(step.after)])
    return levels


def _reached(step: Steps, level: Sequence[Sums], width: int, exact: bool) -> Sums:
    """Return the sums at one width after a step."""
    edges = np.flatnonzero(step.target == width)
    pieces = [
        Sums(level[source].values + cost, level[source].counts)
        for source, cost in zip(step.source[edges].tolist(), step.costs[edges].tolist(), strict=True)
        if len(level[source].values)
    ]
    return merged(pieces, exact)


def backward(steps: Sequence[Steps], exact: bool = True) -> list[list[Sums]]:
    """Return, before each step and at the end, the sums of all paths from each width to the end; as `forward`."""
    turned = [Steps(step.target, step.source, step.costs, step.after, step.before) for step in reversed(steps)]
    return forward(turned, exact)[::-1]


def _one(exact: bool) -> Sums:
    return Sums(np.zeros(1, np.int64), np.ones(1, np.int64 if exact else object))


def merged(pieces: Sequence[Sums], exact: bool) -> Sums:
    """Return all pieces as one, equal sums added up."""
    if len(pieces) < 2:
        return pieces[0] if pieces else Sums(np.zeros(0, np.int64), np.zeros(0, np.int64 if exact else object))
    least = min(int(piece.values[0]) for piece in pieces)
    span = max(int(piece.values[-1]) for piece in pieces) - least + 1
    if span <= _DENSE * sum(len(piece.values) for piece in pieces):
        return _added(pieces, least, span)
    values = np.concatenate([piece.values for piece in pieces])
    order = np.argsort(values, kind="stable")
    values = values[order]
    starts = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    counts = np.concatenate([piece.counts for piece in pieces])[order]
    return Sums(values[starts], np.add.reduceat(counts, starts))


def _added(pieces: Iterable[Sums], least: int, span: int) -> Sums:
    counts = np.zeros(span, next(iter(pieces)).counts.dtype)
    for piece in pieces:
        start = int(piece.values[0]) - least
        if piece.consecutive:
            counts[start : start + len(piece.values)] += piece.counts
        else:
            counts[piece.values - least] += piece.counts  # values of one piece differ
    return Sums(np.arange(least, least + span), counts)
