"""Paths from the start of a chain, which are extended link by link, in order of their edges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from mfprofile.explore.chain import Link
from mfprofile.explore.completions import NEVER
from mfprofile.explore.edges import Integers
from mfprofile.explore.sums import continuations

_AT_A_TIME = 1 << 19  # paths that are extended at a time


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """Some paths from the start to the widths before a link, in order: by the first edge in which two of them differ.

    `states` has the width of each, and `sums` its sums, quantities × paths. `edge` is its last edge, and `parent` the
    index of the path that it continues, among those one link before.
    """

    states: Integers
    sums: Integers
    edge: Integers
    parent: Integers

    @property
    def count(self) -> int:
        """Return the number of paths."""
        return len(self.edge)

    def select(self, chosen: Integers) -> Paths:
        """Return the paths with these indices."""
        return Paths(self.states[chosen], self.sums[:, chosen], self.edge[chosen], self.parent[chosen])

    def without_sums(self) -> Paths:
        """Return what `edges_of` needs of the paths."""
        return Paths(self.states[:0], self.sums[:, :0], self.edge, self.parent)

    def followed_by(self, more: Paths) -> Paths:
        """Return these paths and then the others."""
        return Paths(
            np.concatenate([self.states, more.states]),
            np.hstack([self.sums, more.sums]),
            np.concatenate([self.edge, more.edge]),
            np.concatenate([self.parent, more.parent]),
        )


Bounds: TypeAlias = Callable[[int, Integers, Integers], Integers]
"""A function of a link's index, of states and of sums that returns the bounds of paths (see `Completions.bounds`)."""


def start(rows: int) -> Paths:
    """Return the empty path, with `rows` sums."""
    zero = np.zeros(1, np.int64)
    return Paths(zero, np.zeros((rows, 1), np.int64), zero, zero)


def extended(
    paths: Paths, at: int, link: Link, cost: Integers, bounds_of: Bounds, number: int | None, reached: int = NEVER
) -> tuple[Paths, int]:
    """Return the paths with each edge of link `at`, and the least bound of those that are left out.

    Only paths whose bound is at most `reached` are kept, and of them the first `number` by bound, then by order.
    """
    order = np.argsort(link.source, kind="stable")
    sources = link.source[order]
    kept, bounds, left_out = _continued(paths, 0, 0, order, sources, link, cost), np.zeros(0, np.int64), NEVER
    size = max(1, _AT_A_TIME * max(1, len(np.unique(sources))) // max(1, len(sources)))
    for begin in range(0, paths.count, size):
        more = _continued(paths, begin, begin + size, order, sources, link, cost)
        more_bounds = bounds_of(at + 1, more.states, more.sums)
        able = np.flatnonzero((more_bounds < NEVER) & (more_bounds <= reached))
        kept, bounds = kept.followed_by(more.select(able)), np.concatenate([bounds, more_bounds[able]])
        if number is not None:
            chosen = first(bounds, number)
            left_out = min(left_out, int(np.delete(bounds, chosen).min(initial=NEVER)))
            kept, bounds = kept.select(chosen), bounds[chosen]
    return kept, left_out


def _continued(
    paths: Paths, begin: int, end: int, order: Integers, sources: Integers, link: Link, cost: Integers
) -> Paths:
    """Return the paths from `begin` to `end` - 1 with each edge; `order` has the edges sorted by their source."""
    path, place = continuations(paths.states[begin:end], sources)
    edge = order[place]
    return Paths(link.target[edge], paths.sums[:, begin + path] + cost[:, edge], edge, begin + path)


def first(bounds: Integers, number: int) -> Integers:
    """Return the indices of the `number` least bounds, of equal bounds the first ones, in rising order of the indices.

    >>> first(np.array([5, 3, 4, 3, 4]), 3).tolist()
    [1, 2, 3]
    """
    if len(bounds) <= number:
        return np.arange(len(bounds))
    limit = np.partition(bounds, number - 1)[number - 1]
    below = np.flatnonzero(bounds < limit)
    equal = np.flatnonzero(bounds == limit)[: number - len(below)]
    return np.sort(np.concatenate([below, equal]))


def edges_of(levels: Sequence[Paths], chosen: Integers) -> Integers:
    """Return the edges of some paths at the last level, shape paths × links; `levels` has the paths after each link."""
    edges = np.zeros((len(chosen), len(levels)), np.int64)
    for at in range(len(levels) - 1, -1, -1):
        edges[:, at], chosen = levels[at].edge[chosen], levels[at].parent[chosen]
    return edges
