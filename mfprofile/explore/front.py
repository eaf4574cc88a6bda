"""Find the exact Pareto front of two or three quantities over a whole space, within any windows.

A front of two quantities comes from label setting along the chains. Where windows of other quantities bind, or lower
limits of what is minimized, the points that this leaves open are found one by one (`sweep`). A front of three
quantities comes from label setting alone, with a row for each side of a window.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, TypeAlias

import numpy as np

from mfprofile.cost.weights import Counting
from mfprofile.errors import InputError, TooLargeError
from mfprofile.explore.binding import OPEN, binding, ranges
from mfprofile.explore.chain import Chain
from mfprofile.explore.edges import Integers
from mfprofile.explore.labels import undominated, undominated_paths
from mfprofile.explore.least import Goal, own_limit
from mfprofile.explore.quantity import Quantity, check_duplicates
from mfprofile.explore.space import Space
from mfprofile.explore.sweep import is_covered, relaxed_front, swept_front
from mfprofile.explore.variant import Variants, variants_of
from mfprofile.explore.visit import size_of, visited_front
from mfprofile.explore.work import MEMORY, Progress, Question, over_chains
from mfprofile.spec.quantities import Window
from mfprofile.spec.renamed import renamed

_SMALL = 1 << 15  # up to this number, the variants of a setting are visited one by one

_Point: TypeAlias = tuple[list[int], tuple[int, ...]]
"""A point of a front: its signed sums, and the edges of one path with them."""


@dataclass(frozen=True, slots=True, eq=False)
class Objective:
    """An objective: a quantity to minimize, or to maximize if `most`."""

    quantity: Quantity
    most: bool = False

    @property
    def sign(self) -> int:
        """Return the factor, 1 or -1, that makes less better."""
        return -1 if self.most else 1


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """A search for a front: the signs of the question's first quantities, and a window for each of its quantities."""

    signs: tuple[int, ...]
    windows: tuple[Window, ...]
    memory: int


class _Part(NamedTuple):
    """Points of a setting's front within the windows.

    If there can be others, each of them is dominated by, or equal to, one of the points `open` (signed sums, 2 ×
    points), which are not all within the windows.
    """

    points: list[_Point]
    open: Integers | None = None


@renamed(counted_by="convention")
def front(
    space: Space,
    objectives: Sequence[Objective],
    windows: Sequence[tuple[Quantity, Window]] = (),
    convention: Counting = "core",
    memory: int = MEMORY,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Variants:
    """Return the variants within all windows that no other there dominates, sorted by the first of the objectives.

    There are two or three objectives. Of variants with the same sums in all of them, one is returned, always the same
    one. Raises `InputError` if the search needs more than `memory` bytes.
    """
    check_duplicates(windows)
    by_terms = {quantity.terms: window for quantity, window in windows}
    goals = [objective.quantity for objective in objectives]
    others = [quantity for quantity, _ in windows if quantity.terms not in {goal.terms for goal in goals}]
    question = Question(space, (*goals, *others), convention)
    limits = tuple(by_terms.get(quantity.terms, OPEN) for quantity in question.quantities)
    task = _Task(tuple(objective.sign for objective in objectives), limits, memory)
    try:
        points = _points(question, task, executor, progress)
    except TooLargeError:
        raise InputError(
            f"{space.name}: the front needs more memory than --ram; give more --ram, fewer windows, or {_fewer(goals)}"
        ) from None
    names = [goal.name for goal in goals]
    if not points:
        return Variants((), convention, names)
    kept = [points[at] for at in undominated(np.array([sums for _, (sums, _) in points]).T).tolist()]
    return variants_of(question, [(setting, edges) for setting, (_, edges) in kept], executor, names)


def _fewer(goals: Sequence[Quantity]) -> str:
    return "quantities that do not grow together" if len(goals) == 2 else "two quantities"


def _points(
    question: Question, task: _Task, executor: Executor | None, progress: Progress | None
) -> list[tuple[int, _Point]]:
    """Return points within all windows, each with the index of its setting; the whole front is among them."""
    parts = over_chains(question, partial(_first_search, task=task), executor, progress)
    points = [(at, point) for at, part in enumerate(parts) if part is not None for point in part.points]
    waiting = _promising_first({at: part.open for at, part in enumerate(parts) if part and part.open is not None})
    size = 1
    while waiting:  # each batch has twice the settings of the last one, and knows the points of all before
        known = np.array([sums for _, (sums, _) in points] or np.zeros((0, 2)), np.int64).T
        known = known[:, undominated(known)]
        waiting = {at: bound for at, bound in waiting.items() if not is_covered(known, bound).all()}
        batch = dict.fromkeys([*waiting][:size], known)
        more = over_chains(question, partial(_full_search, task=task), executor, progress, batch)
        points += [(at, point) for at, part in zip(batch, more, strict=True) for point in part or ()]
        waiting = {at: bound for at, bound in waiting.items() if at not in batch}
        size *= 2
    return sorted(points, key=lambda each: each[0])


def _promising_first(waiting: dict[int, Integers]) -> dict[int, Integers]:
    """Return the bounds of settings in another order: first that with the most points that no other covers."""
    if not waiting:
        return {}
    owners = np.repeat([*waiting], [bound.shape[1] for bound in waiting.values()])
    kept = owners[undominated(np.hstack([*waiting.values()]))]
    return dict(sorted(waiting.items(), key=lambda item: -np.count_nonzero(kept == item[0])))


def _first_search(chain: Chain, task: _Task) -> _Part | None:
    """Return the points of a chain's front that a short search shows, or None if no path is within the windows."""
    windows = binding(task.windows, ranges(chain))
    if windows is None:
        return None
    if size_of(chain) <= _SMALL:
        return _Part(_listed(*visited_front(chain, windows, task.signs)))
    if len(task.signs) == 3:
        return _Part(_labelled(chain, windows, task))
    points, inside = relaxed_front(chain, (task.signs[0], task.signs[1]), windows, task.memory)
    kept = points.select(np.flatnonzero(inside))
    return _Part(_listed(kept.sums, kept.edges), None if inside.all() else points.sums)


def _full_search(chain: Chain, known: Integers, *, task: _Task) -> list[_Point]:
    """Return the points of a chain's front that none of the `known` points dominates."""
    windows = binding(task.windows, ranges(chain))
    assert windows is not None, "the first search saw points"
    return swept_front(chain, (task.signs[0], task.signs[1]), windows, known, task.memory)


def _labelled(chain: Chain, windows: Sequence[Window], task: _Task) -> list[_Point]:
    """Return the points of a chain's front by label setting, with a row for each side of a window."""
    rows = [(row, sign) for row, sign in enumerate(task.signs)]
    limits = [own_limit(windows, Goal(*row))[0] for row in rows]
    for row, window in enumerate(windows):
        for sign, side in ((1, window.most), (-1, window.least)):
            if side is not None and (row, sign) not in rows:
                rows.append((row, sign))
                limits.append(sign * side)
    costs = [np.array([sign * link.costs[row] for row, sign in rows]) for link in chain.links]
    sums, edges = undominated_paths(chain.links, costs, limits, task.memory)
    kept = undominated(sums[: len(task.signs)])
    return _listed(sums[: len(task.signs), kept], edges[kept])


def _listed(sums: Integers, edges: Integers) -> list[_Point]:
    return list(zip(sums.T.tolist(), map(tuple, edges.tolist()), strict=True))
