"""How a quantity is distributed over the variants of a space: numbers in bins, shares below budgets, and quantiles.

Everything is read from one function: how many variants have at most some amount. Each chain answers it for many
amounts at once. A quantile is the least amount that enough variants have at most. It is searched between amounts
whose numbers are known: a coarse picture of the whole distribution says where to look first, and the search ends at
whole numbers, so that it is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import pairwise
from typing import NamedTuple, TypeVar

from mfprofile.cost.weights import Counting
from mfprofile.errors import InputError, TooLargeError
from mfprofile.explore.chain import Chain
from mfprofile.explore.coarse import Picture, even, likely, picture, within
from mfprofile.explore.count import Number
from mfprofile.explore.cumulative import binding_rows, cumulative, together
from mfprofile.explore.quantity import Quantity, check_duplicates
from mfprofile.explore.ranks import Numbers
from mfprofile.explore.settings import global_settings
from mfprofile.explore.space import Space
from mfprofile.explore.sums import Sums
from mfprofile.explore.work import MEMORY, Progress, Question, over_chains
from mfprofile.spec.quantities import Window

T = TypeVar("T")

BINS = 20
MOST_BINS = 1000
_CELLS = 512  # of the coarse picture of one setting
_ALL_CELLS = 1 << 19  # of those of all settings
_ROUND = (1, 2, 5, 10, 20, 25, 50)  # widths of bins, times a power of ten


class Bin(NamedTuple):
    """The variants with more than `over` and at most `up_to`; None means no limit on that side.

    `number` is their number, and `so_far` that of all variants with at most `up_to`.
    """

    over: int | None
    up_to: int | None
    number: Number
    so_far: Number


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """The distribution of a quantity over the variants of a space that are within some windows.

    `size` is their number. `below` has pairs of an amount and the number of variants with at most this amount.
    `quantiles` has pairs of a percentage and the least amount that at least so many percent of the variants have at
    most; 0 % is that of the least amount. An amount that is not exact has a lower and an upper bound.
    """

    quantity: Quantity
    size: Number
    bins: tuple[Bin, ...]
    below: tuple[tuple[int, Number], ...]
    quantiles: tuple[tuple[Fraction, Number], ...]

    @property
    def exact(self) -> bool:
        """Return whether all numbers and amounts are exact."""
        return all(each.exact for each in self._numbers())

    def _numbers(self) -> Iterator[Number]:
        yield self.size
        yield from (each.number for each in self.bins)
        yield from (number for _, number in (*self.below, *self.quantiles))


def histogram(
    space: Space,
    quantity: Quantity,
    edges: Sequence[int] | int = BINS,
    windows: Sequence[tuple[Quantity, Window]] = (),
    quantiles: Sequence[Fraction | int] = (),
    below: Sequence[int] = (),
    convention: Counting = "core",
    memory: int = MEMORY,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Histogram:
    """Return the distribution of a quantity over the variants within the windows.

    `edges` are those of the bins, or a number: then the bins have about that number, one width and round edges. The
    numbers are bounds if exact sums need more than `memory` bytes. Raises `InputError` for a percentage that is not
    from 0 to 100, and for windows on several other quantities, or on one if the pairs of sums need more memory. Windows
    that hold for all variants of a setting, and settings with at most `cumulative.LISTED` variants, are always exact.
    """
    check_duplicates(windows)
    if not all(0 <= share <= 100 for share in quantiles):
        raise InputError("a quantile must be a percentage from 0 to 100")
    others = [(other, window) for other, window in windows if other.terms != quantity.terms]
    own = next((window for other, window in windows if other.terms == quantity.terms), Window(None, None))
    question = Question(space, (quantity, *(other for other, _ in others)), convention)
    query = _Query(question, (own, *(window for _, window in others)), memory, executor, progress)
    pictures = query.pictures(_CELLS if quantiles and not others else 1)
    if not pictures:
        return Histogram(quantity, Number(0, 0), (), (), ())
    extent = min(each.least for each in pictures), max(each.greatest for each in pictures)
    numbers, shares = Numbers(query.ask, query.list_sums, extent), [Fraction(share) for share in quantiles]
    first = even(extent) if others else likely(pictures, own, extent, shares)
    inner = [] if isinstance(edges, int) else sorted(set(edges))
    if isinstance(edges, int) and not others:
        inner = round_edges(*within(extent, own), edges)
    numbers.learn([*inner, *below, *first])
    if not numbers.total.upper:
        return Histogram(quantity, numbers.total, (), (), ())
    if isinstance(edges, int) and others:
        inner = round_edges(*numbers.support(), edges)
        numbers.learn(inner)
    return Histogram(
        quantity,
        numbers.total,
        tuple(_bins(numbers, inner, has_open_ends=not isinstance(edges, int))),
        tuple((amount, numbers.at(amount)) for amount in below),
        tuple(zip(shares, numbers.quantiles(shares), strict=True)),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Query:
    """What all chains are asked about; the question's first quantity is that of the histogram."""

    question: Question
    windows: tuple[Window, ...]
    memory: int
    executor: Executor | None
    progress: Progress | None

    def pictures(self, cells: int) -> list[Picture]:
        """Return a coarse distribution of each chain, in at most so many cells.

        Windows that are refused are so here, before anything takes long.
        """
        cells = max(1, min(cells, _ALL_CELLS // max(1, len(global_settings(self.question.space)))))
        return self._all(partial(_pictured, windows=self.windows, cells=cells))

    def ask(self, amounts: Sequence[int]) -> list[Number]:
        """Return the numbers of variants with at most each amount."""
        parts = self._all(partial(_up_to, windows=self.windows, memory=self.memory, amounts=amounts))
        return [sum((part[at] for part in parts), Number(0, 0)) for at in range(len(amounts))]

    def list_sums(self, pairs: Sequence[tuple[int, int]]) -> list[Sums] | None:
        """Return the distinct sums above the first and up to the second amount of each pair, None for bounds."""
        parts = self._all(partial(_between, windows=self.windows, memory=self.memory, pairs=pairs))
        if not all(parts):
            return None
        return [together([part[at] for part in parts]) for at in range(len(pairs))]

    def _all(self, task: Callable[[Chain], T | None]) -> list[T]:
        """Return the answers of all chains. Raises `InputError` if one cannot answer."""
        try:
            parts = over_chains(self.question, task, self.executor, self.progress)
        except TooLargeError:
            raise InputError(_refusal(self.question)) from None
        return [part for part in parts if part is not None]


def round_edges(least: int, greatest: int, bins: int) -> list[int]:
    """Return the edges of about `bins` bins of one round width that hold all amounts from `least` to `greatest`.

    A bin does not hold its lower edge.

    >>> round_edges(218_670_272, 402_000_000, 4)
    [200000000, 250000000, 300000000, 350000000, 400000000, 450000000]
    """
    power = 1
    while _ROUND[-1] * power * bins < greatest - least:
        power *= 10
    width = next(step * power for step in _ROUND if step * power * bins >= greatest - least)
    return list(range((least - 1) // width * width, -(-greatest // width) * width + 1, width))


def _refusal(question: Question) -> str:
    name, (quantity, *others) = question.space.name, question.quantities
    if len(others) > 1:
        return (
            f"{name}: {quantity.name} is counted within at most one window on another quantity, not {len(others)}; "
            "remove windows, or draw fair samples with 'explore sample'"
        )
    return (
        f"{name}: {quantity.name} within a window on {others[0].name} needs more memory than --ram; give more --ram, "
        "remove the window, or draw fair samples with 'explore sample'"
    )


def _pictured(chain: Chain, windows: Sequence[Window], cells: int) -> Picture:
    binding_rows(chain, windows)
    return picture(chain, cells)


def _up_to(chain: Chain, windows: Sequence[Window], memory: int, amounts: Sequence[int]) -> list[Number]:
    """Return the number of a chain's variants within the windows with at most each amount."""
    sums = cumulative(chain, windows, memory)
    return [Number(0, 0)] * len(amounts) if sums is None else [Number(*each) for each in sums.up_to(amounts)]


def _between(
    chain: Chain, windows: Sequence[Window], memory: int, pairs: Sequence[tuple[int, int]]
) -> list[Sums] | None:
    """Return the distinct sums of a chain above the first and up to the second amount of each pair.

    The list is empty if they are not exact.
    """
    sums = cumulative(chain, windows, memory)
    if sums is None:
        return None
    answers = [sums.between(low, high) for low, high in pairs]
    return [] if None in answers else [each for each in answers if each is not None]


def _bins(numbers: Numbers, edges: Sequence[int], has_open_ends: bool) -> Iterator[Bin]:
    """Yield the bins between edges, and with `has_open_ends` those before the first and after the last edge."""
    ends: list[int | None] = [None, *edges, None] if has_open_ends else [*edges]
    for over, up_to in pairwise(ends):
        before = Number(0, 0) if over is None else numbers.at(over)
        last = numbers.total if up_to is None else numbers.at(up_to)
        yield Bin(over, up_to, Number(max(0, last.lower - before.upper), last.upper - before.lower), last)
