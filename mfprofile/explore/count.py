"""Count the variants of a space within windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from math import prod
from typing import NamedTuple

import numpy as np

from mfprofile.cost.weights import Counting
from mfprofile.explore.binding import OPEN, binding, ranges
from mfprofile.explore.chain import Chain
from mfprofile.explore.halves import Halves, grid_size
from mfprofile.explore.join import count_within_both
from mfprofile.explore.quantity import Quantity, check_duplicates
from mfprofile.explore.settings import GlobalSetting
from mfprofile.explore.space import Space
from mfprofile.explore.stream import blocks
from mfprofile.explore.visit import size_of
from mfprofile.explore.work import MEMORY, STREAMED, Progress, Question, over_chains
from mfprofile.notebook import shown_as
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
_JOIN = 10  # how much longer the join of two sums takes than the sums of one


class Asked(NamedTuple):
    """What was counted: the space, the windows and the convention of their multiply-adds."""

    space: Space
    windows: Sequence[tuple[Quantity, Window]]
    convention: Counting


@dataclass(frozen=True, slots=True, eq=False)
class SpaceCount:
    """The counts of a space.

    `size` is the number of variants, and `skipped` the number of combinations of choices that the rules of specs
    refuse. `within` is the number of variants within all windows. `alone` has the number within each single window, by
    the name of its quantity. Settings of the globals whose number within all windows is not exact are `undecided`, by
    their indices; all others have `certain` variants within the windows. `asked` is what was counted.
    """

    size: int
    skipped: int
    within: Number
    alone: Mapping[str, Number]
    undecided: tuple[int, ...] = ()
    certain: int = 0
    asked: Asked | None = field(default=None, repr=False)

    _repr_html_ = shown_as("space_count")


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

    Windows that all variants of a setting keep, or none, do not count there. The number for one window is exact if its
    sums fit into `memory` bytes. The same holds for two windows, which need more memory. Where three or more windows
    bind in a setting, the number is exact if it has at most `STREAMED` variants, because they are visited one by one.
    In all other cases the answer is bounds, which come from the bounds of each window.
    """
    check_duplicates(windows)
    question = Question(space, tuple(quantity for quantity, _ in windows), convention)
    task = partial(_counted, windows=tuple(window for _, window in windows), memory=memory)
    effort = 1 if len(windows) < 2 else _JOIN
    answers = over_chains(question, task, executor, progress, merge=_added, effort=effort)
    counts = [part for part in answers if part is not None]
    size, alone, within = _added(counts) if counts else (0, [_NONE] * len(windows), _NONE)
    named = {quantity.name: number for (quantity, _), number in zip(windows, alone, strict=True)}
    skipped = question.chains().assignments() - size
    undecided = tuple(at for at, part in enumerate(answers) if part is not None and not part[2].exact)
    certain = sum(part[2].lower for part in counts if part[2].exact)
    return SpaceCount(size, skipped, within, named, undecided, certain, Asked(space, windows, convention))


def about_size(space: Space) -> int:
    """Return about how many variants a space has: those of one setting, for each combination of its global choices.

    It visits one setting only, so it is fast in every space. Returns 0 if the rules refuse this setting.
    """
    chain = Question(space, ()).chains().chain(GlobalSetting({}))
    combinations = prod(len(choice.values) for choice in space.global_choices)
    return 0 if chain is None else size_of(chain) * combinations


def _added(counts: Sequence[tuple[int, list[Number], Number]]) -> tuple[int, list[Number], Number]:
    """Return the sums of the numbers of several chains, or of several parts of a chain."""
    sizes, alone, within = zip(*counts, strict=True)
    return sum(sizes), [sum(numbers, _NONE) for numbers in zip(*alone, strict=True)], sum(within, _NONE)


def _counted(chain: Chain, windows: Sequence[Window], memory: int) -> tuple[int, list[Number], Number]:
    """Return the numbers of a chain's variants: all, those within each window, those within all windows."""
    size, reach = size_of(chain), ranges(chain)
    alone = []
    for row, window in enumerate(windows):
        binds = binding([window], reach[row:])
        alone.append(Number(0, 0) if binds is None else _within(chain, row, binds[0], memory, size))
    binds = binding(windows, reach)
    if binds is None:
        return size, alone, Number(0, 0)
    rows = [row for row, window in enumerate(binds) if window != OPEN]
    least = max(0, sum(alone[row].lower for row in rows) - (len(rows) - 1) * size)
    within = Number(min(least, size), min((alone[row].upper for row in rows), default=size))
    return size, alone, within if within.exact else _within_all(chain, rows, binds, memory, within)


def _within(chain: Chain, row: int, window: Window, memory: int, size: int) -> Number:
    if window == OPEN:
        return Number(size, size)
    return Number(*Halves(chain, chain.costs(row), grid_size(chain, row, window, memory)).bounds(window))


def _within_all(chain: Chain, rows: Sequence[int], windows: Sequence[Window], memory: int, bounds: Number) -> Number:
    """Return the number of variants within the windows of several rows, or the bounds if it needs too much."""
    exact: int | None = None
    if len(rows) == 2:
        exact = count_within_both(chain, (rows[0], rows[1]), (windows[rows[0]], windows[rows[1]]), memory)
    elif len(rows) > 2 and size_of(chain) <= STREAMED:
        exact = sum(int(np.count_nonzero(block.within(windows))) for block in blocks(chain, windows))
    return bounds if exact is None else Number(exact, exact)
