"""Search for the least amount that a number of variants has at most, between amounts whose numbers are known."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from math import ceil
from typing import NamedTuple

import numpy as np

from mfprofile.explore.count import Number
from mfprofile.explore.sums import Sums

FEW = 200_000
"""The most variants between two known amounts whose sums are listed."""
_STEPS = (0, 64, 4096)  # parts of the distance of two known amounts, around the likely one
_BOUND_PASSES = 6  # for a quantile of which there are only bounds


class Numbers:
    """The numbers of variants with at most some amounts: those that are known, and `ask` for others.

    `list_sums` returns the distinct sums that are above the first and up to the second amount of each of some pairs, or
    None if the numbers are bounds. No variant has less than the first amount of `extent`, and all have at most the
    second one.
    """

    def __init__(
        self,
        ask: Callable[[Sequence[int]], list[Number]],
        list_sums: Callable[[Sequence[tuple[int, int]]], list[Sums] | None],
        extent: tuple[int, int],
    ) -> None:
        self.ask, self.list_sums = ask, list_sums
        self.least, self.greatest = extent
        self.amounts = [self.least - 1]
        self.known = {self.least - 1: Number(0, 0)}

    def learn(self, amounts: Iterable[int]) -> None:
        """Ask for the numbers of these amounts, and that of all variants, as far as they are not known."""
        new = sorted({*map(self._clipped, amounts), self.greatest} - set(self.known))
        if new:
            self._add(zip(new, self.ask(new), strict=True))

    def _add(self, numbers: Iterable[tuple[int, Number]]) -> None:
        self.known |= numbers
        self.amounts = sorted(self.known)

    def at(self, amount: int) -> Number:
        """Return the number of variants with at most a known amount."""
        return self.known[self._clipped(amount)]

    def _clipped(self, amount: int) -> int:
        return max(self.least - 1, min(amount, self.greatest))

    @property
    def total(self) -> Number:
        """Return the number of all variants."""
        return self.known[self.greatest]

    def support(self) -> tuple[int, int]:
        """Return two amounts between which all variants are, as far as the known numbers say."""
        low, _ = self._around(1, lambda number: number.upper)
        _, high = self._around(max(1, self.total.upper), lambda number: number.lower)
        return low + 1, high

    def quantiles(self, shares: Sequence[Fraction]) -> list[Number]:
        """Return, for each percentage, the least amount that so many percent of the variants have at most, or bounds.

        There must be a variant. 0 % is that of the least amount.
        """
        passes = 0
        while self.exact or passes < _BOUND_PASSES:
            brackets = {each for share in shares for each in self._brackets(share) if each.high - each.low > 1}
            few = sorted(each for each in brackets if self.exact and each.upto - each.before <= FEW)
            amounts = {amount for each in brackets.difference(few) for amount in _between(each)}
            if not brackets or (not amounts and self._listed(few)):
                break
            self.learn(amounts or {amount for each in few for amount in _between(each)})
            passes += 1
        return [self._quantile(share) for share in shares]

    @property
    def exact(self) -> bool:
        """Return whether all known numbers are exact."""
        return all(number.exact for number in self.known.values())

    def _listed(self, brackets: Sequence[_Bracket]) -> bool:
        """List the sums in brackets, and learn the amounts of their ranks. Return False if there are only bounds."""
        lists = self.list_sums([each[:2] for each in brackets])
        for each, sums in zip(brackets, lists or (), strict=lists is not None):
            self._add(_beside(each, sums))
        return lists is not None

    def _quantile(self, share: Fraction) -> Number:
        first, second = self._brackets(share)
        return Number(first.low + 1, second.high)

    def _brackets(self, share: Fraction) -> tuple[_Bracket, _Bracket]:
        """Return the known amounts around both bounds of a quantile; they are equal if it is exact."""
        return (
            self._bracket(max(1, ceil(share * self.total.lower / 100)), lambda number: number.upper),
            self._bracket(max(1, ceil(share * self.total.upper / 100)), lambda number: number.lower),
        )

    def _bracket(self, rank: int, side: Callable[[Number], int]) -> _Bracket:
        low, high = self._around(rank, side)
        return _Bracket(low, high, side(self.known[low]), side(self.known[high]), rank)

    def _around(self, rank: int, side: Callable[[Number], int]) -> tuple[int, int]:
        """Return the last known amount with fewer variants than `rank`, and the next one."""
        after = bisect_left(self.amounts, rank, key=lambda amount: side(self.known[amount]))
        after = min(max(after, 1), len(self.amounts) - 1)
        return self.amounts[after - 1], self.amounts[after]


class _Bracket(NamedTuple):
    """Two known amounts around the place of a rank, and the numbers of variants with at most these amounts."""

    low: int
    high: int
    before: int
    upto: int
    rank: int


def _between(bracket: _Bracket) -> Iterator[int]:
    """Yield amounts between two known ones at which to look for a rank: near the likely place, and in the middle."""
    low, high, before, upto, rank = bracket
    yield (low + high) // 2
    likely = low + (rank - before) * (high - low) // max(1, upto - before)
    for part in _STEPS:
        for sign in (-1, 1):
            amount = likely + sign * ((high - low) // part if part else 0)
            if low < amount < high:
                yield amount


def _beside(bracket: _Bracket, sums: Sums) -> Iterator[tuple[int, Number]]:
    """Yield the amount of the rank and the one before it, each with its number."""
    upto = np.cumsum(sums.counts) + bracket.before
    at = int(np.searchsorted(upto, bracket.rank, "left"))
    amount, number = int(sums.values[at]), int(upto[at])
    before = number - int(sums.counts[at])
    yield from ((amount - 1, Number(before, before)), (amount, Number(number, number)))
