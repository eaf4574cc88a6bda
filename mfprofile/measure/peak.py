"""The measured peak: how many multiply-adds a second a large product of matrices reaches in the same runtime.

It is what the device does best. A network's share of it says how far from that limit it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from mfprofile.measure.sweeps import Call, Clock

SIDES: Mapping[str, int] = MappingProxyType({"cpu": 1024, "cuda": 8192})
"""The side of the square matrices on a CPU and on a GPU: large enough to be bound by products, not by memory."""
SMALLEST = 128
LONGEST = 200_000_000
"""The nanoseconds that a product may take; a slower one, such as in float16 on many processors, is made smaller."""


def product_within(product: Callable[[int], Call], on: str, clock: Clock) -> tuple[int, Call]:
    """Return the side of square matrices and the call that multiplies them, of the largest that is not too slow.

    `product` makes the call for a side.
    """
    side = SIDES[on]
    while True:
        call = product(side)
        call()  # the first one may load libraries
        if side <= SMALLEST or clock(call)[0] <= LONGEST:
            return side, call
        side //= 2


def products(side: int) -> int:
    """Return the multiply-adds of a product of two square matrices.

    >>> products(1024)
    1073741824
    """
    return side**3
