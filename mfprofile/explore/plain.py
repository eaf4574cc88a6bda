"""Write results as plain data for JSON, and read them back: numbers, texts, lists, maps, arrays and dataclasses.

Reading runs no code of the file: it has data only, and an object is made only of a dataclass or a named tuple of this
package that is loaded already. What comes back is equal, and of the same types.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import FunctionType
from typing import Any

import numpy as np

_PACKAGE = __name__.partition(".")[0]
_DTYPES = ("int64", "bool", "float64", "object")


def to_plain(value: Any) -> Any:
    """Return a value as numbers, texts, lists, and maps of one key, which is the type. Raises `TypeError` if it cannot.

    >>> to_plain((1, [2, None]))
    {'tuple': [1, [2, None]]}
    """
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is list:
        return [to_plain(item) for item in value]
    if type(value) is float:
        return {"float": value.hex()}
    if isinstance(value, np.ndarray | np.generic):
        return {"array": [_dtype(value), list(value.shape), [to_plain(item) for item in np.ravel(value).tolist()]]}
    return _collection_to_plain(value)


def _collection_to_plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return {"set": sorted((to_plain(item) for item in value), key=repr)}
    if isinstance(value, Mapping):
        return {"map": [[to_plain(key), to_plain(item)] for key, item in value.items()]}
    if fields := _fields(type(value)):
        return {"object": [_name(type(value)), *(to_plain(getattr(value, name)) for name in fields)]}
    if type(value) is tuple:
        return {"tuple": [to_plain(item) for item in value]}
    raise TypeError(f"{type(value).__name__} is not data")


def call_to_plain(function: Callable[..., Any]) -> Any:
    """Return a function of a module, or a `partial` of one, as plain data: its name and its arguments.

    Raises `TypeError` for any other function, and for arguments that are not data.
    """
    if isinstance(function, partial):
        named = sorted(function.keywords.items())
        return [call_to_plain(function.func), to_plain(function.args), to_plain(dict(named))]
    if not isinstance(function, FunctionType) or "<" in function.__qualname__:
        raise TypeError(f"{function!r} is not a function of a module")
    return _name(function)


def from_plain(data: Any) -> Any:
    """Return the value that `to_plain` wrote. Raises `ValueError` for other data."""
    if data is None or type(data) in (bool, int, str):
        return data
    if type(data) is list:
        return [from_plain(item) for item in data]
    if type(data) is not dict or len(data) != 1:
        raise ValueError("unknown data")
    [(kind, content)] = data.items()
    if kind not in _READERS:
        raise ValueError(f"unknown kind of data: {kind}")
    try:
        return _READERS[kind](content)
    except (TypeError, IndexError, AttributeError, OverflowError) as error:
        raise ValueError(str(error)) from None


def _dtype(value: Any) -> str:
    name = str(value.dtype)
    if name not in _DTYPES:
        raise TypeError(f"an array of {name} is not data")
    return name


def _fields(kind: type) -> Sequence[str]:
    """Return the fields of a dataclass or named tuple of this package, which its constructor takes in this order."""
    if kind.__module__.partition(".")[0] != _PACKAGE:
        return ()
    if dataclasses.is_dataclass(kind):
        return [field.name for field in dataclasses.fields(kind) if field.init]
    return tuple(getattr(kind, "_fields", ())) if issubclass(kind, tuple) else ()


def _name(thing: Any) -> str:
    return f"{thing.__module__}:{thing.__qualname__}"


def _array(content: Any) -> Any:
    name, shape, items = content
    if name not in _DTYPES:
        raise ValueError(f"unknown type of array: {name}")
    array = np.array(from_plain(items), name).reshape(shape)
    return array if array.shape else array[()]


def _object(content: Any) -> Any:
    name, *values = content
    module, _, name = str(name).partition(":")
    kind = getattr(sys.modules.get(module), name, None)
    if not isinstance(kind, type) or _name(kind) != f"{module}:{name}" or not _fields(kind):
        raise ValueError(f"unknown object: {module}:{name}")
    return kind(*map(from_plain, values))


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "tuple": lambda content: tuple(from_plain(content)),
    "map": lambda content: {from_plain(key): from_plain(value) for key, value in content},
    "set": lambda content: frozenset(from_plain(content)),
    "float": float.fromhex,
    "array": _array,
    "object": _object,
}
