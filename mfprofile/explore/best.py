"""Find the best variants within windows: those with the least, or the most, of a quantity. The answer is always exact.

There are three methods, from the cheapest to the most expensive:

- label setting, with one side of each window at a time; a variant that is also within the other sides is the answer;
- a sorted join of half chains, for at most one window in addition to that of the objective;
- a visit of every variant, for spaces that are not too large, and for more than one best variant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import TypeAlias

import numpy as np

from mfprofile.cost.weights import Counting
from mfprofile.errors import InputError, TooLargeError
from mfprofile.explore.chain import Chain
from mfprofile.explore.front import Objective
from mfprofile.explore.join import extreme
from mfprofile.explore.labels import undominated_paths
from mfprofile.explore.leaders import Leading, leading_paths
from mfprofile.explore.quantity import Quantity, check_duplicates
from mfprofile.explore.space import Space
from mfprofile.explore.variant import Path, Variant, variants_of
from mfprofile.explore.visit import leaders, size_of
from mfprofile.explore.work import MEMORY, STREAMED, Progress, Question, over_chains
from mfprofile.spec.quantities import Window
from mfprofile.spec.renamed import renamed


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
    def sign(self) -> int:
        """Return the factor, 1 or -1, that makes less better."""
        return -1 if self.most else 1


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

    Of equally good variants, the same one is always returned. Raises `InputError` if the exact answer must visit every
    variant and the space is too large for that. This can happen for `number` > 1, or if the other methods need more
    than `memory` bytes.
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
    for limits in _one_sided(task.windows[1:]):
        try:
            answer = _best_answer(_best_by_labels(question, task, limits, executor, progress), task)
        except TooLargeError:
            break
        if answer is None:
            return []
        path, sums = answer
        if _misses(own, sums[0], objective.most):
            return []
        if all(figure in window for figure, window in zip(sums, task.windows, strict=True)):
            return variants_of(question, [path], executor)
    return variants_of(question, _best_by_join(question, task, executor, progress), executor)


def _several(question: Question, task: _Task, executor: Executor | None, progress: Progress | None) -> list[Path]:
    """Return the `task.number` best paths of a question, best first."""
    leading = Leading(task.most, task.windows, task.number, task.memory)
    return leading_paths(question, leading, executor, progress)


_Limit: TypeAlias = tuple[int, int]
"""A sign, 1 or -1, and the upper limit of a sum times this sign."""

_Answer: TypeAlias = tuple[list[int], tuple[int, ...]]
"""The best path of a chain: its sums, in the order of the question's quantities, and its edges."""


def _best_answer(answers: Sequence[_Answer | None], task: _Task) -> tuple[Path, list[int]] | None:
    """Return the path and the sums of the best of the chains' answers, the first one of equals."""
    candidates = [(task.sign * answer[0][0], at, answer) for at, answer in enumerate(answers) if answer is not None]
    if not candidates:
        return None
    _, at, (sums, edges) = min(candidates, key=lambda item: item[:2])
    return (at, edges), sums


def _misses(own: Window, figure: int, most: bool) -> bool:
    """Return whether even the best sum does not reach the objective's own window."""
    if most:
        return own.least is not None and figure < own.least
    return own.most is not None and figure > own.most


def _one_sided(windows: Sequence[Window]) -> Iterator[list[_Limit]]:
    """Yield each combination of one side of every window, as limits.

    A variant that is the best under such limits, and is also within the other sides, is the best within all windows.
    """
    sides = []
    for window in windows:
        upper = [] if window.most is None else [(1, window.most)]
        sides.append(upper + ([] if window.least is None else [(-1, -window.least)]))
    yield from (list(chosen) for chosen in product(*sides))


def _best_by_labels(
    question: Question, task: _Task, limits: Sequence[_Limit], executor: Executor | None, progress: Progress | None
) -> list[_Answer | None]:
    """Return the best path of each chain under one-sided limits, or None for a chain that cannot have the best of all.

    With several limits, each chain is first searched under each limit alone. This gives a bound of its best sum, and
    often a path that keeps all limits. The second search then drops labels that cannot be as good as the best such
    path.
    """
    task_of = partial(_best_of_chain, task=task, limits=limits)
    if len(limits) < 2:
        return over_chains(question, task_of, executor, progress)
    bounds = over_chains(question, partial(_bounds, task=task, limits=limits), executor, progress)
    reached = min((part[1] for part in bounds if part is not None and part[1] is not None), default=None)
    inputs = {
        at: reached
        for at, part in enumerate(bounds)
        if part is not None and part[0] is not None and (reached is None or part[0] <= reached)
    }
    results = over_chains(question, task_of, executor, progress, inputs)
    answers: list[_Answer | None] = [None] * len(bounds)
    for at, answer in zip(inputs, results, strict=True):
        answers[at] = answer
    return answers


