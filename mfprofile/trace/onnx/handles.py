"""The handle of each of ONNX's operators that has a cost."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from types import MappingProxyType

import numpy as np

from mfprofile.cost import ops
from mfprofile.trace.onnx.call import Call, Named, without_batch
from mfprofile.trace.onnx.operators import ELEMENTWISE, REDUCTIONS
from mfprofile.trace.onnx.products import PRODUCTS, Handle

_RESIZED = {1: "upsample-linear", 2: "upsample-bilinear", 3: "upsample-trilinear"}
"""The kind of a linear resize by the number of the sides that it changes."""


def _each(kind: str) -> Handle:
    """Return the handle of an operator on each value of its output."""
    return lambda call: [("", ops.elementwise(kind, *without_batch(call.out)))]


def _reduction(kind: str) -> Handle:
    """Return the handle of an operator that reduces the values of its first input."""
    return lambda call: [("", ops.reduction(kind, prod(call.shape(0)), *without_batch(call.out)))]


def _arithmetic(kind: str, constant: str) -> Handle:
    """Return the handle of arithmetic between tensors; arithmetic with a constant number is another kind."""

    def cost(call: Call) -> Named:
        is_number = any(value is not None and value.data is not None and value.data.size == 1 for value in call.inputs)
        return _each(constant if is_number else kind)(call)

    return cost


def _several(kind: str) -> Handle:
    """Return the handle of an operator that joins any number of tensors, by pairs; one tensor costs nothing."""
    return lambda call: [
        ("" if number == 1 else f"{call.node.op_type}{number}", cost)
        for number in range(1, len(call.inputs))
        for _, cost in _each(kind)(call)
    ]


def _mean(call: Call) -> Named:
    """Return the cost of Mean, which adds tensors and divides by their number."""
    return [*_several("add")(call), ("scale", _each("scale")(call)[0][1])]


def _batch_norm(call: Call) -> Named:
    batch, *sides = call.out
    cost = ops.batch_norm(*sides)
    return [("", cost if batch == 1 else ops.repeated(cost, batch))]


def _normalized(call: Call) -> Named:
    """Return the costs of LpNormalization: a norm of vectors, and a division by it."""
    shape = without_batch(call.out)
    return [("norm", ops.reduction("vector-norm", prod(call.out), *shape)), ("", ops.elementwise("divide", *shape))]


def _clipped(call: Call) -> Named:
    """Return the cost of Clip, which is ReLU6 if it clips to 0 and 6."""
    limits = [_limit(call, number, name) for number, name in ((1, "min"), (2, "max"))]
    return _each("relu6" if limits == [0.0, 6.0] else "clamp")(call)


def _limit(call: Call, number: int, name: str) -> float | None:
    if name in call.given:
        return float(call.given[name])
    data = call.data(number)
    return float(np.ravel(data)[0]) if data is not None and np.size(data) == 1 else None


def _resized(call: Call) -> Named:
    """Return the cost of Resize or Upsample, by its mode and the number of the sides that it changes."""
    mode = call.given.get("mode", "nearest")
    changed = sum(one != two for one, two in zip(call.shape(0), call.out, strict=True))
    if not changed:
        return []
    linear = "upsample-antialias" if call.given.get("antialias") else _RESIZED.get(changed, "upsample-trilinear")
    cubic = "upsample-antialias" if call.given.get("antialias") else "upsample-bicubic"
    return _each({"linear": linear, "bilinear": linear, "cubic": cubic}.get(mode, "upsample"))(call)


def _dropout(call: Call) -> Named:
    """Return no cost of Dropout, unless the file says that it is in training mode."""
    training = call.data(2)
    return _each("dropout")(call) if training is not None and bool(np.all(training)) else []


def _gathered(call: Call) -> Named:
    """Return the cost of Gather: a lookup if it reads rows of a stored matrix by indices that are computed."""
    table = call.inputs[0]
    is_lookup = table is not None and table.stored is not None and call.data(1) is None
    if not is_lookup or len(call.shape(0)) != 2 or call.given.get("axis", 0) % 2:
        return []
    entries, channels = call.shape(0)
    return [("", ops.embedding(prod(call.out[:-1]), entries, channels))]


def _prelu(call: Call) -> Named:
    return _each("prelu")(call)


HANDLES: Mapping[str, Handle] = MappingProxyType(
    {
        **{name: _each(kind) for name, kind in ELEMENTWISE.items()},
        **{name: _reduction(kind) for name, kind in REDUCTIONS.items()},
        **PRODUCTS,
        "Add": _arithmetic("add", "shift"),
        "Sub": _arithmetic("subtract", "shift"),
        "Mul": _arithmetic("multiply", "scale"),
        "Div": _arithmetic("divide", "scale"),
        "Max": _several("maximum"),
        "Min": _several("minimum"),
        "Sum": _several("add"),
        "Mean": _mean,
        "PRelu": _prelu,
        "BatchNormalization": _batch_norm,
        "LpNormalization": _normalized,
        "Clip": _clipped,
        "Resize": _resized,
        "Upsample": _resized,
        "Dropout": _dropout,
        "Gather": _gathered,
    }
)
"""The handle of each operator that has a cost, by its name in ONNX's own domain."""

BIASES: Mapping[str, int] = MappingProxyType(
    {
        **dict.fromkeys(("Conv", "ConvTranspose", "Gemm"), 2),
        **dict.fromkeys(("BatchNormalization", "LayerNormalization", "GroupNormalization", "InstanceNormalization"), 2),
        **dict.fromkeys(("DeformConv", "LSTM", "GRU", "RNN"), 3),
        "QLinearConv": 8,
    }
)
"""The number of the input that is the bias."""
