"""A wavelet matrix with weights: the total weight of the numbers below a bound in a range of a sequence.

Many ranges are queried at once. Source: Claude, Navarro and Ordóñez 2015, "The wavelet matrix". Here each level also
keeps the cumulative sum of the weights.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]


class WaveletMatrix:
    """A sequence of integers from 0, each with a weight.

    There is one level for each of the `bits` of the largest number, highest bit first. From level to level the sequence
    is reordered: numbers with bit 0 first, then numbers with bit 1, both in their old order. `zeros[level][i]` is the
    number of 0 bits among the first `i` numbers of a level. `sums[level][i]` is the total weight of the first `i`
    numbers after the reordering of that level. For n numbers, memory is 2 · bits · (n + 1) integers, and each query
    takes O(bits) steps for each range.
    """

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

    def weight_below(self, first: Integers, last: Integers, bound: Integers) -> Integers:
        """Return, for each range, the total weight of the numbers below `bound` at the positions `first` to `last` - 1.

        >>> matrix = WaveletMatrix(np.array([3, 0, 2, 5]), np.array([10, 1, 7, 4]))
        >>> matrix.weight_below(np.array([0, 1]), np.array([4, 3]), np.array([3, 3])).tolist()
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
        return np.where(everything, self._total_weight(first, last), total)

    def number_of_rank(self, first: Integers, last: Integers, rank: Integers) -> Integers:
        """Return, for each range, the number with a rank, from 0 in rising order, at positions `first` to `last` - 1.

        >>> matrix = WaveletMatrix(np.array([3, 0, 2, 5]), np.ones(4, int))
        >>> matrix.number_of_rank(np.array([0, 1]), np.array([4, 3]), np.array([2, 0])).tolist()
        [3, 0]
        """
        numbers = np.zeros(len(first), np.int64)
        low, high = first, last
        for level, bit in enumerate(reversed(range(self.bits))):
            zeros = self.zeros[level]
            left, right = zeros[low], zeros[high]
            ones = rank >= right - left
            rank = np.where(ones, rank - (right - left), rank)
            numbers |= ones.astype(np.int64) << bit
            low = np.where(ones, low - left + zeros[-1], left)
            high = np.where(ones, high - right + zeros[-1], right)
        return numbers

    def _total_weight(self, first: Integers, last: Integers) -> Integers:
        """Return the total weight of each range: at the first level, that of its 0 bits plus that of its 1 bits."""
        zeros, sums = self.zeros[0], self.sums[0]
        left, right = zeros[first], zeros[last]
        weight_of_zeros = sums[right] - sums[left]
        total: Integers = weight_of_zeros + sums[last - right + zeros[-1]] - sums[first - left + zeros[-1]]
        return total
