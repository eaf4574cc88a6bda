"""The type of a dimension: an int, an int64 array with one element per variant, or a symbol."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, Self, TypeAlias

from typing_extensions import TypeVar


class Number(Protocol):
    """The operations on a dimension, which an int, an int64 array and a sympy expression all support.

    The other operand is an int or of the same type; libraries annotate this in different ways. The result is of the
    same type.
    """

    def __add__(self, other: Any, /) -> Self: ...
    def __radd__(self, other: Any, /) -> Self: ...
    def __mul__(self, other: Any, /) -> Self: ...
    def __rmul__(self, other: Any, /) -> Self: ...
    def __floordiv__(self, other: Any, /) -> Self: ...
    def __neg__(self) -> Self: ...


D = TypeVar("D", bound=Number, default=int)
D_co = TypeVar("D_co", bound=Number, default=int, covariant=True)
"""The same for classes that contain dimensions: a cost of ints can be used where a cost of any type is expected."""
Size: TypeAlias = D | int
"""A dimension, or a sum or product of dimensions. Some may be plain ints even if others are arrays or symbols."""


def product(sizes: Iterable[Size[D]]) -> Size[D]:
    """Return the product of the dimensions, or 1 if there are none.

    >>> product((24, 56, 56)), product(())
    (75264, 1)
    """
    whole: Size[D] = 1
    for size in sizes:
        whole = whole * size
    return whole


def total(sizes: Iterable[Size[D]]) -> Size[D]:
    """Return the sum of the dimensions, or 0 if there are none.

    >>> total((24, 56)), total(())
    (80, 0)
    """
    whole: Size[D] = 0
    for size in sizes:
        whole = whole + size
    return whole
