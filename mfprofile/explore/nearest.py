"""Find, for each window, the nearest variants below and above it. Used where no variant is within all windows."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from mfprofile.cost.weights import Counting
from mfprofile.errors import InputError
from mfprofile.explore.best import best
from mfprofile.explore.front import Objective
from mfprofile.explore.quantity import Quantity
from mfprofile.explore.space import Space
from mfprofile.explore.variant import Variant
from mfprofile.explore.work import MEMORY
from mfprofile.spec.quantities import Window


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """The variants nearest to a window, among those within all other windows.

    `below` has the greatest sum below the window, `above` the least sum above it; each is None if there is no such
    variant. `known` is False if finding them needs too much memory.
    """

    below: Variant | None
    above: Variant | None
    known: bool = True


def nearest(
    space: Space,
    windows: Sequence[tuple[Quantity, Window]],
    convention: Counting = "core",
    memory: int = MEMORY,
    executor: Executor | None = None,
) -> dict[str, Nearest]:
    """Return the nearest variants below and above each window, by its quantity's name; the other windows must hold."""
    sides = {}
    for at, (quantity, window) in enumerate(windows):
        others = [*windows[:at], *windows[at + 1 :]]
        below = above = None
        try:
            if window.least is not None:
                limits = [(quantity, Window(None, window.least - 1)), *others]
                below = _best(space, Objective(quantity, True), limits, convention, memory, executor)
            if window.most is not None:
                limits = [(quantity, Window(window.most + 1, None)), *others]
                above = _best(space, Objective(quantity), limits, convention, memory, executor)
            sides[quantity.name] = Nearest(below, above)
        except InputError:
            sides[quantity.name] = Nearest(None, None, known=False)
    return sides


def _best(
    space: Space,
    objective: Objective,
    windows: Sequence[tuple[Quantity, Window]],
    convention: Counting,
    memory: int,
    executor: Executor | None,
) -> Variant | None:
    return next(iter(best(space, objective, windows, 1, convention, memory, executor)), None)
