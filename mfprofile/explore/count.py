"""How many variants of a space lie within windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

import numpy as np

from mfprofile.explore.chain import Chain
from mfprofile.explore.halves import Halves, grid_size
from mfprofile.explore.join import within_both
from mfprofile.explore.quantity import Quantity, refuse_twice
from mfprofile.explore.space import Space
from mfprofile.explore.stream import blocks
from mfprofile.explore.sums import paths
from mfprofile.explore.work import MEMORY, STREAMED, Progress, Question, over_chains
from mfprofile.spec.quantities import Window
from mfprofile.spec.renamed import renamed


@dataclass(frozen=True, slots=True)
class Number:
    """A number of variants: exact, or at least `lower` and at most `upper`."""

    lower: int
    upper: int

    @property
    def exact(self) -> bool:
        """Return whether the number is known."""
        return self.lower == self.upper

    def __add__(self, other: Number) -> Number:
        return Number(self.lower + other.lower, self.upper + other.upper)


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """A space counted: its `size`, the combinations `left_out` since no rule allows them, and those within.

    `alone` has for each window, by its quantity's name, how many variants lie within that one.
    """

    size: int
    left_out: int
    within: Number
    alone: Mapping[str, Number]


@renamed(counted_by="convention")
def count_space(
    space: Space,
    windows: Sequence[tuple[Quantity, Window]] = (),
    convention: str = "core",
    memory: int = MEMORY,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Counted:
    """Return how many variants lie within all windows, and within each.

    One window is exact where its join takes no more than `memory` bytes, two likewise (of which more are taken), and
    three or more where the variants of a setting can be gone through; else there are bounds from those of each window.
    """
    refuse_twice(windows)
    question = Question(space, tuple(quantity for quantity, _ in windows), convention)
    task = partial(_counted, windows=tuple(window for _, window in windows), memory=memory)
    found = [part for part in over_chains(question, task, executor, progress) if part is not None]
    size = sum(part[0] for part in found)
    none = Number(0, 0)
    alone = [sum((part[1][row] for part in found), none) for row in range(len(windows))]
    named = {quantity.name: number for (quantity, _), number in zip(windows, alone, strict=True)}
    left_out = question.chains().assignments() - size
    return Counted(size, left_out, sum((part[2] for part in found), none), named)


def _counted(chain: Chain, windows: Sequence[Window], memory: int) -> tuple[int, list[Number], Number]:
    """Return a chain's variants: all, those within each window, those within all windows."""
    size = paths(chain.links)[-1][0]
    alone = [_within(chain, row, window, memory) for row, window in enumerate(windows)]
    if not windows:
        return size, alone, Number(size, size)
    least = max(0, sum(number.lower for number in alone) - (len(alone) - 1) * size)
    both = Number(least, min(number.upper for number in alone))
    if len(windows) == 2 and not both.exact:
        exact = within_both(chain, (0, 1), (windows[0], windows[1]), memory)
        both = both if exact is None else Number(exact, exact)
    elif len(windows) > 2 and not both.exact and size <= STREAMED:
        exact = sum(int(np.count_nonzero(block.within(windows))) for block in blocks(chain, windows))
        both = Number(exact, exact)
    return size, alone, both


def _within(chain: Chain, row: int, window: Window, memory: int) -> Number:
    return Number(*Halves(chain, chain.costs(row), grid_size(chain, row, window, memory)).bounds(window))
