"""Equality by value of dataclasses whose fields may be arrays, for which `==` is an array and `hash` an error."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from numbers import Real
from typing import Any


def equal(one: Any, other: Any) -> bool:
    """Return whether two values are equal: dataclasses of one type by their compared fields, arrays by each element.

    >>> equal({"max": (1, 2)}, {"max": (1, 2)}), equal((1, 2), (1, 3))
    (True, False)
    """
    if one is other:
        return True
    if dataclasses.is_dataclass(one) and not isinstance(one, type):
        return type(one) is type(other) and all(
            equal(getattr(one, field.name), getattr(other, field.name))
            for field in dataclasses.fields(one)
            if field.compare
        )
    if isinstance(one, tuple | list):
        return isinstance(other, type(one)) and len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, Mapping):
        has_same_keys = isinstance(other, Mapping) and one.keys() == other.keys()
        return has_same_keys and all(equal(one[key], other[key]) for key in one)
    return _equal_leaves(one, other)


def _equal_leaves(one: Any, other: Any) -> bool:
    shape = getattr(one, "shape", ())
    if shape != getattr(other, "shape", ()):
        return False
    same = one == other
    return bool(same.all() if shape else same)


def hash_of(value: Any) -> int:
    """Return a hash that is the same for equal values. Arrays, maps and symbols do not change it.

    >>> hash_of((1, "a")) == hash_of((1, "a"))
    True
    """
    return hash(_hashable(value))


def _hashable(value: Any) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [field.name for field in dataclasses.fields(value) if field.compare]
        return tuple(_hashable(getattr(value, name)) for name in fields)
    if isinstance(value, tuple | list):
        return tuple(map(_hashable, value))
    return value if isinstance(value, str | Real) else None
