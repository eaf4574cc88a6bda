"""Which nodes put out the bytes that they read, in the same order: views, which need no buffer of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import NodeProto

from mfprofile.trace.onnx.values import Shape, Value, attributes

_WHOLE = frozenset(["Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "BitCast"])


def is_view(node: NodeProto, inputs: Sequence[Value | None], out: Value) -> bool:
    """Return whether the output `out` of a node of ONNX's own domain is its first input, perhaps in another shape.

    A tensor of ONNX has no strides. So a part of one is a copy, and so is a Transpose, unless it only moves sides of 1.
    """
    source = inputs[0]
    if source is None:
        return False
    match node.op_type:
        case "Cast" | "CastLike":
            return _element(source) not in (None, 0) and _element(source) == _element(out)
        case "Transpose":
            return source.shape is not None and _keeps_order(source.shape, attributes(node).get("perm"))
        case "Expand":
            return source.shape is not None and source.shape == out.shape
        case "Dropout":
            return _passes(inputs[2:])
    return node.op_type in _WHOLE


def _element(value: Value) -> int | None:
    return None if value.type is None else int(value.type.tensor_type.elem_type)


def _keeps_order(shape: Shape, order: Any) -> bool:
    """Return whether a Transpose, by default of all sides, keeps the order of those that are not 1."""
    moved = [axis for axis in order or reversed(range(len(shape))) if shape[axis] != 1]
    return moved == sorted(moved)


def _passes(training: Sequence[Value | None]) -> bool:
    """Return whether a Dropout is known not to be in training mode, which is its third input."""
    if not training or training[0] is None:
        return True
    return training[0].data is not None and not np.any(training[0].data)
