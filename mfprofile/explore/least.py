"""Find the path of one chain with the least, or the most, of a quantity within any windows, by the cheapest method.

A search from both ends (`cheapest`) is tried first. Where it needs too much memory, a join of half chains answers for
one window besides that of the quantity itself, and a visit of each path answers for chains that are not too large.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

from mfprofile.errors import TooLargeError
from mfprofile.explore.binding import OPEN
from mfprofile.explore.chain import Chain
from mfprofile.explore.cheapest import Cheapest, cheapest
from mfprofile.explore.join import extreme
from mfprofile.explore.multipliers import Prices, best_prices
from mfprofile.explore.problem import Problem, problem_of
from mfprofile.explore.visit import leaders, size_of
from mfprofile.explore.work import STREAMED
from mfprofile.spec.quantities import Window

Search: TypeAlias = tuple[Problem, Prices, int | None]
"""A search of a goal within windows, prices of the windows, and the upper limit of the signed sum."""


class Goal(NamedTuple):
    """A sum to minimize: the quantity of a row times a sign, 1 or -1."""

    row: int
    sign: int


def own_limit(windows: Sequence[Window], goal: Goal) -> tuple[int | None, tuple[Window, ...]]:
    """Return the upper limit of the goal's signed sum, or None, and the windows without this side."""
    own = windows[goal.row]
    limit, rest = (own.most, Window(own.least, None)) if goal.sign > 0 else (own.least, Window(None, own.most))
    others = (*windows[: goal.row], rest, *windows[goal.row + 1 :])
    return None if limit is None else goal.sign * limit, others


def priced(chain: Chain, goal: Goal, windows: Sequence[Window], start: Prices | None = None) -> Search:
    """Return the search of a goal within windows, prices of the windows, and the upper limit of the signed sum.

    `start` are prices of a similar search.
    """
    limit, others = own_limit(windows, goal)
    problem = problem_of(chain, goal.row, goal.sign, others)
    return problem, best_prices(problem, start), limit


def least_within(
    chain: Chain,
    goal: Goal,
    windows: Sequence[Window],
    search: Search,
    reached: int | None,
    memory: int,
) -> Cheapest | None:
    """Return the path with the least signed sum within the windows, or None if none has a sum up to `reached`.

    `search` is that of `priced`, for the same windows: one for each quantity of the chain, without sides that do not
    bind. Raises `TooLargeError` if each method needs more than `memory` bytes.
    """
    methods = [
        partial(cheapest_up_to, search, reached, memory),
        partial(_joined, chain, goal, windows, memory),
        partial(visited, chain, goal, windows),
    ]
    for method in methods:
        try:
            return method()
        except TooLargeError:
            continue
    raise TooLargeError


def cheapest_up_to(search: Search, reached: int | None, memory: int) -> Cheapest | None:
    """Return the path with the least signed sum of a search (`priced`), or None if none has a sum up to `reached`.

    Raises `TooLargeError` if the search needs more than `memory` bytes.
    """
    problem, prices, limit = search
    return cheapest(problem, prices, min((each for each in (limit, reached) if each is not None), default=None), memory)


def _joined(chain: Chain, goal: Goal, windows: Sequence[Window], memory: int) -> Cheapest | None:
    """Return the best path by a join of the chain's halves; raise `TooLargeError` for more than two windows."""
    rows = [row for row, window in enumerate(windows) if row != goal.row and window != OPEN]
    if len(rows) > 1:
        raise TooLargeError
    other = rows[0] if rows else goal.row
    limits = (windows[other] if rows else OPEN, windows[goal.row])
    answer = extreme(chain, (other, goal.row), limits, goal.sign < 0, memory)
    return None if answer is None else Cheapest(goal.sign * answer[0], answer[1])


def visited(chain: Chain, goal: Goal, windows: Sequence[Window]) -> Cheapest | None:
    """Return the best path by a visit of each path; raise `TooLargeError` for more than `STREAMED`."""
    if size_of(chain) > STREAMED:
        raise TooLargeError
    best_paths = leaders(chain, windows, goal.sign, 1, goal.row)
    return Cheapest(*best_paths[0]) if best_paths else None
