"""The arguments of forward: shapes for which inputs are made, and values of the user, of any structure."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import FunctionType, ModuleType
from typing import Any

from torch import Tensor, nn

from mfprofile.errors import InputError
from mfprofile.spec.inputs import InputShape
from mfprofile.trace.inputs import Input, Maker, batched

_CLOSED = (str, bytes, int, float, complex, type, ModuleType, FunctionType, nn.Module)
"""Types of values in which no tensors are looked for."""


def positional(inputs: Any) -> list[Any]:
    """Return the positional arguments, with shapes as `Input`s. Raises `InputError` for what is not a list of them."""
    if isinstance(inputs, Tensor | Input) or is_shape(inputs):
        inputs = [inputs]
    if isinstance(inputs, str | bytes) or not isinstance(inputs, Iterable) or (isinstance(inputs, Mapping) and inputs):
        mapping = "; keyword arguments are the options" if isinstance(inputs, Mapping) else ""
        raise InputError(
            f"the inputs are of type {type(inputs).__name__}; use a tensor, a shape such as (3, 224, 224), or a list "
            f"of the arguments of forward{mapping}"
        )
    return [Input(tuple(value)) if is_shape(value) else value for value in inputs]


def is_shape(value: Any) -> bool:
    """Return whether a value is a shape: a list or tuple of whole numbers."""
    whole = isinstance(value, list | tuple) and not isinstance(value, Input)
    return whole and bool(value) and all(type(side) is int for side in value)


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, Tensor | Input]]:
    """Yield the tensors in a value of any structure, each with its place in it, such as `batch.image` or `masks[0]`.

    A value is a tensor, a mapping, a list, a tuple, a dataclass or another object with attributes, and so on.
    """
    yield from _leaves(value, name, set())


def _leaves(value: Any, name: str, seen: set[int]) -> Iterator[tuple[str, Tensor | Input]]:
    if isinstance(value, Tensor | Input):
        yield name, value
    elif not isinstance(value, _CLOSED) and id(value) not in seen:
        seen.add(id(value))
        for inner, each in _items(value):
            yield from _leaves(each, f"{name}{inner}" if name or not inner.startswith(".") else inner[1:], seen)


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a value holds, each with the end of its place."""
    if isinstance(value, Mapping):
        yield from ((f".{key}" if isinstance(key, str) else f"[{key!r}]", each) for key, each in value.items())
    elif isinstance(value, tuple) and hasattr(value, "_fields"):
        yield from ((f".{field}", each) for field, each in zip(value._fields, value, strict=True))
    elif isinstance(value, list | tuple):
        yield from ((f"[{at}]", each) for at, each in enumerate(value))
    elif dataclasses.is_dataclass(value):
        fields = (field.name for field in dataclasses.fields(value))
        yield from ((f".{field}", getattr(value, field)) for field in fields if hasattr(value, field))
    else:
        yield from ((f".{key}", each) for key, each in getattr(value, "__dict__", {}).items())


def tensors_of(values: Iterable[Any]) -> list[Tensor]:
    """Return all tensors in values of any structure."""
    return [tensor for value in values for _, tensor in leaves(value) if isinstance(tensor, Tensor)]


def filled(
    ordered: Sequence[Any],
    named: Mapping[str, Any],
    make: Maker,
    device: str,
    copy_tensor: Callable[[Tensor], Tensor] | None,
) -> tuple[list[Any], dict[str, Any]]:
    """Return arguments for a run: inputs are made, and each tensor of the user is copied once, in the same structure.

    A value without a tensor is passed on as it is, and so is everything without `copy_tensor`. Raises what the copying
    of a value raises.
    """
    memo: dict[int, Any] = {}

    def argument(value: Any) -> Any:
        if isinstance(value, Input):
            return make(value, device)
        tensors = tensors_of([value])
        if copy_tensor is None or not tensors:
            return value
        for tensor in tensors:
            if id(tensor) not in memo:
                memo[id(tensor)] = copy_tensor(tensor)
        return copy.deepcopy(value, memo)

    return [argument(value) for value in ordered], {key: argument(value) for key, value in named.items()}


def input_shapes(ordered: Sequence[Any], named: Mapping[str, Any], batch: int | None = 1) -> Iterator[InputShape]:
    """Yield the shape, the dtype and the name of each input, of made ones with their batch dimension.

    A keyword argument has its name. A tensor inside a structure has its place there, after the number of its argument
    if there are several.
    """
    places = [
        ("" if len(ordered) == 1 or isinstance(each, Tensor | Input) else str(at), each)
        for at, each in enumerate(ordered)
    ]
    for name, value in [*places, *named.items()]:
        for place, leaf in leaves(value, name):
            shape = batched(leaf.shape, batch) if isinstance(leaf, Input) else tuple(leaf.shape)
            yield InputShape(shape, str(leaf.dtype).removeprefix("torch."), place)
