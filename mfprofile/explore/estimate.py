"""Estimate how many variants are within windows from fair draws, where an exact count needs too much.

In each setting that is not counted exactly, the window with the fewest variants is counted, and variants within it are
drawn; all of them are equally likely. The share of the draws that are within all windows gives the estimate, and
Wilson's formula its confidence interval (E. B. Wilson, Probable inference, the law of succession, and statistical
inference, J. Am. Stat. Assoc. 22, 1927).
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from math import ceil, floor, sqrt
from statistics import NormalDist

from mfprofile.cost.weights import Counting
from mfprofile.explore.chain import Chain
from mfprofile.explore.count import SpaceCount
from mfprofile.explore.quantity import Quantity
from mfprofile.explore.sample import below, paths_of_ranks, ranks_within
from mfprofile.explore.space import Space
from mfprofile.explore.work import Question, over_chains
from mfprofile.spec.quantities import Window

DRAWS = 20_000
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate of a number of variants, and its confidence interval from `lower` to `upper`.

    `drawn` variants were drawn with the `seed`, and `hits` of them were within all windows.
    """

    within: int
    lower: int
    upper: int
    drawn: int
    hits: int
    seed: int


def estimated(
    space: Space,
    windows: Sequence[tuple[Quantity, Window]],
    counted: SpaceCount,
    convention: Counting = "core",
    executor: Executor | None = None,
    seed: int = 0,
    draws: int = DRAWS,
) -> Estimate:
    """Return an estimate of a count that is not exact, with its confidence interval within the count's bounds."""
    question = Question(space, tuple(quantity for quantity, _ in windows), convention)
    limits = tuple(window for _, window in windows)
    inputs = dict.fromkeys(counted.undecided)
    rows = [part or (0, 0) for part in over_chains(question, partial(_fewest, windows=limits), executor, inputs=inputs)]
    upto = list(accumulate(total for _, total in rows))
    source = random.Random(seed)
    ranks: dict[int, list[int]] = {}
    for _ in range(draws):
        rank = below(source, upto[-1])
        at = bisect_right(upto, rank)
        ranks.setdefault(at, []).append(rank - (upto[at - 1] if at else 0))
    drawn = {counted.undecided[at]: (rows[at][0], ranks[at]) for at in sorted(ranks)}
    hits = sum(part or 0 for part in over_chains(question, partial(_hits, windows=limits), executor, inputs=drawn))
    low, high = wilson(hits, draws)
    bounds = counted.within
    certain = [counted.certain + amount for amount in (floor(upto[-1] * low), ceil(upto[-1] * high))]
    lower, upper = max(bounds.lower, certain[0]), min(bounds.upper, certain[1])
    within = min(max(lower, counted.certain + upto[-1] * hits // draws), upper)
    return Estimate(within, lower, upper, draws, hits, seed)


def wilson(hits: int, draws: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return Wilson's interval for a share of which `hits` of `draws` were seen.

    >>> [round(end, 4) for end in wilson(0, 10)], [round(end, 4) for end in wilson(5, 10)]
    ([0.0, 0.2775], [0.2366, 0.7634])
    """
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, scale = hits / draws, 1 + z * z / draws
    centre = (share + z * z / (2 * draws)) / scale
    half = z / scale * sqrt(share * (1 - share) / draws + z * z / (4 * draws * draws))
    return max(0.0, centre - half), min(1.0, centre + half)


def _fewest(chain: Chain, _: None, *, windows: Sequence[Window]) -> tuple[int, int]:
    """Return the row of the window with the fewest variants of a chain, and their number."""
    totals = ranks_within(chain, windows)
    row = min(range(len(totals)), key=totals.__getitem__)
    return row, totals[row]


def _hits(chain: Chain, drawn: tuple[int, Sequence[int]], *, windows: Sequence[Window]) -> int:
    """Return how many of the variants with these ranks within one window are within all windows."""
    row, ranks = drawn
    return sum(path is not None for path in paths_of_ranks(chain, ranks, row, windows))
