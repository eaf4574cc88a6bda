"""Find the best variants within windows, best first. The answer is exact, in spaces too large to visit.

Variants have an order: by the objective, then by the values of their choices in the order of the space: the setting of
the global choices, the stem, the blocks, the end. So of equally good variants those with the first values are returned.

Each chain is searched link by link. If it is known how well each path can end, only the first paths must be kept: as
many as variants are wanted. This holds with one limit or none, and then no other search is needed. With more limits
there are only bounds of how a path can end. This search gives variants that may not be the best, and so a sum that the
best ones reach. An exact search of the chains that can reach it follows (see `both_ends`).

For one variant, a search by prices of the windows (`cheapest`) first says how good it is, so that the exact search of
the first one as good is short. Where prices need too much memory, the exact search answers alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from mfprofile.errors import InputError, TooLargeError
from mfprofile.explore.binding import OPEN, binding, ranges
from mfprofile.explore.both_ends import first_paths
from mfprofile.explore.chain import Chain
from mfprofile.explore.cheapest import Cheapest
from mfprofile.explore.completions import NEVER, Completions, Ranking
from mfprofile.explore.least import Goal, Search, cheapest_up_to, priced
from mfprofile.explore.paths import Paths, edges_of, extended, start
from mfprofile.explore.variant import Path
from mfprofile.explore.visit import size_of
from mfprofile.explore.work import Progress, Question, over_chains
from mfprofile.spec.quantities import Window

_WIDTH = 1024  # paths that are kept at least where it is only bounded how they can end
_SHORT = 1 << 20  # bytes for the first search of the least objective
_LEAST_MEMORY = 64 << 20  # bytes that a search may use anyway


@dataclass(frozen=True, slots=True, eq=False)
class Leading:
    """A search for the `number` best variants of a question.

    The objective is the question's first quantity, maximized if `most`. `windows` has one window for each quantity, in
    the question's order. A worker uses up to `memory` bytes, or a few MiB if that is more.
    """

    most: bool
    windows: tuple[Window, ...]
    number: int
    memory: int

    @property
    def goal(self) -> Goal:
        """Return the objective as a sum to minimize."""
        return Goal(0, -1 if self.most else 1)


@dataclass(frozen=True, slots=True, eq=False)
class _First:
    """The first paths of a chain that are known: the signed objective of each, less is better, and its edges.

    If it is not `complete`, others of the chain may come before some of them; no path is below `bound`.
    """

    values: list[int]
    edges: list[tuple[int, ...]]
    bound: int = NEVER
    complete: bool = True


def leading_paths(
    question: Question, leading: Leading, executor: Executor | None = None, progress: Progress | None = None
) -> list[Path]:
    """Return the paths of the best variants, best first, fewer if there are not as many.

    Raises `InputError` if the search needs more memory than it may use.
    """
    try:
        parts = over_chains(question, partial(_searched, leading=leading), executor, progress)
        _complete(parts, question, leading, executor, progress)
    except TooLargeError:
        raise InputError(f"{question.space.name}: {_refusal(leading.number)}") from None
    return [(setting, edges) for _, setting, edges in _ranked(parts)[: leading.number]]


def _refusal(number: int) -> str:
    if number == 1:
        return "the best variant within these windows needs more memory than --ram; give more --ram or fewer windows"
    return f"the {number:,} best need more memory than --ram; give more --ram, fewer variants, or wider windows"


def _ranked(parts: Sequence[_First | None]) -> list[tuple[int, int, tuple[int, ...]]]:
    """Return the paths of all chains in their order: the value of each, the index of its chain, and its edges."""
    return sorted(
        (value, at, edges)
        for at, part in enumerate(parts)
        if part is not None
        for value, edges in zip(part.values, part.edges, strict=True)
    )


def _complete(
    parts: list[_First | None],
    question: Question,
    leading: Leading,
    executor: Executor | None,
    progress: Progress | None,
) -> None:
    """Replace the parts of the chains that are not complete, as far as they can have one of the first paths.

    Those with the least bounds are searched first, one chain, then two, four…, because others are then often excluded.
    """
    rest = [(part.bound, at) for at, part in enumerate(parts) if part is not None and not part.complete]
    rest.sort()
    number, done, of = 1, 0, len(rest)
    while rest:
        ranked = _ranked(parts)
        last = ranked[leading.number - 1] if len(ranked) >= leading.number else None
        rest = [each for each in rest if last is None or each <= last[:2]]
        now, rest = rest[:number], rest[number:]
        inputs = {at: None if last is None else last[0] for _, at in now}
        task = partial(_searched_exactly, leading=leading)
        for at, answer in zip(inputs, over_chains(question, task, executor, inputs=inputs), strict=True):
            parts[at] = answer
        number, done = 2 * number, done + len(now)
        if progress is not None:
            progress(done if rest else of, of)


def _searched(chain: Chain, leading: Leading) -> _First:
    """Return the first paths of a chain, or good ones where it is only bounded how paths can end."""
    windows = binding(leading.windows, ranges(chain))
    if windows is None:
        return _First([], [])
    ranking, prices, least = _ranking_of(chain, leading.goal, windows), None, -NEVER
    if len(list(ranking.limits())) > 1 and size_of(chain) > _WIDTH:
        search = priced(chain, leading.goal, windows)
        if (answer := _shortly(search, leading)) is not None:
            return answer
        prices, least = search[1].useful(search[0].own), search[1].bound or least
    ahead = Completions(ranking, max(leading.memory, _LEAST_MEMORY), prices)
    level = start(len(ranking.windows))
    bound = max(least, int(ahead.bounds(0, level.states, level.sums)[0]))
    width = leading.number if ahead.are_exact else max(leading.number, _WIDTH)
    levels, left_out = [], NEVER
    for at, (link, cost) in enumerate(zip(ranking.links, ranking.costs, strict=True)):
        level, least = extended(level, at, link, cost, ahead.bounds, width)
        left_out = min(left_out, least)
        levels.append(level)
    paths = _first_of(levels, leading.number, bound)
    is_sure = ahead.are_exact or left_out == NEVER
    is_sure = is_sure or (len(paths.values) == leading.number and paths.values[-1] < left_out)
    return paths if is_sure else replace(paths, complete=False)


def _shortly(search: Search, leading: Leading) -> _First | None:
    """Return what a short search shows: that no path is left, or, of one variant, how good it is; else None."""
    _, prices, limit = search
    if prices.bound is None or (limit is not None and prices.bound > limit):
        return _First([], [])
    if leading.number > 1:
        return None
    try:
        answer = cheapest_up_to(search, None, min(_SHORT, leading.memory))
    except TooLargeError:
        return None
    return _First([], []) if answer is None else _First([answer.sum], [answer.edges], answer.sum, complete=False)


def _searched_exactly(chain: Chain, reached: int | None, leading: Leading) -> _First:
    """Return the first paths of a chain among those whose signed objective is at most `reached`, if it is given.

    The least objective is searched first: with it, the search for the first path with it is short.
    """
    windows = binding(leading.windows, ranges(chain))
    assert windows is not None, "the first search saw a bound"
    search = priced(chain, leading.goal, windows)
    answer: Cheapest | None = None
    if leading.number == 1:
        try:
            answer = cheapest_up_to(search, reached, leading.memory)
            if answer is None:
                return _First([], [])
            reached = answer.sum
        except TooLargeError:
            pass
    ranking, memory = _ranking_of(chain, leading.goal, windows), max(leading.memory, _LEAST_MEMORY)
    try:
        prices = search[1].useful(search[0].own)
        lowest, highest = -NEVER if answer is None else answer.sum, NEVER if reached is None else reached
        levels = first_paths(ranking, leading.number, highest, memory, prices, lowest)
    except TooLargeError:
        if answer is None:
            raise
        return _First([answer.sum], [answer.edges])
    return _first_of(levels, leading.number, NEVER)


def _first_of(levels: Sequence[Paths], number: int, bound: int) -> _First:
    values = levels[-1].sums[0]
    order = np.argsort(values, kind="stable")[:number]
    return _First(values[order].tolist(), list(map(tuple, edges_of(levels, order).tolist())), bound)


def _ranking_of(chain: Chain, goal: Goal, windows: Sequence[Window]) -> Ranking:
    """Return the ranking of a chain's paths by a goal, the first quantity, within windows that bind or are open."""
    own = windows[0] if goal.sign > 0 else Window(*(None if side is None else -side for side in windows[0][::-1]))
    rows = [row for row, window in enumerate(windows) if row == 0 or window != OPEN]
    signs = np.array([[goal.sign if row == 0 else 1] for row in rows])
    costs = [link.costs[rows] * signs for link in chain.links]
    return Ranking(chain.links, costs, [own, *(windows[row] for row in rows[1:])])
