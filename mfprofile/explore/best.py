"""Find the best variants within windows: those with the least, or the most, of a quantity. The answer is always exact.

Windows are first simplified by setting of the globals. Then each setting is searched from both ends of its chain, with
bounds by prices of the windows (`cheapest`). The first search gives up early, so that easy settings give a good answer
soon; the second one searches only the settings whose bound is not worse than that answer (`least`).
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from mfprofile.cost.weights import Counting
from mfprofile.errors import InputError, TooLargeError
from mfprofile.explore.binding import binding, ranges
from mfprofile.explore.chain import Chain
from mfprofile.explore.cheapest import Cheapest, cheapest
from mfprofile.explore.front import Objective
from mfprofile.explore.leaders import Leading, leading_paths
from mfprofile.explore.least import Goal, least_within, priced, visited
from mfprofile.explore.quantity import Quantity, check_duplicates
from mfprofile.explore.space import Space
from mfprofile.explore.variant import Path, Variant, variants_of
from mfprofile.explore.visit import size_of
from mfprofile.explore.work import MEMORY, Progress, Question, over_chains
from mfprofile.spec.quantities import Window
from mfprofile.spec.renamed import renamed

_SMALL = 1 << 13  # up to this number, the variants of a setting are visited one by one
_SHORT = 1 << 20  # bytes for the first search of a setting


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """A search for the `number` best variants of a question.

    The objective is the question's first quantity, maximized if `most`. `windows` has one window for each quantity, in
    the question's order.
    """

    most: bool
    windows: tuple[Window, ...]
    memory: int = MEMORY
    number: int = 1

    @property
    def goal(self) -> Goal:
        """Return the objective as a sum to minimize."""
        return Goal(0, -1 if self.most else 1)


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
) -> list[Variant]:
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
    task = _Task(objective.most, (own, *(window for _, window in others)), memory, number)
    if number > 1:
        return variants_of(question, _several(question, task, executor, progress), executor)
    try:
        path = _best(question, task, executor, progress)
    except TooLargeError:
        raise InputError(
            f"{space.name}: the best variant within these windows needs more memory than --ram; give more --ram or "
            "fewer windows"
        ) from None
    return variants_of(question, [] if path is None else [path], executor)


def _several(question: Question, task: _Task, executor: Executor | None, progress: Progress | None) -> list[Path]:
    """Return the `task.number` best paths of a question, best first."""
    leading = Leading(task.most, task.windows, task.number, task.memory)
    return leading_paths(question, leading, executor, progress)


class _Part(NamedTuple):
    """What the first search knows of a setting: a lower bound of its signed sums, and its best path if it is known."""

    bound: int
    answer: Cheapest | None


def _best(question: Question, task: _Task, executor: Executor | None, progress: Progress | None) -> Path | None:
    """Return the best path of a question, the first one of equals, or None if no path is within the windows."""
    parts = over_chains(question, partial(_first_search, task=task), executor, progress)
    answers = {at: part.answer for at, part in enumerate(parts) if part is not None and part.answer is not None}
    reached = min((answer.sum for answer in answers.values()), default=None)
    waiting = {
        at: reached
        for at, part in enumerate(parts)
        if part is not None and part.answer is None and (reached is None or part.bound <= reached)
    }
    if waiting:
        later = over_chains(question, partial(_full_search, task=task), executor, progress, waiting)
        answers |= {at: answer for at, answer in zip(waiting, later, strict=True) if answer is not None}
    if not answers:
        return None
    at = min(answers, key=lambda each: (answers[each].sum, each))
    return at, answers[at].edges


def _first_search(chain: Chain, task: _Task) -> _Part | None:
    """Return what a short search shows of a chain, or None if no path is within the windows."""
    windows = binding(task.windows, ranges(chain))
    if windows is None:
        return None
    if size_of(chain) <= _SMALL:
        answer = visited(chain, task.goal, windows)
        return None if answer is None else _Part(answer.sum, answer)
    problem, prices, limit = priced(chain, task.goal, windows)
    if prices.bound is None or (limit is not None and prices.bound > limit):
        return None
    try:
        answer = cheapest(problem, prices, limit, min(_SHORT, task.memory))
    except TooLargeError:
        return _Part(prices.bound, None)
    return None if answer is None else _Part(prices.bound, answer)


def _full_search(chain: Chain, reached: int | None, *, task: _Task) -> Cheapest | None:
    """Return the best path of a chain within the windows, or None if none is as good as the signed sum `reached`."""
    windows = binding(task.windows, ranges(chain))
    assert windows is not None, "the first search saw a bound"
    return least_within(chain, task.goal, windows, priced(chain, task.goal, windows), reached, task.memory)
