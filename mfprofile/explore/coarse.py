"""Coarse distributions of a quantity: they say where to search for a quantile, but answer nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mfprofile.explore.binding import ranges
from mfprofile.explore.chain import Chain
from mfprofile.explore.grid import gridded
from mfprofile.explore.sums import INT64_LIMIT, forward, paths_from_start
from mfprofile.spec.quantities import Window

_EVEN = 64


class Picture(NamedTuple):
    """A coarse distribution of a chain's first sums: its ends, and about how many paths have at most some amounts."""

    least: int
    greatest: int
    amounts: npt.NDArray[np.floating[Any]]
    numbers: npt.NDArray[np.floating[Any]]


def picture(chain: Chain, cells: int) -> Picture:
    """Return the coarse distribution of a chain, in about so many cells. It only says where to search."""
    least, greatest = ranges(chain)[0]
    costs, size = chain.costs(0), max(1, (greatest - least) // cells)
    steps, grid = gridded(chain.links, costs, size)
    rest = sum(float(((cost - cost.min()) % size).mean()) for cost in costs)
    sums = forward(steps, paths_from_start(chain.links)[-1][0] < INT64_LIMIT)[-1][0]
    amounts = grid.offset + rest + size * (sums.values + 0.5)
    return Picture(least, greatest, amounts, np.cumsum(sums.counts).astype(np.float64))


def even(extent: tuple[int, int]) -> list[int]:
    """Return amounts at equal distances."""
    least, greatest = extent
    return [least + (greatest - least) * part // _EVEN for part in range(1, _EVEN)]


def likely(
    pictures: Sequence[Picture], own: Window, extent: tuple[int, int], shares: Sequence[Fraction]
) -> Iterator[int]:
    """Yield amounts around the likely quantiles of all variants within a window, and the ends of the window."""
    least, greatest = within(extent, own)
    amounts = np.linspace(least - 1, greatest, 1 << 12)
    numbers = sum(np.interp(amounts, each.amounts, each.numbers, left=0) for each in pictures)
    numbers = np.asarray(numbers) - np.asarray(numbers)[0]
    distance = 1 + max((each.greatest - each.least) // max(1, len(each.amounts)) for each in pictures)
    for share in shares:
        near = int(np.interp(float(share) / 100 * numbers[-1], numbers, amounts))
        yield from (near - distance, near - distance // 8, near, near + distance // 8, near + distance)
    yield from (least, greatest - 1)


def within(extent: tuple[int, int], own: Window) -> tuple[int, int]:
    """Return the part of an extent within a window, one amount if it is empty."""
    least = extent[0] if own.least is None else max(extent[0], own.least)
    greatest = extent[1] if own.most is None else min(extent[1], own.most)
    return least, max(least, greatest)
