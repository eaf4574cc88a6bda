"""Find the best variants of a chain within windows by a visit of each of them, for chains that are not too large."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mfprofile.explore.chain import Chain
from mfprofile.explore.stream import blocks
from mfprofile.explore.sums import paths_from_start
from mfprofile.spec.quantities import Window


def size_of(chain: Chain) -> int:
    """Return the number of a chain's paths."""
    return paths_from_start(chain.links)[-1][0]


def leaders(chain: Chain, windows: Sequence[Window], sign: int, number: int) -> list[tuple[int, tuple[int, ...]]]:
    """Return the best paths within the windows, best first, with the first quantity times its sign, and their edges.

    Less of it is better. `windows` has one window for each quantity.
    """
    values, edges = np.zeros(0, np.int64), np.zeros((0, len(chain.links)), np.int64)
    for block in blocks(chain, windows):
        objective = block.sums(0) * sign
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
