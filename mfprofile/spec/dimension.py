"""What a dimension may be: an int, an int64 array with an element for each variant, or a symbol."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, Self, TypeAlias

from typing_extensions import TypeVar


class Number(Protocol):
    """What is done with a dimension. An int, an int64 array and a sympy expression all can; the answer is of one sort.

    The operand may be an int or the same sort: each library writes that in its own way.
    """

    def __add__(self, other: Any, /) -> Self: ...
    def __radd__(self, other: Any, /) -> Self: ...
    def __mul__(self, other: Any, /) -> Self: ...
    def __rmul__(self, other: Any, /) -> Self: ...
    def __floordiv__(self, other: Any, /) -> Self: ...
    def __neg__(self) -> Self: ...


D = TypeVar("D", bound=Number, default=int)
D_co = TypeVar("D_co", bound=Number, default=int, covariant=True)
"""The same, of what holds dimensions: a cost of ints is one of any sort."""
Size: TypeAlias = D | int
"""A dimension, or a sum or product of some: where one is an array or a symbol, others may be plain ints."""


def product(sizes: Iterable[Size[D]]) -> Size[D]:
    """Return the product of dimensions, 1 of none.

    >>> product((24, 56, 56)), product(())
    (75264, 1)
    """
    whole: Size[D] = 1
    for size in sizes:
        whole = whole * size
    return whole


def total(sizes: Iterable[Size[D]]) -> Size[D]:
    """Return the sum of dimensions, 0 of none.

    >>> total((24, 56)), total(())
    (80, 0)
    """
    whole: Size[D] = 0
    for size in sizes:
        whole = whole + size
    return whole
