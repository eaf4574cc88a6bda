"""Two windows at once: how many variants of a chain lie within both, by an offline dominance join of its halves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mfprofile.explore.chain import Chain, Link
from mfprofile.explore.edges import Integers
from mfprofile.explore.halves import ENTRY, Halves, dot, kept_sums
from mfprofile.explore.sums import LIMIT, Sums
from mfprofile.explore.wavelet import WaveletMatrix
from mfprofile.spec.quantities import Window

_LEVEL = 16  # bytes that a level of the wavelet matrix keeps for each sum


def within_both(chain: Chain, rows: tuple[int, int], windows: tuple[Window, Window], memory: int) -> int | None:
    """Return how many paths have both sums in their windows; None if that would take more than `memory` bytes."""
    first, second = (_raised(chain.links, row) for row in rows)
    least = [sum(int(link.costs[row].min()) for link in chain.links) for row in rows]
    base = _greatest(second) + 1
    if (_greatest(first) + 1) * base >= LIMIT:
        return None
    keys = [one * base + other for one, other in zip(first, second, strict=True)]
    if kept_sums(chain, keys) * (ENTRY + 24 * _LEVEL) > memory:
        return None
    halves = Halves(chain, keys)
    shifted = [_shifted(window, -low) for window, low in zip(windows, least, strict=True)]
    bounds = [_closed(window, _greatest(raised)) for window, raised in zip(shifted, (first, second), strict=True)]
    lowest = [int(key.min()) for key in keys]  # which the halves leave out, and a pair of sums needs
    under, over = sum(lowest[: halves.cut]), sum(lowest[halves.cut :])
    return sum(
        _joined(Sums(before.values + under, before.counts), Sums(after.values + over, after.counts), base, bounds)
        for before, after in zip(halves.before[-1], halves.after[0], strict=True)
    )


def _raised(links: Sequence[Link], row: int) -> list[Integers]:
    """Return each link's costs above the least of them."""
    return [link.costs[row] - link.costs[row].min() for link in links]


def _greatest(costs: Sequence[Integers]) -> int:
    return sum(int(cost.max()) for cost in costs)


def _shifted(window: Window, by: int) -> Window:
    return Window(*(None if side is None else side + by for side in window))


def _closed(window: Window, greatest: int) -> tuple[int, int]:
    """Return both ends of a window on sums from 0 to `greatest`."""
    low = 0 if window.least is None else max(0, window.least)
    return low, greatest if window.most is None else min(greatest, window.most)


def _joined(before: Sums, after: Sums, base: int, bounds: Sequence[tuple[int, int]]) -> int:
    """Return how many pairs of paths, one of each side, have both sums within their bounds."""
    if not len(before.values) or not len(after.values):
        return 0
    (low, high), (bottom, top) = bounds
    firsts, seconds = np.divmod(after.values, base)
    levels = np.unique(seconds)
    tree = WaveletMatrix(np.searchsorted(levels, seconds), after.counts)
    first, second = np.divmod(before.values, base)
    start = np.searchsorted(firsts, low - first, "left")
    stop = np.maximum(np.searchsorted(firsts, high - first, "right"), start)
    under = np.searchsorted(levels, bottom - second, "left")
    upto = np.maximum(np.searchsorted(levels, top - second, "right"), under)
    found = tree.below(start, stop, upto) - tree.below(start, stop, under)
    return dot(before.counts, found)
