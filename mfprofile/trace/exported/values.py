"""What the arguments in the JSON of a `.pt2` file mean, and which operators may be called."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import torch
from torch._ops import OpOverload

from mfprofile.spec.words import shown
from mfprofile.trace.exported.program import Ref

_ATEN = re.compile(r"torch\.ops\.aten\.(\w+)\.(\w+)", re.ASCII)
_NEVER = ("from_file", "save")
"""Operators of ATen that read or write files."""
_ARITHMETIC = (
    *("add", "sub", "mul", "floordiv", "truediv", "mod", "neg", "abs", "pos"),
    *("eq", "ne", "lt", "le", "gt", "ge", "and_", "or_", "not_"),
)
_LARGEST = 1 << 62
_TYPES = ("uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64", "complex32", "complex64")
DTYPES: Mapping[int, torch.dtype] = MappingProxyType(
    {
        **{number: getattr(torch, name) for number, name in enumerate(_TYPES, 1)},
        11: torch.complex128,
        12: torch.bool,
        13: torch.bfloat16,
    }
)
"""Types of tensors by their numbers in the JSON: torch/_export/serde/schema.py, ScalarType."""
_FORMATS = (None, torch.contiguous_format, torch.channels_last, torch.channels_last_3d, torch.preserve_format)
_AS_THEY_ARE = {"as_int": int, "as_float": float, "as_bool": bool, "as_string": str}
_NAMED = ("as_sym_int", "as_sym_float", "as_sym_bool")


class UnreadableError(Exception):
    """Something in a graph is only known to torch's loader."""


def argument(given: Mapping[str, Any]) -> Any:
    """Return an argument of a node, with a `Ref` for each name. Raises `UnreadableError` for one of an unknown sort."""
    ((sort, value),) = given.items()
    if sort == "as_none":
        return None
    if sort in _AS_THEY_ARE:
        return _checked(sort, value)
    if sort in ("as_tensor", *_NAMED):
        return _named(value)
    if sort in _SORTS:
        return _SORTS[sort](value)
    single = sort.removesuffix("s")
    if sort.endswith("s") and single in ("as_tensor", "as_optional_tensor", *_AS_THEY_ARE, *_NAMED):
        return [argument(each) if single == "as_optional_tensor" else argument({single: each}) for each in value]
    raise UnreadableError(f"it has an argument of sort {shown(sort)}")


def operator_named(target: Any) -> Callable[..., Any]:
    """Return the operator of a node. Raises `UnreadableError` for one that is not known to only compute."""
    match = _ATEN.fullmatch(str(target))
    if match is not None and match[1] not in _NEVER and not match[1].startswith("__"):
        overload = getattr(getattr(torch.ops.aten, match[1], None), match[2], None)
        if isinstance(overload, OpOverload) and _is_dispatched(overload):
            return overload
    room, _, name = str(target).rpartition(".")
    if room == "_operator" and name == "getitem":
        return _item
    if room == "_operator" and name in _ARITHMETIC:
        return _on_numbers(getattr(operator, name))
    if room == "math" and name in ("ceil", "floor", "trunc"):
        return _on_numbers(getattr(math, name))
    if room == "torch" and name in ("sym_max", "sym_min", "sym_not", "sym_float", "sym_int"):
        return _on_numbers(getattr(torch, name))
    raise UnreadableError(f"it calls {shown(target)}")


def _is_dispatched(overload: OpOverload) -> bool:
    """Return whether torch dispatches an operator on tensors: those of TorchScript alone can do anything."""
    has_kernel: Any = torch._C._dispatch_has_kernel
    schema = overload._schema
    types = [str(each.type) for each in (*schema.arguments, *schema.returns)]
    name = f"{schema.name}.{schema.overload_name}".removesuffix(".")
    return bool(has_kernel(name)) and any("Tensor" in each for each in types)


def _checked(sort: str, value: Any) -> Any:
    if sort == "as_float" and isinstance(value, str | int):  # infinities and nan are texts
        return float(value)
    if type(value) is not _AS_THEY_ARE[sort] or (isinstance(value, int) and abs(value) >= 2 * _LARGEST):
        raise UnreadableError(f"it has the value {shown(value)}")
    return value


def _named(value: Any) -> Any:
    """Return the reference to a value, or a number that is given in its place."""
    for key in ("name", "as_name"):
        if key in value:
            return Ref(str(value[key]))
    ((sort, number),) = value.items()
    return _checked(sort, number)


def _item(values: Any, at: Any) -> Any:
    if not isinstance(values, list | tuple) or type(at) is not int:
        raise UnreadableError("it takes an item of what is not a list")
    return values[at]


def _on_numbers(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that computes with numbers of 64 bits only."""

    def compute(*numbers: Any) -> Any:
        result = function(*numbers) if all(isinstance(each, int | float) for each in numbers) else None
        if result is None or abs(result) > _LARGEST:
            raise UnreadableError("it computes something else than sizes")
        return result

    return compute


def _device(_: Any) -> torch.device:
    return torch.device("meta")


def _format(value: int) -> Any:
    return _FORMATS[value]


def _layout(value: int) -> Any:
    if value != 7:
        raise UnreadableError("it has tensors that are not dense")
    return torch.strided


_SORTS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "as_scalar_type": DTYPES.__getitem__,
        "as_memory_format": _format,
        "as_layout": _layout,
        "as_device": _device,
        "as_int_lists": lambda value: [[_checked("as_int", each) for each in inner] for inner in value],
    }
)
