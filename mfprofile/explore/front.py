"""The Pareto front of two quantities over a whole space, exactly, by label-setting along the chain.

Before each link every width keeps the pairs of sums that no other path to it beats in both quantities; whatever follows
adds the same to all of them, so that no path that was dropped could end on the front.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

import numpy as np

from mfprofile.explore.chain import Chain
from mfprofile.explore.edges import Integers
from mfprofile.explore.quantity import Quantity
from mfprofile.explore.space import Space
from mfprofile.explore.variant import Variant, told
from mfprofile.explore.work import Progress, Question, over_chains


@dataclass(frozen=True, slots=True, eq=False)
class Aim:
    """A quantity and whether more of it is better."""

    quantity: Quantity
    most: bool = False

    @property
    def sign(self) -> int:
        """Return what a sum is multiplied by so that less is better."""
        return -1 if self.most else 1


def front(
    space: Space,
    aims: tuple[Aim, Aim],
    convention: str = "core",
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> list[Variant]:
    """Return the variants that no other beats in both quantities, in the order of the first; one for each point.

    Of variants with the same two sums the first in the order of the space is told.
    """
    question = Question(space, tuple(aim.quantity for aim in aims), convention)
    signs = np.array([aim.sign for aim in aims])
    answers = over_chains(question, partial(_front_of, signs=signs), executor, progress)
    found = [(setting, *point) for setting, part in enumerate(answers) for point in part or ()]
    if not found:
        return []
    first, second = np.array([sums for _, sums, _ in found]).T
    kept = [found[at] for at in undominated(first, second).tolist()]
    return told(question, [(setting, edges) for setting, _, edges in kept], executor)


@dataclass(frozen=True, slots=True, eq=False)
class _Labels:
    """The paths kept at a width: their sums, less being better, and of each its last edge and the label before it."""

    first: Integers
    second: Integers
    edge: Integers
    before: Integers


def undominated(first: Integers, second: Integers) -> Integers:
    """Return where the pairs stand that no other equals or betters in both, less being better, by rising `first`.

    Of equal pairs the one that stands first is kept.

    >>> undominated(np.array([2, 1, 3, 2]), np.array([5, 7, 5, 5])).tolist()
    [1, 0]
    """
    order = np.lexsort((second, first))
    values = second[order]
    kept = np.ones(len(order), bool)
    kept[1:] = values[1:] < np.minimum.accumulate(values)[:-1]
    return order[kept]


def _front_of(chain: Chain, signs: Integers) -> list[tuple[list[int], tuple[int, ...]]]:
    """Return each point of a chain's front: its two sums, less being better, and the edges of one variant."""
    levels = [[_start()]]
    for link in chain.links:
        first, second = link.costs * signs[:, None]
        pieces: list[list[_Labels]] = [[] for _ in range(link.states)]
        for edge, (source, target) in enumerate(zip(link.source.tolist(), link.target.tolist(), strict=True)):
            labels = levels[-1][source]
            count = len(labels.first)
            pieces[target].append(
                _Labels(
                    labels.first + first[edge], labels.second + second[edge], np.full(count, edge), np.arange(count)
                )
            )
        levels.append([_kept(piece) for piece in pieces])
    sums = np.array([levels[-1][0].first, levels[-1][0].second]).T.tolist()
    return list(zip(sums, map(tuple, _traced(chain, levels).tolist()), strict=True))


def _start() -> _Labels:
    zero = np.zeros(1, np.int64)
    return _Labels(zero, zero, zero, zero)


def _kept(pieces: Sequence[_Labels]) -> _Labels:
    """Return the labels that no other at the same width beats."""
    if not pieces:
        nothing = np.zeros(0, np.int64)
        return _Labels(nothing, nothing, nothing, nothing)
    first, second, edge, before = (
        np.concatenate([getattr(piece, name) for piece in pieces]) for name in ("first", "second", "edge", "before")
    )
    at = undominated(first, second)
    return _Labels(first[at], second[at], edge[at], before[at])


def _traced(chain: Chain, levels: Sequence[Sequence[_Labels]]) -> Integers:
    """Return the edges of each label at the end, a row each."""
    label = np.arange(len(levels[-1][0].first))
    state = np.zeros_like(label)
    edges = np.zeros((len(label), len(chain.links)), np.int64)
    for at in range(len(chain.links) - 1, -1, -1):
        for width in np.unique(state).tolist():
            here = np.flatnonzero(state == width)
            kept = levels[at + 1][width]
            edges[here, at], label[here] = kept.edge[label[here]], kept.before[label[here]]
        state = chain.links[at].source[edges[:, at]]
    return edges
