"""Check the dimensions of a spec or network that a library user wrote without validation, such as arrays."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from mfprofile.errors import InputError
from mfprofile.spec.model import Spec
from mfprofile.spec.network import Network
from mfprofile.spec.words import shown

_DECIDING = ("width", "repeat", "stride", "block", "attention", "activation", "ffn", "gate", "final", "projections")
"""The keys of a spec that decide which ops there are; one bill cannot have several of their values."""
_PLAIN = (int, str, dict, type(None))


def check_dimensions(subject: Spec | Network) -> None:
    """Raise `InputError` for a dimension that is not an int, a symbol, or an int64 array with one element per variant.

    All arrays must have shapes that fit together, and no element below 1. Rules between keys are not checked.
    """
    arrays = {}
    for path, value in _leaves(subject, ""):
        key = path.rpartition(".")[2]
        if hasattr(value, "dtype"):
            _check_array(path, value, is_spec=isinstance(subject, Spec))
            arrays[path] = value.shape
        elif not isinstance(value, _PLAIN) and not hasattr(value, "free_symbols") and key != "width":
            kind = f"a value of type {type(value).__name__}" if not isinstance(value, float) else shown(value)
            raise InputError(f"{path}: must be a whole number or an int64 array, not {kind}")
    if len(set(arrays.values())) > 1:
        _check_shapes(arrays)


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield the path and the value of each field that is not a dataclass; entries of tuples count from 1."""
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from _leaves(getattr(value, field.name), f"{path}.{field.name}" if path else field.name)
    elif isinstance(value, tuple) and all(map(dataclasses.is_dataclass, value)):
        for number, item in enumerate(value, start=1):
            yield from _leaves(item, f"{path}.{number}")
    else:
        yield path, value


def _check_array(path: str, array: Any, is_spec: bool) -> None:
    key, is_scalar = path.rpartition(".")[2], array.shape == ()
    if is_spec and key in _DECIDING and path != "input.width":
        if not is_scalar:
            raise InputError(f"{path}: cannot be an array: it decides which ops there are; count each value by itself")
        return
    if str(array.dtype) != "int64" and not (key == "residual" and str(array.dtype) == "bool"):
        raise InputError(f"{path}: must be an array of int64, not of {array.dtype}; use numpy.array(…, dtype='int64')")
    if 0 in array.shape:
        raise InputError(f"{path}: is an empty array; give one element per variant")
    if array.min() < 1 and key != "residual":
        raise InputError(f"{path}: must be 1 or more in each element, not {array.min()}")


def _check_shapes(arrays: dict[str, tuple[int, ...]]) -> None:
    """Raise `InputError` for arrays that cannot be combined, with the first two that have different shapes."""
    import numpy as np

    try:
        np.broadcast_shapes(*arrays.values())
    except ValueError:
        (first, shape), *others = arrays.items()
        other = next(path for path, each in others if each != shape)
        rule = f"has the shape {arrays[other]}, but {first} has {shape}; give each array one element per variant"
        raise InputError(f"{other}: {rule}") from None
