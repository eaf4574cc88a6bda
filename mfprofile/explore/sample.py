"""Draw fair samples of the variants within windows: all sets of the same number of variants are equally likely.

Each variant has a rank, so a draw of a variant is a draw of an integer, and `Halves.paths` builds the variant. The
window with the fewest ranks is used for this. Some of its ranks belong to variants outside the windows: those just
outside this window if its sums are on a grid, and those outside another window. They are rejected, and all others stay
equally likely.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Sequence
from concurrent.futures import Executor
from functools import partial
from itertools import accumulate

import numpy as np

from mfprofile.cost.weights import Counting
from mfprofile.errors import InputError
from mfprofile.explore.chain import Chain
from mfprofile.explore.halves import Halves, grid_size
from mfprofile.explore.quantity import Quantity, quantity_of
from mfprofile.explore.space import Space
from mfprofile.explore.variant import Path, Variants, variants_of
from mfprofile.explore.work import Progress, Question, over_chains
from mfprofile.spec.quantities import Window
from mfprofile.spec.renamed import renamed

_MEMORY = 64 << 20  # bytes for exact sums; not an option, because a seed must give the same variants on every machine
_GRID_MEMORY = 1 << 30  # bytes for sums on a grid, for the same reason
_SHUFFLE_BELOW = 100_000  # up to this number, all ranks are shuffled instead of drawn one by one
_BATCH = 200_000  # ranks that are drawn at a time
_MAX_DRAWN = 3_000_000
_NO_LIMIT = (quantity_of("madds"), Window(None, None))


@renamed(counted_by="convention")
def sample_space(
    space: Space,
    number: int,
    seed: int = 0,
    windows: Sequence[tuple[Quantity, Window]] = (),
    convention: Counting = "core",
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Variants:
    """Return `number` different variants within all windows, drawn uniformly, or all of them if there are fewer.

    The same seed gives the same variants on every machine and with every executor. Raises `InputError` if too few of
    the variants within one window are within the others.
    """
    if seed < 0:  # Python's generator ignores the sign
        raise InputError(f"the seed is {seed}; it must be 0 or more")
    windows = list(windows) or [_NO_LIMIT]
    bounds = tuple(window for _, window in windows)
    question = Question(space, tuple(quantity for quantity, _ in windows), convention)
    counts = over_chains(question, partial(ranks_within, windows=bounds), executor, progress)
    totals = [[0] * len(windows) if part is None else part for part in counts]
    row = min(range(len(windows)), key=lambda at: sum(part[at] for part in totals))
    draw = _Draw([part[row] for part in totals], random.Random(seed))
    task = partial(paths_of_ranks, row=row, windows=bounds)
    paths: list[Path] = []
    while ranks := draw.more(number - len(paths), len(paths)):
        by_setting = draw.by_setting(ranks)
        inputs = {at: local_ranks for at, (_, local_ranks) in by_setting.items()}
        drawn: dict[int, Path | None] = {}
        answers = over_chains(question, task, executor, inputs=inputs)
        for (at, (setting_ranks, _)), answer in zip(by_setting.items(), answers, strict=True):
            for rank, edges in zip(setting_ranks, answer or (), strict=True):
                drawn[rank] = None if edges is None else (at, edges)
        paths += [path for rank in ranks if (path := drawn[rank]) is not None]
    return variants_of(question, paths[:number], executor)


class _Draw:
    """Draws ranks without repetition; `totals` has the number of ranks of each setting, in order."""

    def __init__(self, totals: Sequence[int], source: random.Random) -> None:
        self.upto = list(accumulate(totals))
        self.source = source
        self.total = self.upto[-1] if self.upto else 0
        self.drawn: set[int] = set()
        self.shuffled = self._shuffled() if self.total <= _SHUFFLE_BELOW else None

    def more(self, wanted: int, accepted: int) -> list[int]:
        """Return new ranks, about enough for `wanted` more variants after `accepted` of all ranks so far were accepted.

        Returns an empty list if no more variants are wanted or no ranks are left.
        """
        if wanted <= 0 or len(self.drawn) == self.total:
            return []
        if len(self.drawn) > _MAX_DRAWN:
            raise InputError(
                f"only {accepted} of {len(self.drawn):,} variants drawn within one window are within the others; "
                "use a smaller space or wider windows"
            )
        enough = 2 * wanted * (len(self.drawn) + 1) // (accepted + 1) if self.drawn else wanted
        return [self._next() for _ in range(min(enough + 10, _BATCH, self.total - len(self.drawn)))]

    def by_setting(self, ranks: Sequence[int]) -> dict[int, tuple[list[int], list[int]]]:
        """Return, for each setting with at least one of the ranks, these ranks and their ranks inside the setting."""
        groups: dict[int, tuple[list[int], list[int]]] = {}
        for rank in ranks:
            setting = bisect_right(self.upto, rank)
            setting_ranks, local_ranks = groups.setdefault(setting, ([], []))
            setting_ranks.append(rank)
            local_ranks.append(rank - (self.upto[setting - 1] if setting else 0))
        return groups

    def _next(self) -> int:
        if self.shuffled is not None:
            rank = self.shuffled[len(self.drawn)]
        else:
            rank = below(self.source, self.total)
            while rank in self.drawn:
                rank = below(self.source, self.total)
        self.drawn.add(rank)
        return rank

    def _shuffled(self) -> list[int]:
        ranks = list(range(self.total))
        for last in range(len(ranks) - 1, 0, -1):
            other = below(self.source, last + 1)
            ranks[last], ranks[other] = ranks[other], ranks[last]
        return ranks


def below(source: random.Random, bound: int) -> int:
    """Return an integer from 0 to `bound` - 1.

    It uses only random bits, which are the same for a seed in every version of Python.
    """
    bits = bound.bit_length()
    while (number := source.getrandbits(bits)) >= bound:
        pass
    return number


def _halves(chain: Chain, row: int, window: Window) -> Halves:
    return Halves(chain, chain.costs(row), grid_size(chain, row, window, _MEMORY, _GRID_MEMORY))


def ranks_within(chain: Chain, windows: Sequence[Window]) -> list[int]:
    """Return the number of ranks of a chain for each window."""
    counts = []
    for row, window in enumerate(windows):
        halves = _halves(chain, row, window)
        counts.append(halves.count(halves.grid.possible_cells(window)))
    return counts


def paths_of_ranks(
    chain: Chain, ranks: Sequence[int], row: int, windows: Sequence[Window]
) -> list[tuple[int, ...] | None]:
    """Return the edges of a chain's variants with these ranks, None for a variant outside a window.

    `row` is that of the window that gives the ranks.
    """
    halves = _halves(chain, row, windows[row])
    paths = halves.paths(halves.grid.possible_cells(windows[row]), ranks)
    sums = np.sum([link.costs[:, paths[:, at]] for at, link in enumerate(chain.links)], axis=0)
    inside = [
        all(figure in window for figure, window in zip(figures, windows, strict=True)) for figures in sums.T.tolist()
    ]
    return [tuple(edges) if kept else None for edges, kept in zip(paths.tolist(), inside, strict=True)]
