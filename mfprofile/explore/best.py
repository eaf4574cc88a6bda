"""The variant with the most, or the least, of a quantity within windows: exactly, or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import TypeAlias

import numpy as np

from mfprofile.explore.chain import Chain
from mfprofile.explore.front import Aim
from mfprofile.explore.join import extreme
from mfprofile.explore.labels import unbeaten
from mfprofile.explore.quantity import Quantity, refuse_twice
from mfprofile.explore.space import Space
from mfprofile.explore.stream import blocks
from mfprofile.explore.sums import paths
from mfprofile.explore.variant import Path, Variant, variants_of
from mfprofile.explore.work import MEMORY, STREAMED, Progress, Question, TooLargeError, over_chains
from mfprofile.spec.problems import InputError
from mfprofile.spec.quantities import Window
from mfprofile.spec.renamed import renamed


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """What is sought: the aim is the question's first quantity, `windows` are those of all, the aim's first."""

    most: bool
    windows: tuple[Window, ...]
    memory: int = MEMORY
    number: int = 1

    @property
    def sign(self) -> int:
        return -1 if self.most else 1


@renamed(counted_by="convention")
def best(
    space: Space,
    aim: Aim,
    windows: Sequence[tuple[Quantity, Window]] = (),
    number: int = 1,
    convention: str = "core",
    memory: int = MEMORY,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> list[Variant]:
    """Return the best variant within all windows, or the `number` best, best first; none if nothing is within.

    Of variants that are equally good always the same is told. Raises `InputError` where an exact
    answer would take more than `memory` bytes, or more than one variant is asked of a space too large to go through.
    """
    refuse_twice(windows)
    others = [(quantity, window) for quantity, window in windows if quantity.terms != aim.quantity.terms]
    own = next((window for quantity, window in windows if quantity.terms == aim.quantity.terms), Window(None, None))
    question = Question(space, (aim.quantity, *(quantity for quantity, _ in others)), convention)
    task = _Task(aim.most, (own, *(window for _, window in others)), memory, number)
    if number > 1:
        return variants_of(question, _streamed(question, task, executor, progress), executor)
    for limits in _relaxations(task.windows[1:]):
        try:
            found = _first(_relaxed(question, task, limits, executor, progress), task)
        except TooLargeError:
            break
        if found is None or _short_of(own, found[1][0], aim.most):
            return []
        if all(figure in window for figure, window in zip(found[1], task.windows, strict=True)):
            return variants_of(question, [found[0]], executor)
    return variants_of(question, _joined(question, task, executor, progress), executor)


_Limit: TypeAlias = tuple[int, int]
"""A sign, and the most that what is signed may be."""

_Answer: TypeAlias = tuple[list[int], tuple[int, ...]]
"""A path's sums in the order of the question's quantities, and its edges."""


def _first(answers: Sequence[_Answer | None], task: _Task) -> tuple[Path, list[int]] | None:
    """Return the best of the chains' answers, the first of equals: its path and its sums."""
    found = [(task.sign * answer[0][0], at, answer) for at, answer in enumerate(answers) if answer is not None]
    if not found:
        return None
    _, at, (sums, edges) = min(found, key=lambda item: item[:2])
    return (at, edges), sums


def _short_of(own: Window, figure: int, most: bool) -> bool:
    """Return whether the best there is does not come as far as the aim's own window."""
    if most:
        return own.least is not None and figure < own.least
    return own.most is not None and figure > own.most


def _relaxations(windows: Sequence[Window]) -> Iterator[list[_Limit]]:
    """Yield the windows with one side each: a sign, and the limit of what is signed.

    What is best with one side of each alone, and lies within the others too, is best within all.
    """
    sides = []
    for window in windows:
        upper = [] if window.most is None else [(1, window.most)]
        sides.append(upper + ([] if window.least is None else [(-1, -window.least)]))
    yield from (list(chosen) for chosen in product(*sides))


def _relaxed(
    question: Question, task: _Task, limits: Sequence[_Limit], executor: Executor | None, progress: Progress | None
) -> list[_Answer | None]:
    """Return the best path of each chain under one-sided limits; of chains that cannot have the best of all none.

    Of several limits each is tried alone first: that tells how good a chain can be at most, and mostly finds a path
    that keeps to the others as well; labels that cannot come up to it are dropped.
    """
    task_of = partial(_unbeaten, task=task, limits=limits)
    if len(limits) < 2:
        return over_chains(question, task_of, executor, progress)
    bounds = over_chains(question, partial(_bounds, task=task, limits=limits), executor, progress)
    known = [part[1] for part in bounds if part is not None and part[1] is not None]
    best_known = min(known, default=None)
    given = {
        at: best_known
        for at, part in enumerate(bounds)
        if part is not None and part[0] is not None and (best_known is None or part[0] <= best_known)
    }
    found = over_chains(question, task_of, executor, progress, given)
    answers: list[_Answer | None] = [None] * len(bounds)
    for at, answer in zip(given, found, strict=True):
        answers[at] = answer
    return answers


