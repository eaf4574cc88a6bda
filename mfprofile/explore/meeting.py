"""Join parts of paths from the start with parts from the end: the pair with the least sum within windows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from mfprofile.errors import TooLargeError
from mfprofile.explore.edges import Integers
from mfprofile.explore.problem import Floats
from mfprofile.spec.quantities import Window

_PAIRS = 1 << 19  # that are compared at a time
_MOST_PAIRS = 1 << 31

Parts: TypeAlias = tuple[Integers, Integers]
"""The width at which each part ends, and its sums, rows × parts; row 0 is minimized, each other row has a window."""

_Side: TypeAlias = npt.NDArray[np.int64] | npt.NDArray[np.float64]


class Pair(NamedTuple):
    """The sum of two parts, and their indices."""

    sum: int
    before: int
    after: int


@dataclass(frozen=True, slots=True, eq=False)
class Meeting:
    """Which pairs fit: sums within the `windows`, up to `target`, and with a priced sum up to `highest`."""

    weights: Floats
    highest: float
    target: int
    windows: Sequence[Window]


def meet(meeting: Meeting, before: Parts, after: Parts) -> Pair | None:
    """Return the pair of parts with the least sum that fits, or None; raise `TooLargeError` for too many pairs."""
    best: Pair | None = None
    room = _MOST_PAIRS
    for state in np.intersect1d(before[0], after[0]).tolist():
        first, last = np.flatnonzero(before[0] == state), np.flatnonzero(after[0] == state)
        target = meeting.target if best is None else best.sum - 1
        ordered = Meeting(meeting.weights, meeting.highest, target, meeting.windows)
        for left, right in _candidates(ordered, before[1][:, first], after[1][:, last]):
            room -= len(left)
            if room < 0:
                raise TooLargeError
            sums = before[1][:, first[left]] + after[1][:, last[right]]
            fits = np.flatnonzero(_fit(sums, target, meeting.windows))
            if fits.size:
                at = fits[np.argmin(sums[0, fits])]
                best = Pair(int(sums[0, at]), int(first[left[at]]), int(last[right[at]]))
                target = best.sum - 1
    return best


def _fit(sums: Integers, target: int, windows: Sequence[Window]) -> npt.NDArray[np.bool_]:
    fits = sums[0] <= target
    for row, window in enumerate(windows, start=1):
        if window.most is not None:
            fits &= sums[row] <= window.most
        if window.least is not None:
            fits &= sums[row] >= window.least
    result: npt.NDArray[np.bool_] = fits
    return result


def _candidates(meeting: Meeting, before: Integers, after: Integers) -> Iterator[tuple[Integers, Integers]]:
    """Yield the indices of pairs, some at a time: all that fit one of the conditions, the one that fewest pairs fit."""
    keys = [_range(before[0], after[0], None, meeting.target)]
    priced_before, priced_after = meeting.weights @ before, meeting.weights @ after
    keys.append(_range(priced_before, priced_after, None, meeting.highest))
    for row, window in enumerate(meeting.windows, start=1):
        keys.append(_range(before[row], after[row], window.least, window.most))
    order, start, count = min(keys, key=lambda key: int(key[2].sum()))
    promising = np.argsort(priced_before, kind="stable")
    start, count = start[promising], count[promising]
    upto = np.cumsum(count)
    at = 0
    while at < len(count):
        stop = max(at + 1, int(np.searchsorted(upto, (upto[at - 1] if at else 0) + _PAIRS, "right")))
        some = slice(at, stop)
        left = np.repeat(promising[some], count[some])
        number = np.arange(len(left)) - np.repeat(np.cumsum(count[some]) - count[some], count[some])
        yield left, order[np.repeat(start[some], count[some]) + number]
        at = stop


def _range(before: _Side, after: _Side, low: float | None, high: float | None) -> tuple[Integers, Integers, Integers]:
    """Return the order of the parts after, and for each part before, the first that fits in it and their number."""
    order = np.argsort(after, kind="stable")
    ordered = after[order]
    start = np.zeros(len(before), np.int64) if low is None else np.searchsorted(ordered, low - before, "left")
    stop = np.full(len(before), len(after)) if high is None else np.searchsorted(ordered, high - before, "right")
    return order, start, np.maximum(stop - start, 0)
