"""Find the paths of a chain that no other path dominates, by label setting. Less is better in every sum.

A path dominates another if none of its sums is greater. All paths to the same width can continue in the same ways, at
the same cost. So a path that is dominated at a width is dominated at the end as well, and is dropped at once. Memory
and time grow with the number of labels, the paths that are kept at each width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mfprofile.errors import TooLargeError
from mfprofile.explore.chain import Link
from mfprofile.explore.edges import Integers
from mfprofile.explore.sums import least_to_end

_COPIES = 4  # copies of the labels while they are collected and sorted
_LEAF = 64  # up to this number, labels are compared pair by pair


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """The labels of one width: the paths to it that are kept.

    `sums` has the shape quantities × labels. `edge` is the last edge of each path, and `parent` is the index of the
    label at the edge's source that the path continues.
    """

    sums: Integers
    edge: Integers
    parent: Integers

    @property
    def count(self) -> int:
        """Return the number of labels."""
        return len(self.edge)

    def select(self, chosen: Integers) -> Labels:
        """Return the labels with these indices, in this order."""
        return Labels(self.sums[:, chosen], self.edge[chosen], self.parent[chosen])


def undominated_paths(
    links: Sequence[Link], costs: Sequence[Integers], limits: Sequence[int | None], memory: int
) -> tuple[Integers, Integers]:
    """Return the sums (quantities × paths) and the edges (paths × links) of the paths that no other path dominates.

    `costs` has one array for each link, shape quantities × edges. `limits` has the largest allowed sum of each
    quantity, or None. Of paths with equal sums the first is kept. Raises `TooLargeError` if the labels need more than
    `memory` bytes.
    """
    levels = label_levels(links, costs, limits, memory)
    return levels[-1][0].sums, _edges_of(links, levels)


def label_levels(
    links: Sequence[Link], costs: Sequence[Integers], limits: Sequence[int | None], memory: int
) -> list[list[Labels]]:
    """Return the labels of each width, before each link and at the end. The arguments are those of `undominated_paths`.

    The labels of a width are sorted by their first sum.
    """
    room = memory // (_COPIES * 8 * (len(limits) + 2))  # in labels
    least = least_to_end(links, costs)
    start = np.zeros((len(limits), 1), np.int64)
    levels = [[Labels(start, np.zeros(1, np.int64), np.zeros(1, np.int64))]]
    for at, (link, cost) in enumerate(zip(links, costs, strict=True)):
        level: list[Labels] = []
        for width in range(link.states):
            pieces = _extended(levels[-1], link, cost, width, room - sum(labels.count for labels in level))
            level.append(_kept(pieces, limits, least[at + 1][:, width]))
        room -= sum(labels.count for labels in level)
        levels.append(level)
    return levels


def _extended(level: Sequence[Labels], link: Link, cost: Integers, width: int, room: int) -> list[Labels]:
    """Return the labels at a width after a link, one piece for each edge to it.

    Raises `TooLargeError` if there are more than `room` labels.
    """
    pieces = []
    for edge in np.flatnonzero(link.target == width).tolist():
        parents = level[int(link.source[edge])]
        room -= parents.count
        if room < 0:
            raise TooLargeError
        if parents.count:
            sums = parents.sums + cost[:, edge, None]
            pieces.append(Labels(sums, np.full(parents.count, edge), np.arange(parents.count)))
    return pieces


def undominated(sums: Integers) -> Integers:
    """Return the indices of the columns that no other column dominates, in rising order of the first row.

    A column dominates another if it is not greater in any row. Of equal columns only the first is returned. For n
    columns this takes O(n log n) time with two rows, and O(n log² n) with three. With more rows the worst case is
    O(n²).

    >>> undominated(np.array([[2, 1, 3, 2], [5, 7, 5, 5]])).tolist()
    [1, 0]
    """
    if not sums.shape[1]:
        return np.zeros(0, np.int64)
    order = np.lexsort(sums[::-1])
    ordered = sums[:, order]
    if len(sums) <= 2:
        return order[_undominated_columns(ordered)]
    new = np.concatenate([[True], (ordered[:, 1:] != ordered[:, :-1]).any(axis=0)])
    kept: Integers = order[new][_undominated_columns(ordered[:, new])]
    return kept


def _undominated_columns(ordered: Integers) -> Integers:
    """Return the indices of the columns that no earlier column dominates.

    The columns are sorted by their first row, then the second, and so on. With three rows or more they must be
    different. Then each half is solved by itself, and the first half is compared with the second.
    """
    rows, count = ordered.shape
    if rows == 1:
        return np.zeros(1, np.int64)
    if rows == 2:
        kept = np.ones(count, bool)
        kept[1:] = ordered[1, 1:] < np.minimum.accumulate(ordered[1])[:-1]
        return np.flatnonzero(kept)
    if count <= _LEAF:
        rest = ordered[1:]
        dominated = (rest[:, :, None] <= rest[:, None, :]).all(axis=0)
        return np.flatnonzero(~np.triu(dominated, 1).any(axis=0))
    left = _undominated_columns(ordered[:, : count // 2])
    right = count // 2 + _undominated_columns(ordered[:, count // 2 :])
    return np.concatenate([left, right[~_is_dominated(ordered[1:, left], ordered[1:, right])]])


def _is_dominated(first: Integers, second: Integers) -> Integers:
    """Return, for each column of `second`, whether a column of `first` dominates it."""
    if len(first) == 2:
        order = np.argsort(first[0], kind="stable")
        best = np.concatenate([[np.iinfo(np.int64).max], np.minimum.accumulate(first[1, order])])
        dominated: Integers = best[np.searchsorted(first[0, order], second[0], "right")] <= second[1]
        return dominated
    dominated = np.zeros(second.shape[1], bool)
    for start in range(0, second.shape[1], _LEAF):
        some = second[:, start : start + _LEAF]
        dominated[start : start + _LEAF] = (first[:, :, None] <= some[:, None, :]).all(axis=0).any(axis=0)
    return dominated


def _kept(pieces: Sequence[Labels], limits: Sequence[int | None], least: Integers) -> Labels:
    """Return the labels at a width that no other dominates and that can still end within the limits.

    `least` is the least cost from this width to the end, for each quantity.
    """
    if not pieces:
        nothing = np.zeros(0, np.int64)
        return Labels(np.zeros((len(limits), 0), np.int64), nothing, nothing)
    labels = Labels(
        np.concatenate([piece.sums for piece in pieces], axis=1),
        np.concatenate([piece.edge for piece in pieces]),
        np.concatenate([piece.parent for piece in pieces]),
    )
    for row, limit in enumerate(limits):
        if limit is not None:
            labels = labels.select(np.flatnonzero(labels.sums[row] + least[row] <= limit))
    return labels.select(undominated(labels.sums))


def _edges_of(links: Sequence[Link], levels: Sequence[Sequence[Labels]]) -> Integers:
    """Return the edges of each label at the end, shape labels × links, by following the parents back to the start."""
    label = np.arange(len(levels[-1][0].edge))
    state = np.zeros_like(label)
    edges = np.zeros((len(label), len(links)), np.int64)
    for at in range(len(links) - 1, -1, -1):
        for width in np.unique(state).tolist():
            here = np.flatnonzero(state == width)
            labels = levels[at + 1][width]
            edges[here, at], label[here] = labels.edge[label[here]], labels.parent[label[here]]
        state = links[at].source[edges[:, at]]
    return edges
