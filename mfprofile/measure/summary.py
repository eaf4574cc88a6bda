"""What the times of sweeps say: a median with its interval, the noise, and times against a reference.

The interval of a median is of order statistics, which supposes no distribution: of n independent values, the k-th from
either end enclose the true median with probability 1 - 2·P(Binomial(n, ½) < k). See David and Nagaraja, *Order
Statistics*, section 7.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import comb
from statistics import median

CONFIDENCE = Fraction(95, 100)
"""The least probability with which an interval encloses the true median, if there are enough sweeps."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The median of a series, and the interval that encloses the true one with probability `coverage`."""

    median: float
    low: float
    high: float
    coverage: float


def summary(series: Sequence[float]) -> Summary:
    """Return the median of a series and the narrowest interval of order statistics that has the confidence.

    A series that is too short for the confidence has its whole range.

    >>> summary([5, 1, 4, 2, 3, 6, 7, 8])
    Summary(median=4.5, low=1, high=8, coverage=0.9921875)
    """
    values, rank = sorted(series), rank_of(len(series))
    return Summary(median(values), values[rank - 1], values[-rank], coverage(len(values), rank))


@cache
def rank_of(number: int) -> int:
    """Return the largest rank from either end of so many values whose interval has the confidence, or else 1.

    >>> [rank_of(number) for number in (1, 5, 6, 8, 9, 14, 30)]
    [1, 1, 1, 1, 2, 3, 10]
    """
    rank, ways, below = 1, number, 1  # the ways in which `rank` values, and fewer, are below the median
    while 2 * (below + ways) * CONFIDENCE.denominator <= (1 - CONFIDENCE).numerator << number:
        below, rank = below + ways, rank + 1
        ways = ways * (number - rank + 1) // rank
    return rank


def coverage(number: int, rank: int) -> float:
    """Return the probability that the rank-th of so many values from either end enclose the true median.

    >>> coverage(6, 1), coverage(14, 3)
    (0.96875, 0.987060546875)
    """
    outside = 2 * sum(comb(number, below) for below in range(rank))
    return 1 - outside / (1 << number)


def noise(series: Sequence[float]) -> float | None:
    """Return how far the medians of every second sweep and of the others are apart, as a part of their mean.

    None for fewer than two sweeps.

    >>> noise([10, 20, 10, 20, 12, 24]), noise([7])
    (0.6666666666666666, None)
    """
    if len(series) < 2:
        return None
    one, other = median(series[::2]), median(series[1::2])
    return 2 * abs(one - other) / (one + other) if one + other else 0.0


def noise_of_all(every: Sequence[Sequence[float]]) -> float | None:
    """Return the median noise of several series, or None if none has any.

    >>> noise_of_all([[10, 10], [10, 30], [10, 11.0]])
    0.09523809523809523
    """
    amounts = [amount for series in every if (amount := noise(series)) is not None]
    return median(amounts) if amounts else None


def drift(series: Sequence[float]) -> float | None:
    """Return how much slower the second half of the sweeps was than the first, as a part of the first; else None.

    >>> drift([10, 10, 15, 15]), drift([10])
    (0.5, None)
    """
    half = len(series) // 2
    if not half or not (first := median(series[:half])):
        return None
    return median(series[-half:]) / first - 1


def ratios(series: Sequence[float], to: Sequence[float]) -> tuple[float, ...]:
    """Return the times against others of the same sweep, in which a drift of the machine cancels.

    >>> ratios([10, 24], [5, 12])
    (2.0, 2.0)
    """
    return tuple(one / other if other else 0.0 for one, other in zip(series, to, strict=True))


def added(every: Sequence[Sequence[float]], sweeps: int) -> tuple[float, ...]:
    """Return the sum of several series in each of so many sweeps.

    >>> added([[1, 2], [3, 4]], 2), added([], 2)
    ((4, 6), (0, 0))
    """
    return tuple(sum(series[at] for series in every) for at in range(sweeps))
