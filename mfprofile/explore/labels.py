"""Label-setting along a chain: of the paths to a width, those that no other beats in every sum.

Whatever follows adds the same to all paths that have come to one width, so that one that is beaten there is beaten at
the end, and is dropped at once. Less is better throughout.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mfprofile.explore.chain import Link
from mfprofile.explore.edges import Integers
from mfprofile.explore.sums import least_onward
from mfprofile.explore.work import TooLargeError

_COPIES = 4  # of labels while they are gathered and sorted
_LEAF = 64  # so few labels are compared each with each


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """The paths kept at a width: their `sums`, a row each quantity, and of each its last edge and the label before."""

    sums: Integers
    edge: Integers
    before: Integers

    @property
    def number(self) -> int:
        """Return how many labels these are."""
        return len(self.edge)

    def of(self, chosen: Integers) -> Labels:
        """Return some of the labels."""
        return Labels(self.sums[:, chosen], self.edge[chosen], self.before[chosen])


def unbeaten(
    links: Sequence[Link], costs: Sequence[Integers], limits: Sequence[int | None], memory: int
) -> tuple[Integers, Integers]:
    """Return the sums, a row each quantity, and the edges, a row each path, of the paths that no other beats.

    `costs` are each link's, a row for each quantity; a path whose sum of a quantity exceeds its limit is none. Of paths
    with equal sums the first is kept. Raises `TooLargeError` where the labels would take more than `memory` bytes.
    """
    most = memory // (_COPIES * 8 * (len(limits) + 2))
    least = least_onward(links, costs)
    start = np.zeros((len(limits), 1), np.int64)
    levels = [[Labels(start, np.zeros(1, np.int64), np.zeros(1, np.int64))]]
    for at, (link, cost) in enumerate(zip(links, costs, strict=True)):
        level: list[Labels] = []
        for width in range(link.states):
            pieces = _extended(levels[-1], link, cost, width, most - sum(labels.number for labels in level))
            level.append(_kept(pieces, limits, least[at + 1][:, width]))
        most -= sum(labels.number for labels in level)
        levels.append(level)
    return levels[-1][0].sums, _traced(links, levels)


def _extended(level: Sequence[Labels], link: Link, cost: Integers, width: int, most: int) -> list[Labels]:
    """Return the labels that a link's edges bring to a width, an edge's together; no more than `most` in all."""
    pieces = []
    for edge in np.flatnonzero(link.target == width).tolist():
        known = level[int(link.source[edge])]
        most -= known.number
        if most < 0:
            raise TooLargeError
        if known.number:
            pieces.append(
                Labels(known.sums + cost[:, edge, None], np.full(known.number, edge), np.arange(known.number))
            )
    return pieces


def undominated(sums: Integers) -> Integers:
    """Return which columns no other equals or betters in every row, by rising first row; of equal ones the first.

    >>> undominated(np.array([[2, 1, 3, 2], [5, 7, 5, 5]])).tolist()
    [1, 0]
    """
    if not sums.shape[1]:
        return np.zeros(0, np.int64)
    order = np.lexsort(sums[::-1])
    ordered = sums[:, order]
    if len(sums) <= 2:
        return order[_unbeaten_of(ordered)]
    new = np.concatenate([[True], (ordered[:, 1:] != ordered[:, :-1]).any(axis=0)])
    found: Integers = order[new][_unbeaten_of(ordered[:, new])]
    return found


def _unbeaten_of(ordered: Integers) -> Integers:
    """Return which columns, in rising order, none before them equals or betters; three rows or more all differ."""
    rows, count = ordered.shape
    if rows == 1:
        return np.zeros(1, np.int64)
    if rows == 2:
        kept = np.ones(count, bool)
        kept[1:] = ordered[1, 1:] < np.minimum.accumulate(ordered[1])[:-1]
        return np.flatnonzero(kept)
    if count <= _LEAF:
        rest = ordered[1:]
        beaten = (rest[:, :, None] <= rest[:, None, :]).all(axis=0)
        return np.flatnonzero(~np.triu(beaten, 1).any(axis=0))
    left = _unbeaten_of(ordered[:, : count // 2])
    right = count // 2 + _unbeaten_of(ordered[:, count // 2 :])
    return np.concatenate([left, right[~_beaten(ordered[1:, left], ordered[1:, right])]])


def _beaten(strong: Integers, weak: Integers) -> Integers:
    """Return which of the weak columns one of the strong equals or betters in every row."""
    if len(strong) == 2:
        order = np.argsort(strong[0], kind="stable")
        best = np.concatenate([[np.iinfo(np.int64).max], np.minimum.accumulate(strong[1, order])])
        found: Integers = best[np.searchsorted(strong[0, order], weak[0], "right")] <= weak[1]
        return found
    beaten = np.zeros(weak.shape[1], bool)
    for start in range(0, weak.shape[1], _LEAF):
        some = weak[:, start : start + _LEAF]
        beaten[start : start + _LEAF] = (strong[:, :, None] <= some[:, None, :]).all(axis=0).any(axis=0)
    return beaten


def _kept(pieces: Sequence[Labels], limits: Sequence[int | None], least: Integers) -> Labels:
    """Return the labels at a width that no other beats and that may still end within the limits."""
    if not pieces:
        nothing = np.zeros(0, np.int64)
        return Labels(np.zeros((len(limits), 0), np.int64), nothing, nothing)
    labels = Labels(
        np.concatenate([piece.sums for piece in pieces], axis=1),
        np.concatenate([piece.edge for piece in pieces]),
        np.concatenate([piece.before for piece in pieces]),
    )
    for row, limit in enumerate(limits):
        if limit is not None:
            labels = labels.of(np.flatnonzero(labels.sums[row] + least[row] <= limit))
    return labels.of(undominated(labels.sums))


def _traced(links: Sequence[Link], levels: Sequence[Sequence[Labels]]) -> Integers:
    """Return the edges of each label at the end, a row each."""
    label = np.arange(len(levels[-1][0].edge))
    state = np.zeros_like(label)
    edges = np.zeros((len(label), len(links)), np.int64)
    for at in range(len(links) - 1, -1, -1):
        for width in np.unique(state).tolist():
            here = np.flatnonzero(state == width)
            kept = levels[at + 1][width]
            edges[here, at], label[here] = kept.edge[label[here]], kept.before[label[here]]
        state = links[at].source[edges[:, at]]
    return edges
