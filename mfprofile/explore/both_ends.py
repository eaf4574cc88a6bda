"""Find the first paths of a chain within several windows, by searches from both ends that meet.

Paths from the start and suffixes from the end are extended in turn, those that are fewer first. One is dropped if it
cannot end, or begin, within the windows and with a sum that is known to be reached. Of suffixes from the same width,
one is dropped if another can replace it everywhere. Where the two searches meet, it is known how well each path can
end. From there on only the first paths are kept, as many as variants are wanted.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mfprofile.errors import TooLargeError
from mfprofile.explore.completions import NEVER, Completions, Ranking, of_each_state
from mfprofile.explore.edges import Integers
from mfprofile.explore.fitting import least_fitting
from mfprofile.explore.labels import undominated
from mfprofile.explore.multipliers import Prices
from mfprofile.explore.paths import Paths, extended, first, start

_COPIES = 3  # copies of sums while they are collected and sorted
_AT_ONCE = 1 << 10  # paths whose ends are searched first; then twice as many, and so on
_MANY = 1 << 18  # paths, from which on equal sums are looked for


def first_paths(
    ranking: Ranking, number: int, reached: int, memory: int, prices: Prices | None = None, lowest: int = -NEVER
) -> list[Paths]:
    """Return the levels (see `paths.edges_of`) of a search whose last one has the first `number` paths, in their order.

    Paths whose objective is more than `reached` are left out. `prices` of the windows exclude more, sooner.
    No objective is below `lowest`. Raises `TooLargeError` if more than `memory` bytes are needed.
    """
    ahead, behind = Completions(ranking, memory // 4, prices), _Suffixes(ranking, reached, memory // 4, prices)
    levels = [start(len(ranking.windows))]
    while len(levels) <= behind.begin:
        at = len(levels) - 1
        link, cost = ranking.links[at], ranking.costs[at]
        degrees = np.bincount(link.source, minlength=int(levels[-1].states.max(initial=0)) + 1)
        more = int(degrees[levels[-1].states].sum())
        used = _COPIES * more * (len(ranking.windows) + 3) + 2 * sum(level.count for level in levels)  # integers
        if behind.next_count() < more or 8 * used > memory // 2:
            behind.extend()
            continue
        paths, _ = extended(levels[-1], at, link, cost, ahead.bounds, None, reached)
        levels[-1] = levels[-1].without_sums()
        levels.append(paths.select(_first_of_equal(paths, ranking, number)) if paths.count > _MANY else paths)
    begin = start(len(ranking.windows))
    lowest = max(lowest, int(ahead.bounds(0, begin.states, begin.sums)[0]))
    bounds = _ends(behind, levels[-1], number, lowest)
    able = np.flatnonzero((bounds < NEVER) & (bounds <= reached))
    levels[-1] = levels[-1].select(able[first(bounds[able], number)])
    for at in range(behind.begin, len(ranking.links)):
        link, cost = ranking.links[at], ranking.costs[at]
        levels.append(extended(levels[-1], at, link, cost, behind.bounds, number, reached)[0])
    return levels[1:]


def _ends(behind: _Suffixes, paths: Paths, number: int, lowest: int) -> Integers:
    """Return the least objective with which each path can end, up to the path that makes `number` the `lowest` one."""
    pieces, at, size = [np.zeros(0, np.int64)], 0, _AT_ONCE
    while at < paths.count and sum(np.count_nonzero(piece <= lowest) for piece in pieces) < number:
        some = slice(at, at + size)
        pieces.append(behind.bounds(behind.begin, paths.states[some], paths.sums[:, some]))
        at, size = at + size, 2 * size
    return np.concatenate(pieces)


def _first_of_equal(paths: Paths, ranking: Ranking, number: int) -> Integers:
    """Return the indices of the paths of which fewer than `number` others come first and can replace them.

    These have the same width, the same sums in the limited quantities, and no greater objective.
    """
    keys = np.vstack([paths.states, paths.sums[_key_rows(ranking)]])
    order = np.lexsort([paths.sums[0], *keys])
    starts = np.flatnonzero(_new(keys[:, order]))
    sizes = np.diff(np.concatenate([starts, [len(order)]]))
    place = np.arange(len(order)) - np.repeat(starts, sizes)
    return np.sort(order[place < number])


def _new(columns: Integers) -> npt.NDArray[np.bool_]:
    """Return which columns differ from the one before them."""
    return np.concatenate([[True], (columns[:, 1:] != columns[:, :-1]).any(axis=0)])[: columns.shape[1]]


def _key_rows(ranking: Ranking) -> list[int]:
    """Return the rows of the limited quantities."""
    return [*([0] if ranking.windows[0].least is not None else []), *range(1, len(ranking.windows))]


class _Suffixes:
    """The suffixes of a ranking's paths, from the end to link `begin`, that no other can replace."""

    def __init__(self, ranking: Ranking, reached: int, memory: int, prices: Prices | None) -> None:
        self.ranking, self.reached = ranking, reached
        self.before = Completions(ranking.reversed(), memory, prices)
        self.room = memory // (_COPIES * 8 * (len(ranking.windows) + 1))
        self.begin = len(ranking.links)
        self.levels: dict[int, list[Integers]] = {self.begin: [np.zeros((len(ranking.windows), 1), np.int64)]}

    def next_count(self) -> int:
        """Return the number of suffixes after the next extension, before any is dropped."""
        counts = np.array([sums.shape[1] for sums in self.levels[self.begin]])
        return int(counts[self.ranking.links[self.begin - 1].target].sum())

    def extend(self) -> None:
        """Extend the suffixes by the link before them."""
        at = self.begin - 1
        link, cost = self.ranking.links[at], self.ranking.costs[at]
        after = self.levels[self.begin]
        level: list[Integers] = []
        for state in range(self.ranking.links[at - 1].states if at else 1):
            edges = np.flatnonzero(link.source == state).tolist()
            targets = [int(link.target[edge]) for edge in edges]
            used = sum(sums.shape[1] for sums in level) + sum(after[target].shape[1] for target in targets)
            if used > self.room:
                raise TooLargeError
            pieces = [after[target] + cost[:, edge, None] for edge, target in zip(edges, targets, strict=True)]
            sums = np.hstack([after[0][:, :0], *pieces])
            bounds = self.before.bounds(len(self.ranking.links) - at, np.full(sums.shape[1], state), sums)
            level.append(self._kept(sums[:, (bounds < NEVER) & (bounds <= self.reached)]))
        self.room -= sum(sums.shape[1] for sums in level)
        self.levels[at], self.begin = level, at

    def _kept(self, sums: Integers) -> Integers:
        """Return the suffixes from one width that no other can replace, in rising order of the objective."""
        signs = _signs(self.ranking)
        if signs is not None:
            return sums[:, undominated(sums * signs[:, None])]
        keys = sums[_key_rows(self.ranking)]
        order = np.lexsort([sums[0], *keys])
        kept = sums[:, order[_new(keys[:, order])]]
        return kept[:, np.argsort(kept[0], kind="stable")]

    def bounds(self, at: int, states: Integers, sums: Integers) -> Integers:
        """Return the least objective with which each path can end within the windows, or `NEVER`."""
        bounds = np.full(len(states), NEVER)
        for state, here in of_each_state(states):
            bounds[here] = least_fitting(sums[:, here], self.levels[at][state], self.ranking.windows)
        return bounds


def _signs(ranking: Ranking) -> Integers | None:
    """Return the signs of the sums with which less is better in each; None if a window needs an amount in between."""
    own, *others = ranking.windows
    if own.least is not None or any(None not in window for window in others):
        return None
    return np.array([1, *(1 if window.least is None else -1 for window in others)])
