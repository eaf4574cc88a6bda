"""Find, for each window, the nearest variants below and above it. Used where no variant is within all windows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

from mfprofile.cost.weights import Counting
from mfprofile.errors import InputError
from mfprofile.explore.best import best
from mfprofile.explore.count import Number, count_space
from mfprofile.explore.front import Objective
from mfprofile.explore.quantity import Quantity
from mfprofile.explore.space import Space
from mfprofile.explore.variant import Variant
from mfprofile.explore.work import MEMORY, Progress
from mfprofile.spec.quantities import Window

_COUNT_MEMORY = 64 << 20  # bytes for a count that says which window excludes most
_Limit: TypeAlias = tuple[Quantity, Window]


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """The variants nearest to a window, among those within all other windows.

    `below` has the greatest sum below the window, `above` the least sum above it; each is None if there is no such
    variant. `known` is False if finding them needs too much memory. `left_open` names other windows that had to be left
    open, because no variant is within all of them. `excluded` is the number of variants outside this window, of several
    windows; None for a single one, which excludes all.
    """

    below: Variant | None
    above: Variant | None
    known: bool = True
    left_open: tuple[str, ...] = ()
    excluded: Number | None = None


def nearest(
    space: Space,
    windows: Sequence[tuple[Quantity, Window]],
    convention: Counting = "core",
    memory: int = MEMORY,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> dict[str, Nearest]:
    """Return the nearest variants below and above each window, by its quantity's name; the other windows must hold.

    If there are none for any of several windows, other windows are left open for the one that excludes most: those that
    exclude most first, until there are some. `progress` is called with the work done and the total of each search.
    """
    search = partial(_nearest, space, convention=convention, memory=memory, executor=executor, progress=progress)
    sides = [search(window, [*windows[:at], *windows[at + 1 :]]) for at, window in enumerate(windows)]
    if len(windows) > 1:
        excluded = [_excluded(space, window, convention, memory, executor, progress) for window in windows]
        order = sorted(range(len(windows)), key=lambda at: (-excluded[at].lower, at))
        worst, *others = (windows[at] for at in order)
        if all(side.known and side.below is side.above is None for side in sides):
            sides[order[0]] = _loosened(search, worst, others)
        sides = [replace(side, excluded=number) for side, number in zip(sides, excluded, strict=True)]
    return {quantity.name: side for (quantity, _), side in zip(windows, sides, strict=True)}


def _excluded(
    space: Space,
    window: _Limit,
    convention: Counting,
    memory: int,
    executor: Executor | None,
    progress: Progress | None,
) -> Number:
    """Return how many variants are outside a window; bounds are enough."""
    counted = count_space(space, [window], convention, min(memory, _COUNT_MEMORY), executor, progress)
    return Number(counted.size - counted.within.upper, counted.size - counted.within.lower)


def _loosened(search: Callable[[_Limit, list[_Limit]], Nearest], window: _Limit, others: Sequence[_Limit]) -> Nearest:
    """Return the nearest variants of a window with the first of the others open, as many as needed."""
    sides = Nearest(None, None)
    for number in range(1, len(others) + 1):
        names = tuple(quantity.name for quantity, _ in others[:number])
        sides = replace(search(window, list(others[number:])), left_open=names)
        if not sides.known or sides.below or sides.above:
            break
    return sides


def _nearest(
    space: Space,
    limit: _Limit,
    others: Sequence[_Limit],
    convention: Counting,
    memory: int,
    executor: Executor | None,
    progress: Progress | None,
) -> Nearest:
    """Return the variants nearest to a window within the others."""
    quantity, window = limit
    below = above = None
    try:
        if window.least is not None:
            limits = [(quantity, Window(None, window.least - 1)), *others]
            below = _best(space, Objective(quantity, True), limits, convention, memory, executor, progress)
        if window.most is not None:
            limits = [(quantity, Window(window.most + 1, None)), *others]
            above = _best(space, Objective(quantity), limits, convention, memory, executor, progress)
    except InputError:
        return Nearest(None, None, known=False)
    return Nearest(below, above)


def _best(
    space: Space,
    objective: Objective,
    windows: Sequence[tuple[Quantity, Window]],
    convention: Counting,
    memory: int,
    executor: Executor | None,
    progress: Progress | None,
) -> Variant | None:
    return next(iter(best(space, objective, windows, 1, convention, memory, executor, progress)), None)
