"""Fair samples of the variants within windows: each set of so many variants is as likely as any other.

Variants have ranks, so that drawing one is drawing a whole number. Where the sums are on a grid some ranks belong to
variants that lie just outside: those are thrown away, as are those outside of a second window, which leaves the others
as likely as before.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Sequence
from concurrent.futures import Executor
from functools import partial
from itertools import accumulate

import numpy as np

from mfprofile.explore.chain import Chain
from mfprofile.explore.halves import Halves, grid_size
from mfprofile.explore.quantity import Quantity, quantity_of
from mfprofile.explore.space import Space
from mfprofile.explore.variant import Path, Variant, variants_of
from mfprofile.explore.work import Progress, Question, over_chains
from mfprofile.spec.problems import InputError
from mfprofile.spec.quantities import Window
from mfprofile.spec.renamed import renamed

_MEMORY = 64 << 20  # of exact sums; no option, since the same seed is to give the same variants on every machine
_FEW = 100_000  # so many ranks are shuffled instead of drawn
_BATCH = 200_000
_MOST_DRAWN = 3_000_000
_ANYTHING = (quantity_of("madds"), Window(None, None))


@renamed(counted_by="convention")
def sample_space(
    space: Space,
    number: int,
    seed: int = 0,
    windows: Sequence[tuple[Quantity, Window]] = (),
    convention: str = "core",
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> list[Variant]:
    """Return `number` different variants within all windows, drawn uniformly; all of them where there are no more.

    The same seed gives the same variants on every machine and by every executor. Raises `InputError` where so few
    variants of one window are within the others that drawing does not find them.
    """
    windows = list(windows) or [_ANYTHING]
    bounds = tuple(window for _, window in windows)
    question = Question(space, tuple(quantity for quantity, _ in windows), convention)
    found = over_chains(question, partial(_totals, windows=bounds), executor, progress)
    totals = [[0] * len(windows) if part is None else part for part in found]
    row = min(range(len(windows)), key=lambda at: sum(part[at] for part in totals))
    draw = _Draw([part[row] for part in totals], random.Random(seed))
    task = partial(_followed, row=row, windows=bounds)
    paths: list[Path] = []
    while ranks := draw.more(number - len(paths), len(paths)):
        by_setting = draw.by_setting(ranks)
        given = {at: inner for at, (_, inner) in by_setting.items()}
        drawn: dict[int, Path | None] = {}
        for (at, (outer, _)), answer in zip(
            by_setting.items(), over_chains(question, task, executor, given=given), strict=True
        ):
            drawn |= {
                rank: None if edges is None else (at, edges) for rank, edges in zip(outer, answer or (), strict=True)
            }
        paths += [path for rank in ranks if (path := drawn[rank]) is not None]
    return variants_of(question, paths[:number], executor)


class _Draw:
    """Draws ranks without repetition: `totals` are how many each setting of the globals has."""

    def __init__(self, totals: Sequence[int], source: random.Random) -> None:
        self.upto = list(accumulate(totals))
        self.source = source
        self.total = self.upto[-1] if self.upto else 0
        self.drawn: set[int] = set()
        self.shuffled = self._shuffled() if self.total <= _FEW else None

    def more(self, wanted: int, accepted: int) -> list[int]:
        """Return enough ranks for so many variants, by the share of ranks that were accepted so far."""
        if wanted <= 0 or len(self.drawn) == self.total:
            return []
        if len(self.drawn) > _MOST_DRAWN:
            raise InputError(
                f"of {len(self.drawn):,} variants drawn within one window only {accepted} are within the others: "
                "narrow the space, or widen the windows"
            )
        enough = 2 * wanted * (len(self.drawn) + 1) // (accepted + 1) if self.drawn else wanted
        return [self._next() for _ in range(min(enough + 10, _BATCH, self.total - len(self.drawn)))]

    def by_setting(self, ranks: Sequence[int]) -> dict[int, tuple[list[int], list[int]]]:
        """Return, for each setting that has any of the ranks, those ranks and the same from that setting's start."""
        found: dict[int, tuple[list[int], list[int]]] = {}
        for rank in ranks:
            setting = bisect_right(self.upto, rank)
            outer, inner = found.setdefault(setting, ([], []))
            outer.append(rank)
            inner.append(rank - (self.upto[setting - 1] if setting else 0))
        return found

    def _next(self) -> int:
        if self.shuffled is not None:
            rank = self.shuffled[len(self.drawn)]
        else:
            rank = self._below(self.total)
            while rank in self.drawn:
                rank = self._below(self.total)
        self.drawn.add(rank)
        return rank

    def _below(self, bound: int) -> int:
        """Return a whole number below `bound` from random bits alone, which every Python draws alike."""
        bits = bound.bit_length()
        while (number := self.source.getrandbits(bits)) >= bound:
            pass
        return number

    def _shuffled(self) -> list[int]:
        ranks = list(range(self.total))
        for last in range(len(ranks) - 1, 0, -1):
            other = self._below(last + 1)
            ranks[last], ranks[other] = ranks[other], ranks[last]
        return ranks


def _halves(chain: Chain, row: int, window: Window) -> Halves:
    return Halves(chain, chain.costs(row), grid_size(chain, row, window, _MEMORY))


def _totals(chain: Chain, windows: Sequence[Window]) -> list[int]:
    """Return how many ranks each window has in a chain."""
    found = []
    for row, window in enumerate(windows):
        halves = _halves(chain, row, window)
        found.append(halves.within(halves.grid.possibly(window)))
    return found


def _followed(chain: Chain, ranks: Sequence[int], row: int, windows: Sequence[Window]) -> list[tuple[int, ...] | None]:
    """Return the edges of the variants of these ranks of a chain, None for those outside of a window."""
    halves = _halves(chain, row, windows[row])
    paths = halves.paths(halves.grid.possibly(windows[row]), ranks)
    sums = np.sum([link.costs[:, paths[:, at]] for at, link in enumerate(chain.links)], axis=0)
    inside = [
        all(figure in window for figure, window in zip(figures, windows, strict=True)) for figures in sums.T.tolist()
    ]
    return [tuple(edges) if kept else None for edges, kept in zip(paths.tolist(), inside, strict=True)]
