"""One node of an ONNX graph as its handle sees it: attributes, inputs and outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from onnx import NodeProto

from mfprofile.cost.ops import Cost
from mfprofile.trace.onnx.values import Shape, Value

Named = list[tuple[str, Cost[int]]]
"""The costs of one node: its ops by name, usually only one. The name '' is that of the node."""


class UnknownSizeError(Exception):
    """A size that a cost needs is not known, because it depends on values."""


class MisfitError(Exception):
    """A node's inputs do not fit each other. The text says how."""


@dataclass(frozen=True, slots=True)
class Call:
    """A node, its attributes, what it reads (None for an input that is left out) and what it puts out."""

    node: NodeProto
    given: Mapping[str, Any]
    inputs: Sequence[Value | None]
    outputs: Sequence[Value]

    def has(self, number: int) -> bool:
        """Return whether the node has the input of that number."""
        return number < len(self.inputs) and self.inputs[number] is not None

    def shape(self, number: int) -> Shape:
        """Return the sizes of an input; raises `UnknownSizeError` if one is not known, or there is no such input."""
        value = self.inputs[number] if number < len(self.inputs) else None
        shape = value.shape if value is not None else None
        if shape is None:
            raise UnknownSizeError
        return shape

    def data(self, number: int) -> Any:
        """Return what an input holds, or None if that is not known."""
        value = self.inputs[number] if number < len(self.inputs) else None
        return None if value is None else value.data

    def number(self, name: str, default: int) -> int:
        """Return an attribute that is a whole number; raises `MisfitError` for one that is negative or too large."""
        value = int(self.given.get(name, default))
        if not 0 <= value < 2**31:
            raise MisfitError(f"{name} is {value}")
        return value

    @property
    def out(self) -> Shape:
        """Return the sizes of the first output that is used."""
        shape = next((value.shape for value in self.outputs if value.type is not None), None)
        if shape is None:
            raise UnknownSizeError
        return shape


def without_batch(shape: Shape) -> Shape:
    """Return a shape without the batch dimension if the batch is one image."""
    return shape[1:] if shape[:1] == (1,) else shape