def _bounds(chain: Chain, task: _Task, limits: Sequence[_Limit]) -> tuple[int | None, int | None]:
    """Return a bound of the best signed sum of a chain, and the best signed sum of a path that keeps all limits.

    Less is better, so the bound is a lower bound: the greatest of the bests under each limit alone. It is None if a
    limit alone excludes all paths. The second number is None if no such path was seen.
    """
    signs = np.array([task.sign, *(sign for sign, _ in limits)])
    costs = [link.costs * signs[:, None] for link in chain.links]
    most = np.array([limit for _, limit in limits])
    bound, reached = None, None
    for row, (_, limit) in enumerate(limits, start=1):
        sums, edges = undominated_paths(chain.links, [cost[[0, row]] for cost in costs], [None, limit], task.memory)
        if not len(edges):
            return None, None
        least = int(sums[0].min())
        bound = least if bound is None else max(bound, least)
        all_sums = np.sum([cost[:, edges[:, at]] for at, cost in enumerate(costs)], axis=0)
        kept = all_sums[0, (all_sums[1:] <= most[:, None]).all(axis=0)]
        if kept.size:
            reached = int(kept.min()) if reached is None else min(reached, int(kept.min()))
    return bound, reached


def _best_of_chain(
    chain: Chain, reached: int | None = None, *, task: _Task, limits: Sequence[_Limit]
) -> _Answer | None:
    """Return the best path of a chain under one-sided limits, or None if none is as good as the sum `reached`."""
    signs = np.array([task.sign, *(sign for sign, _ in limits)])
    costs = [link.costs * signs[:, None] for link in chain.links]
    sums, edges = undominated_paths(chain.links, costs, [reached, *(limit for _, limit in limits)], task.memory)
    if not len(edges):
        return None
    at = int(np.argmin(sums[0]))
    return (sums[:, at] * signs).tolist(), tuple(edges[at].tolist())


def _best_by_join(question: Question, task: _Task, executor: Executor | None, progress: Progress | None) -> list[Path]:
    """Return the best path within windows with two sides, by a join of halves, or else by a visit of all variants."""
    if len(task.windows) <= 2:
        try:
            answer = _best_answer(over_chains(question, partial(_extreme, task=task), executor, progress), task)
            return [] if answer is None else [answer[0]]
        except TooLargeError:
            pass
    return _best_by_visit(question, task, executor, progress)


def _extreme(chain: Chain, task: _Task) -> _Answer | None:
    """Return the best path of a chain by a join of its halves."""
    own, *others = task.windows
    rows, other = ((1, 0), others[0]) if others else ((0, 0), Window(None, None))
    answer = extreme(chain, rows, (other, own), task.most, task.memory)
    return None if answer is None else ([answer[0]], answer[1])


def _best_by_visit(question: Question, task: _Task, executor: Executor | None, progress: Progress | None) -> list[Path]:
    """Return the best paths, best first, by a visit of every variant.

    Raises `InputError` for a space with more than `STREAMED` variants.
    """
    sizes = over_chains(Question(question.space, (), question.convention), size_of, executor)
    size = sum(part or 0 for part in sizes)
    if size > STREAMED:
        raise InputError(
            f"{question.space.name}: an exact answer must visit all {size:,} variants, more than {STREAMED:,}; "
            "use one-sided windows, at most one window besides the objective's, more --ram, or -n 1"
        )
    answers = over_chains(
        question, partial(leaders, windows=task.windows, sign=task.sign, number=task.number), executor, progress
    )
    best_paths = [(value, at, edges) for at, part in enumerate(answers) for value, edges in part or ()]
    best_paths.sort(key=lambda item: item[:2])
    return [(at, edges) for _, at, edges in best_paths[: task.number]]
