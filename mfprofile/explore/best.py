"""Find the best variants within windows, with the least or the most of a quantity. The answer is always exact."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor

from mfprofile.cost.weights import Counting
from mfprofile.explore.front import Objective
from mfprofile.explore.leaders import Leading, leading_paths
from mfprofile.explore.quantity import Quantity, check_duplicates
from mfprofile.explore.space import Space
from mfprofile.explore.variant import Variants, variants_of
from mfprofile.explore.work import MEMORY, Progress, Question
from mfprofile.spec.quantities import Window
from mfprofile.spec.renamed import renamed


@renamed(counted_by="convention")
def best(
    space: Space,
    objective: Objective,
    windows: Sequence[tuple[Quantity, Window]] = (),
    number: int = 1,
    convention: Counting = "core",
    memory: int = MEMORY,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Variants:
    """Return the best variant within all windows, or the `number` best, best first; an empty list if none is within.

    Of equally good variants, the same ones are always returned. Raises `InputError` if the search needs more than
    `memory` bytes.
    """
    check_duplicates(windows)
    others = [(quantity, window) for quantity, window in windows if quantity.terms != objective.quantity.terms]
    own = next(
        (window for quantity, window in windows if quantity.terms == objective.quantity.terms), Window(None, None)
    )
    question = Question(space, (objective.quantity, *(quantity for quantity, _ in others)), convention)
    leading = Leading(objective.most, (own, *(window for _, window in others)), number, memory)
    paths = leading_paths(question, leading, executor, progress)
    return variants_of(question, paths, executor, [objective.quantity.name])
