"""Find the storages of all tensors that a network holds: in attributes, containers, objects and closures."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from types import FrameType, FunctionType, ModuleType
from typing import Any

from torch import Tensor, nn

from mfprofile.trace.owners import storage

MOST_VALUES = 200_000
"""How many values are looked at: an attribute can refer to a whole program."""

_CLOSED = (str, bytes, int, float, complex, type, ModuleType, FrameType)
"""Types of values that hold no tensors, or lead out of the network."""


def held_storages(model: nn.Module) -> frozenset[int]:
    """Return the storages of the tensors that a network refers to, except by the global names of its functions."""
    return frozenset(storage(value) for value in _reachable(model) if isinstance(value, Tensor)) - {0}


def _reachable(root: Any) -> Iterator[Any]:
    """Yield a value and all values that it refers to, each once."""
    seen: dict[int, Any] = {}  # keeps the values, so that no identity is used twice
    waiting = [root]
    while waiting and len(seen) < MOST_VALUES:
        value = waiting.pop()
        if id(value) not in seen and not isinstance(value, _CLOSED):
            seen[id(value)] = value
            yield value
            waiting.extend(_of_function(value) if isinstance(value, FunctionType) else gc.get_referents(value))


def _of_function(function: FunctionType) -> Iterable[Any]:
    """Return the values that a function holds, without its globals."""
    return function.__closure__, function.__defaults__, function.__kwdefaults__, function.__dict__
