"""What is known about an ATen operator before it runs: its handle, its arguments, and which of them it writes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from torch import Tensor
from torch._ops import OpOverload

from mfprofile.cost.kinds import PACKED, SUMMED
from mfprofile.trace import quantized
from mfprofile.trace.forms import size_of
from mfprofile.trace.handles import HANDLES, Handle
from mfprofile.trace.operators import BIASES, COMPLEX_LAYERS, DIMENSIONS, FREE, NORM_LAYERS, base_name
from mfprofile.trace.owners import tensors_in


@dataclass(frozen=True, slots=True)
class Operator:
    """What is known about an ATen operator: its handle, if any, whether it is free, and the names of its arguments.

    `outs` are the arguments that receive the result, such as `out=`; `writes` are all arguments that it writes to.
    """

    name: str
    handle: Handle | None
    free: bool
    in_place: bool
    arguments: tuple[str, ...]
    outs: frozenset[str] = frozenset()
    writes: tuple[str, ...] = ()

    @property
    def role(self) -> str:
        """Return the role of its ops if its name decides it, else ''."""
        if self.name.startswith("quantized"):
            return PACKED
        if self.name in COMPLEX_LAYERS:
            return ""
        if self.name == "baddbmm":
            return SUMMED
        return next((dimensions for dimensions in DIMENSIONS if self.name.endswith(dimensions)), "")

    @property
    def bias(self) -> str:
        """Return the name of its bias argument."""
        return BIASES.get(self.name, "bias")

    @property
    def decides(self) -> str:
        """Return the name of the argument that makes tools count more: of norms the weight, of others the bias."""
        return "weight" if self.name in NORM_LAYERS else self.bias

    def written(self, args: tuple[Any, ...], options: Mapping[str, Any]) -> list[Tensor]:
        """Return the tensors in the arguments of a call that it writes to."""
        if not self.writes:
            return []
        given = {**dict(zip(self.arguments, args, strict=False)), **options}
        return list(tensors_in(given.get(name) for name in self.writes))

    def size(self, out: Any, args: tuple[Any, ...], options: Mapping[str, Any]) -> tuple[int, ...]:
        """Return the shape or the number of values that a call puts out, or else writes to or only reads."""
        tensors = list(tensors_in([out])) or self.written(args, options)
        return size_of(tensors or list(tensors_in((*args, *options.values()))))


@cache
def operator_of(function: Any) -> Operator:
    """Return what is known about an operator, given as dispatch modes get it."""
    if not isinstance(function, OpOverload):
        return Operator(str(function), None, False, False, ())
    name = base_name(function)
    arguments = tuple(str(argument.name) for argument in function._schema.arguments)
    in_place = str(function._schema.name).endswith("_")
    outs = frozenset(str(argument.name) for argument in function._schema.arguments if argument.is_out)
    is_free = name in FREE or name in quantized.FREE or name.startswith("prim::")
    return Operator(name, HANDLES.get(name), is_free, in_place, arguments, outs, _written_arguments(function))


def _written_arguments(function: OpOverload) -> tuple[str, ...]:
    """Return the names of the arguments that an operator writes to, according to its schema."""
    marks = ((str(each.name), each.alias_info) for each in function._schema.arguments)
    return tuple(name for name, mark in marks if mark is not None and mark.is_write)