def _bounds(chain: Chain, task: _Task, limits: Sequence[_Limit]) -> tuple[int | None, int | None]:
    """Return how good a path can be by each limit alone, less being better, and how good one is that keeps to all.

    The first is None where some limit has no path, the second where none was found.
    """
    signs = np.array([task.sign, *(sign for sign, _ in limits)])
    costs = [link.costs * signs[:, None] for link in chain.links]
    most = np.array([limit for _, limit in limits])
    bound, known = None, None
    for row, (_, limit) in enumerate(limits, start=1):
        sums, edges = unbeaten(chain.links, [cost[[0, row]] for cost in costs], [None, limit], task.memory)
        if not len(edges):
            return None, None
        least = int(sums[0].min())
        bound = least if bound is None else max(bound, least)
        whole = np.sum([cost[:, edges[:, at]] for at, cost in enumerate(costs)], axis=0)
        kept = whole[0, (whole[1:] <= most[:, None]).all(axis=0)]
        if kept.size:
            known = int(kept.min()) if known is None else min(known, int(kept.min()))
    return bound, known


def _unbeaten(chain: Chain, known: int | None = None, *, task: _Task, limits: Sequence[_Limit]) -> _Answer | None:
    """Return the best path under one-sided limits, its sums and its edges; none that is worse than what is known."""
    signs = np.array([task.sign, *(sign for sign, _ in limits)])
    costs = [link.costs * signs[:, None] for link in chain.links]
    sums, edges = unbeaten(chain.links, costs, [known, *(limit for _, limit in limits)], task.memory)
    if not len(edges):
        return None
    at = int(np.argmin(sums[0]))
    return (sums[:, at] * signs).tolist(), tuple(edges[at].tolist())


def _joined(question: Question, task: _Task, executor: Executor | None, progress: Progress | None) -> list[Path]:
    """Return the best path within windows of two sides, by joining halves, or by going through all variants."""
    if len(task.windows) <= 2:
        try:
            found = _first(over_chains(question, partial(_extreme, task=task), executor, progress), task)
            return [] if found is None else [found[0]]
        except TooLargeError:
            pass
    return _streamed(question, task, executor, progress)


def _extreme(chain: Chain, task: _Task) -> _Answer | None:
    own, *others = task.windows
    rows, other = ((1, 0), others[0]) if others else ((0, 0), Window(None, None))
    found = extreme(chain, rows, (other, own), task.most, task.memory)
    return None if found is None else ([found[0]], found[1])


def _streamed(question: Question, task: _Task, executor: Executor | None, progress: Progress | None) -> list[Path]:
    """Return the best paths, best first, by going through every variant; refuses a space that is too large."""
    sizes = over_chains(Question(question.space, (), question.convention), _size, executor)
    size = sum(part or 0 for part in sizes)
    if size > STREAMED:
        raise InputError(
            f"{question.space.name}: an exact answer would go through all {size:,} variants, more than {STREAMED:,}: "
            "give windows one side each, one window besides that of the aim, more --ram, or ask for one variant"
        )
    answers = over_chains(question, partial(_leading, task=task), executor, progress)
    found = [(value, at, edges) for at, part in enumerate(answers) for value, edges in part or ()]
    found.sort(key=lambda item: item[:2])
    return [(at, edges) for _, at, edges in found[: task.number]]


def _size(chain: Chain) -> int:
    return paths(chain.links)[-1][0]


def _leading(chain: Chain, task: _Task) -> list[tuple[int, tuple[int, ...]]]:
    """Return the best paths of a chain within the windows: each what is sought, less being better, and its edges."""
    values, edges = np.zeros(0, np.int64), np.zeros((0, len(chain.links)), np.int64)
    for block in blocks(chain, task.windows):
        found = block.sums(0) * task.sign
        chosen = block.within(task.windows)
        if len(values) == task.number:
            chosen &= found < values[-1]
        if np.count_nonzero(chosen) > task.number:
            chosen &= found <= np.partition(found[chosen], task.number - 1)[task.number - 1]
        if chosen.any():
            values, edges = np.concatenate([values, found[chosen]]), np.vstack([edges, block.edges(chosen)])
            order = np.argsort(values, kind="stable")[: task.number]
            values, edges = values[order], edges[order]
    return list(zip(values.tolist(), map(tuple, edges.tolist()), strict=True))
