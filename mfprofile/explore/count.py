"""Count the variants of a space within windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from math import prod

import numpy as np

from mfprofile.cost.weights import Counting
from mfprofile.explore.chain import Chain
from mfprofile.explore.halves import Halves, grid_size
from mfprofile.explore.join import count_within_both
from mfprofile.explore.quantity import Quantity, check_duplicates
from mfprofile.explore.settings import GlobalSetting
from mfprofile.explore.space import Space
from mfprofile.explore.stream import blocks
from mfprofile.explore.sums import paths_from_start
from mfprofile.explore.work import MEMORY, STREAMED, Progress, Question, over_chains
from mfprofile.spec.quantities import Window
from mfprofile.spec.renamed import renamed


@dataclass(frozen=True, slots=True)
class Number:
    """A number of variants: at least `lower` and at most `upper`; exact if they are equal."""

    lower: int
    upper: int

    @property
    def exact(self) -> bool:
        """Return whether the number is exact."""
        return self.lower == self.upper

    def __add__(self, other: Number) -> Number:
        return Number(self.lower + other.lower, self.upper + other.upper)


_NONE = Number(0, 0)


@dataclass(frozen=True, slots=True, eq=False)
class SpaceCount:
    """The counts of a space.

    `size` is the number of variants, and `skipped` the number of combinations of choices that the rules of specs
    refuse. `within` is the number of variants within all windows. `alone` has the number within each single window, by
    the name of its quantity.
    """

    size: int
    skipped: int
    within: Number
    alone: Mapping[str, Number]


@renamed(counted_by="convention")
def count_space(
    space: Space,
    windows: Sequence[tuple[Quantity, Window]] = (),
    convention: Counting = "core",
    memory: int = MEMORY,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> SpaceCount:
    """Return the number of variants within all windows, and within each single window.

    The number for one window is exact if its sums fit into `memory` bytes. The same holds for two windows, which need
    more memory. The number for three or more is exact if a setting has at most `STREAMED` variants, because they are
    visited one by one. In all other cases the answer is bounds, which come from the bounds of each window.
    """
    check_duplicates(windows)
    question = Question(space, tuple(quantity for quantity, _ in windows), convention)
    task = partial(_counted, windows=tuple(window for _, window in windows), memory=memory)
    counts = [part for part in over_chains(question, task, executor, progress, merge=_added) if part is not None]
    size, alone, within = _added(counts) if counts else (0, [_NONE] * len(windows), _NONE)
    named = {quantity.name: number for (quantity, _), number in zip(windows, alone, strict=True)}
    skipped = question.chains().assignments() - size
    return SpaceCount(size, skipped, within, named)


def about_size(space: Space) -> int:
    """Return about how many variants a space has: those of one setting, for each combination of its global choices.

    It visits one setting only, so it is fast in every space. Returns 0 if the rules refuse this setting.
    """
    chain = Question(space, ()).chains().chain(GlobalSetting({}))
    combinations = prod(len(choice.values) for choice in space.global_choices)
    return 0 if chain is None else paths_from_start(chain.links)[-1][0] * combinations


def _added(counts: Sequence[tuple[int, list[Number], Number]]) -> tuple[int, list[Number], Number]:
    """Return the sums of the numbers of several chains, or of several parts of a chain."""
    sizes, alone, within = zip(*counts, strict=True)
    return sum(sizes), [sum(numbers, _NONE) for numbers in zip(*alone, strict=True)], sum(within, _NONE)


def _counted(chain: Chain, windows: Sequence[Window], memory: int) -> tuple[int, list[Number], Number]:
    """Return the numbers of a chain's variants: all, those within each window, those within all windows."""
    size = paths_from_start(chain.links)[-1][0]
    alone = [_within(chain, row, window, memory) for row, window in enumerate(windows)]
    if not windows:
        return size, alone, Number(size, size)
    least = max(0, sum(number.lower for number in alone) - (len(alone) - 1) * size)
    within = Number(least, min(number.upper for number in alone))
    if len(windows) == 2 and not within.exact:
        exact = count_within_both(chain, (0, 1), (windows[0], windows[1]), memory)
        within = within if exact is None else Number(exact, exact)
    elif len(windows) > 2 and not within.exact and size <= STREAMED:
        exact = sum(int(np.count_nonzero(block.within(windows))) for block in blocks(chain, windows))
        within = Number(exact, exact)
    return size, alone, within


def _within(chain: Chain, row: int, window: Window, memory: int) -> Number:
    return Number(*Halves(chain, chain.costs(row), grid_size(chain, row, window, memory)).bounds(window))
