"""Find the best variants of a chain, or its front, within windows by a visit of each variant: for small chains."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mfprofile.explore.chain import Chain
from mfprofile.explore.edges import Integers
from mfprofile.explore.labels import undominated
from mfprofile.explore.stream import blocks
from mfprofile.explore.sums import paths_from_start
from mfprofile.spec.quantities import Window


def size_of(chain: Chain) -> int:
    """Return the number of a chain's paths."""
    return paths_from_start(chain.links)[-1][0]


def leaders(
    chain: Chain, windows: Sequence[Window], sign: int, number: int, row: int = 0
) -> list[tuple[int, tuple[int, ...]]]:
    """Return the best paths within the windows, best first: the quantity of `row` times the sign, and their edges.

    Less is better. `windows` has one window for each quantity.
    """
    values, edges = np.zeros(0, np.int64), np.zeros((0, len(chain.links)), np.int64)
    for block in blocks(chain, windows):
        objective = block.sums(row) * sign
        chosen = block.within(windows)
        if len(values) == number:
            chosen &= objective < values[-1]
        if np.count_nonzero(chosen) > number:
            chosen &= objective <= np.partition(objective[chosen], number - 1)[number - 1]
        if chosen.any():
            values, edges = np.concatenate([values, objective[chosen]]), np.vstack([edges, block.edges(chosen)])
            order = np.argsort(values, kind="stable")[:number]
            values, edges = values[order], edges[order]
    return list(zip(values.tolist(), map(tuple, edges.tolist()), strict=True))


def visited_front(chain: Chain, windows: Sequence[Window], signs: Sequence[int]) -> tuple[Integers, Integers]:
    """Return the front of the first quantities, one for each sign: signed sums, and the edges of one path for each.

    The arrays have the shapes quantities × points and points × links. Less of each signed sum is better.
    """
    sums, edges = np.zeros((len(signs), 0), np.int64), np.zeros((0, len(chain.links)), np.int64)
    for block in blocks(chain, windows):
        chosen = block.within(windows)
        more = block.figures(chosen)[: len(signs)] * np.array(signs)[:, None]
        kept = undominated(sums := np.hstack([sums, more]))
        sums, edges = sums[:, kept], np.vstack([edges, block.edges(chosen)])[kept]
    return sums, edges
