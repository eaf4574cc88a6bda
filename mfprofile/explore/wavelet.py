"""A wavelet matrix with weights: how much of a range of a sequence lies below a value, for many ranges at once.

Claude, Navarro and Ordóñez 2015, "The wavelet matrix"; each level also keeps the running sum of its weights.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]


class WaveletMatrix:
    """A sequence of whole numbers from 0, each with a weight; queries take log₂ of the greatest number many steps."""

    def __init__(self, numbers: Integers, weights: Integers) -> None:
        self.bits = max(1, int(numbers.max(initial=0)).bit_length())
        self.zeros: list[Integers] = []
        self.sums: list[Integers] = []
        for bit in reversed(range(self.bits)):
            ones = (numbers >> bit & 1).astype(bool)
            self.zeros.append(np.concatenate([[0], np.cumsum(~ones)]))
            order = np.concatenate([np.flatnonzero(~ones), np.flatnonzero(ones)])
            numbers, weights = numbers[order], weights[order]
            self.sums.append(np.concatenate([np.zeros(1, weights.dtype), np.cumsum(weights)]))

    def below(self, first: Integers, last: Integers, bound: Integers) -> Integers:
        """Return the weight of the numbers below `bound` at the places from `first` up to, not including, `last`.

        >>> tree = WaveletMatrix(np.array([3, 0, 2, 5]), np.array([10, 1, 7, 4]))
        >>> tree.below(np.array([0, 1]), np.array([4, 3]), np.array([3, 3])).tolist()
        [8, 8]
        """
        everything = bound >= 1 << self.bits
        total = np.zeros(len(first), self.sums[0].dtype)
        low, high = first, last
        for level, bit in enumerate(reversed(range(self.bits))):
            zeros, sums = self.zeros[level], self.sums[level]
            left, right = zeros[low], zeros[high]
            ones = (bound >> bit & 1).astype(bool)
            total = total + np.where(ones, sums[right] - sums[left], 0)
            low = np.where(ones, low - left + zeros[-1], left)
            high = np.where(ones, high - right + zeros[-1], right)
        return np.where(everything, self._whole(first, last), total)

    def smallest(self, first: Integers, last: Integers, rank: Integers) -> Integers:
        """Return the number of a rank, from 0, among those in rising order at the places from `first` up to `last`.

        >>> tree = WaveletMatrix(np.array([3, 0, 2, 5]), np.ones(4, int))
        >>> tree.smallest(np.array([0, 1]), np.array([4, 3]), np.array([2, 0])).tolist()
        [3, 0]
        """
        found = np.zeros(len(first), np.int64)
        low, high = first, last
        for level, bit in enumerate(reversed(range(self.bits))):
            zeros = self.zeros[level]
            left, right = zeros[low], zeros[high]
            ones = rank >= right - left
            rank = np.where(ones, rank - (right - left), rank)
            found |= ones.astype(np.int64) << bit
            low = np.where(ones, low - left + zeros[-1], left)
            high = np.where(ones, high - right + zeros[-1], right)
        return found

    def _whole(self, first: Integers, last: Integers) -> Integers:
        """Return the weight of whole ranges: at the root, what goes to zeros and to ones together."""
        zeros, sums = self.zeros[0], self.sums[0]
        left, right = zeros[first], zeros[last]
        under = sums[right] - sums[left]
        whole: Integers = under + sums[last - right + zeros[-1]] - sums[first - left + zeros[-1]]
        return whole
