"""For each path, find the suffix with the least objective that completes it within windows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mfprofile.explore.completions import NEVER
from mfprofile.explore.edges import Integers
from mfprofile.spec.quantities import Window

_PAIRS = 1 << 21  # pairs of a path and a suffix that are compared at a time


def least_fitting(paths: Integers, suffixes: Integers, windows: Sequence[Window]) -> Integers:
    """Return the least objective, the first sum, of each path with a suffix whose sums are in the windows, or `NEVER`.

    Both arguments have the shape quantities × paths; the suffixes are in rising order of the objective.
    """
    if not suffixes.shape[1]:
        return np.full(paths.shape[1], NEVER)
    limits = [(row, window) for row, window in enumerate(windows) if row or window.least is not None]
    if len(limits) <= 1:
        least = _least_in_range(paths, suffixes, *(limits or [(0, Window(None, None))])[0])
    else:
        least = _first_of_all(paths, suffixes, windows)
    if windows[0].most is not None:
        least[least > windows[0].most] = NEVER
    return least


def _least_in_range(paths: Integers, suffixes: Integers, row: int, window: Window) -> Integers:
    """Return the least objective of each path, with a window on one of the sums.

    The suffixes are sorted by this sum, with the least objective of each run of 1, 2, 4, 8… of them. Two runs
    cover the suffixes that fit a path.
    """
    order = np.argsort(suffixes[row], kind="stable")
    limited, left = suffixes[row, order], paths[row]
    low = np.zeros(len(left), np.int64) if window.least is None else np.searchsorted(limited, window.least - left)
    high = np.searchsorted(limited, window.most - left, "right") if window.most is not None else len(limited)
    width: Integers = np.maximum(high - low, 0)
    least = np.full(len(left), NEVER)
    runs, size = suffixes[0, order], 1
    while (width >= size).any():
        here = np.flatnonzero((width >= size) & (width < 2 * size))
        last = low[here] + width[here] - size
        least[here] = np.minimum(runs[low[here]], runs[last]) + paths[0, here]
        runs = np.minimum(runs[:-size], runs[size:])
        size *= 2
    return least


def _first_of_all(paths: Integers, suffixes: Integers, windows: Sequence[Window]) -> Integers:
    """Return the least objective of each path, with any windows, by a look at all suffixes in their order."""
    least = np.full(paths.shape[1], NEVER)
    waiting, begin = np.arange(paths.shape[1]), 0
    while waiting.size and begin < suffixes.shape[1]:
        end = begin + max(1, _PAIRS // len(waiting))
        fits = np.ones((len(waiting), min(end, suffixes.shape[1]) - begin), bool)
        for row, window in enumerate(windows):
            sums = np.add.outer(paths[row, waiting], suffixes[row, begin:end])
            if window.least is not None:
                fits &= sums >= window.least
            if window.most is not None:
                fits &= sums <= window.most
        at = fits.argmax(axis=1)
        fitting = fits[np.arange(len(waiting)), at]
        least[waiting[fitting]] = paths[0, waiting[fitting]] + suffixes[0, begin + at[fitting]]
        waiting, begin = waiting[~fitting], end
    return least
