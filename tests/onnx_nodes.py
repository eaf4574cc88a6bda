"""ONNX models of one operator each, with what onnx-tool 1.0.1 prints for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from onnx import ModelProto, helper
from onnx_files import model_of

IMAGE, MAP, ROWS = (1, 8, 6, 6), (2, 3, 5, 5), (4, 6)


@dataclass(frozen=True)
class Case:
    """A node on inputs of given shapes and stored tensors, and what the tool counts: the total, and parameters."""

    operator: str
    total: int
    inputs: Sequence[tuple[int, ...]]
    stored: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    params: int = 0
    opset: int = 17
    outputs: Sequence[str] = ("y",)

    def model(self) -> ModelProto:
        """Return the model: the inputs come first, then the stored tensors. A name that starts with '-' is left out."""
        names = [f"x{at}" for at in range(len(self.inputs))]
        read = ["" if name.startswith("-") else name for name in (*names, *self.stored)]
        node = helper.make_node(self.operator, read, self.outputs, name="it", **self.given)
        stored = {name: value for name, value in self.stored.items() if not name.startswith("-")}
        return model_of([node], dict(zip(names, self.inputs, strict=True)), stored, opset=self.opset)


def _of(names: str, total: int, shape: tuple[int, ...] = ROWS, **more: Any) -> dict[str, Case]:
    """Return cases of operators with one input."""
    return {name: Case(name, total, [shape], **more) for name in names.split()}


def _pairs(names: str, total: int) -> dict[str, Case]:
    """Return cases of operators with two inputs that are broadcast."""
    return {name: Case(name, total, [(4, 1, 6), (5, 6)]) for name in names.split()}


def _scale(name: str) -> dict[str, Any]:
    """Return a scale and a zero point."""
    return {f"{name}_scale": np.float32(0.5), f"{name}_zero": np.uint8(3)}


_INT, _BYTES = np.ones((4, 6), np.uint8), np.ones((2, 2, 3, 3), np.uint8)
_WEIGHT = {"w": (4, 8, 3, 3)}
_PADDED = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
CASES: Mapping[str, Case] = {
    **_of("Abs Ceil Floor Neg Relu Round Sign Hardmax", 24),
    **_of("LeakyRelu", 48),
    **_of("Reciprocal HardSigmoid", 96),
    **_of("HardSwish", 120),
    **_of("Sqrt", 576),
    **_of("Exp Sigmoid", 768),
    **_of("LpNormalization", 792),
    **_of("Elu", 840),
    **_of("Softmax", 864, given={"axis": -1}),
    **_of("Sin Cos", 936),
    **_of("Log", 1032),
    **_of("Atan", 1536),
    **_of("Tanh Softplus", 1824),
    **_of("LogSoftmax", 1920),
    **_of("Erf Identity Transpose Dropout", 0),
    **_of("ReduceMean ReduceMax ReduceMin ReduceProd", 24, given={"axes": [-1]}),
    **_of("ReduceL2", 600, given={"axes": [-1]}),
    **_pairs("Add Sub Mul Max Min", 120),
    **_pairs("Div", 480),
    "no sides": Case("Add", 0, [(), ()]),
    "Sum": Case("Sum", 48, [ROWS, ROWS, ROWS]),
    "Max of three": Case("Max", 24, [ROWS, ROWS, ROWS]),
    "Pow": Case("Pow", 768, [ROWS], {"two": np.asarray(2.0, np.float32)}),
    "Clip": Case("Clip", 48, [ROWS], {"low": np.zeros((), np.float32), "high": np.ones((), np.float32)}),
    "PRelu": Case("PRelu", 48, [ROWS], {"slope": (6,)}, params=6),
    "Gelu": Case("Gelu", 816, [ROWS], opset=20),
    "CumSum": Case("CumSum", 24, [ROWS], {"axis": np.asarray(0, np.int64)}),
    "Greater": Case("Greater", 120, [(4, 1, 6), (5, 6)]),
    "Equal": Case("Equal", 120, [(4, 1, 6), (5, 6)]),
    "Conv": Case("Conv", 10_368, [IMAGE], _WEIGHT, _PADDED, params=288),
    "Conv with a bias": Case("Conv", 10_512, [IMAGE], {**_WEIGHT, "b": (4,)}, _PADDED, params=292),
    "Conv in groups": Case("Conv", 5_184, [IMAGE], {"w": (8, 2, 3, 3)}, {"group": 4, "pads": [1, 1, 1, 1]}, 144),
    "Conv on sequences": Case("Conv", 768, [(1, 8, 10)], {"w": (4, 8, 3)}, params=96),
    "Conv on volumes": Case("Conv", 5_940, [(1, 2, 5, 5, 5)], {"w": (4, 2, 3, 3, 3), "b": (4,)}, params=220),
    "ConvTranspose": Case("ConvTranspose", 5_616, [IMAGE], {"w": (8, 3, 2, 2), "b": (3,)}, {"strides": [2, 2]}, 99),
    "ConvTranspose in groups": Case("ConvTranspose", 3_528, [IMAGE], {"w": (8, 3, 2, 2)}, {"group": 2}, 96),
    "Gemm": Case("Gemm", 140, [ROWS], {"w": (6, 5), "b": (5,)}, params=35),
    "Gemm, transposed": Case("Gemm", 140, [ROWS], {"w": (5, 6), "b": (5,)}, {"transB": 1}, 35),
    "MatMul": Case("MatMul", 240, [(2, 4, 6), (2, 6, 5)]),
    "MatMul with a weight": Case("MatMul", 240, [(2, 4, 6)], {"w": (6, 5)}, params=30),
    "Einsum": Case("Einsum", 240, [(2, 4, 6), (2, 5, 6)], given={"equation": "bij, bkj -> bik"}),
    "AveragePool": Case("AveragePool", 288, [IMAGE], given={"kernel_shape": [2, 3], "strides": [2, 2]}),
    "MaxPool": Case("MaxPool", 648, [IMAGE], given={**_PADDED, "strides": [2, 2]}),
    "MaxPool on sequences": Case("MaxPool", 192, [(1, 8, 10)], given={"kernel_shape": [3]}),
    "MaxPool on volumes": Case(
        "MaxPool", 320, [(1, 2, 6, 6, 6)], given={"kernel_shape": [2, 3, 3], "pads": [0] * 6, "strides": [1, 1, 1]}
    ),
    "GlobalAveragePool": Case("GlobalAveragePool", 174, [MAP]),
    "BatchNormalization": Case("BatchNormalization", 4_650, [MAP], dict.fromkeys("abcd", (3,)), params=12),
    "InstanceNormalization": Case("InstanceNormalization", 1_050, [MAP], {"a": (3,), "b": (3,)}, params=6),
    "LayerNormalization": Case("LayerNormalization", 710, [(2, 5, 6)], {"a": (6,), "b": (6,)}, params=12),
    "LayerNormalization of two sides": Case("LayerNormalization", 768, [(2, 5, 6)], {"a": (5, 6)}, {"axis": -2}, 30),
    "LRN": Case("LRN", 6_300, [MAP], given={"size": 5}),
    "Resize, nearest": Case(
        "Resize", 0, [MAP], {"-r": 0, "s": np.asarray([1, 1, 2, 2], np.float32)}, {"mode": "nearest"}, 4
    ),
    "Resize, linear": Case(
        "Resize", 2_400, [MAP], {"-r": 0, "s": np.asarray([1, 1, 2, 2], np.float32)}, {"mode": "linear"}, 4
    ),
    "Resize, cubic": Case(
        "Resize", 4_800, [MAP], {"-r": 0, "s": np.asarray([1, 1, 2, 2], np.float32)}, {"mode": "cubic"}, 4
    ),
    "Resize of no side": Case("Resize", 600, [MAP], {"-r": 0, "s": np.ones(4, np.float32)}, {"mode": "linear"}, 4),
    "Expand": Case("Expand", 0, [(1, 6)], {"s": np.asarray([4, 6], np.int64)}, params=2),
    "Reshape": Case("Reshape", 0, [ROWS], {"s": np.asarray([6, 4], np.int64)}),
    "Gather": Case("Gather", 0, [], {"table": (10, 6), "at": np.asarray([1, 2], np.int64)}),
    "LSTM": Case("LSTM", 9_120, [(5, 2, 6)], {"w": (1, 16, 6), "r": (1, 16, 4), "b": (1, 32)}, {"hidden_size": 4}, 192),
    "LSTM in two directions": Case(
        "LSTM",
        11_040,
        [(5, 2, 6)],
        {"w": (2, 16, 6), "r": (2, 16, 4), "b": (2, 32)},
        {"hidden_size": 4, "direction": "bidirectional"},
        384,
    ),
    "GRU": Case(
        "GRU",
        5_840,
        [(5, 2, 6)],
        {"w": (1, 12, 6), "r": (1, 12, 4), "b": (1, 24)},
        {"hidden_size": 4},
        144,
        outputs=("y", "z"),
    ),
    "ReduceSum": Case("ReduceSum", 24, [ROWS], {"axes": np.asarray([-1], np.int64)}, params=1),
    "Pow of two tensors": Case("Pow", 960, [(4, 1, 6), (5, 6)]),
    "MatMul of two batches": Case("MatMul", 360, [(2, 1, 4, 6), (3, 6, 5)]),
    "MatMul of a batch and none": Case("MatMul", 240, [(2, 4, 6), (6, 5)]),
    "ReduceL2 over an input": Case("ReduceL2", 600, [ROWS], {"axes": np.asarray([-1], np.int64)}, params=1, opset=18),
    "MatMulInteger": Case("MatMulInteger", 96, [], {"a": _INT, "b": _INT.T}, params=48),
    "MatMulInteger with a zero point": Case(
        "MatMulInteger", 112, [], {"a": _INT, "b": _INT.T, "z": np.uint8(3)}, params=48
    ),
    "QLinearMatMul": Case(
        "QLinearMatMul", 96, [], {"a": _INT, **_scale("a"), "b": _INT.T, **_scale("b"), **_scale("y")}, params=48
    ),
    "ConvInteger": Case("ConvInteger", 72, [], {"x": _BYTES, "w": _BYTES}, params=72),
    "QLinearConv": Case(
        "QLinearConv",
        76,
        [],
        {"x": _BYTES, **_scale("x"), "w": _BYTES, **_scale("w"), **_scale("y"), "b": np.zeros(2, np.int32)},
        params=74,
    ),
    "DequantizeLinear": Case(
        "DequantizeLinear",
        48,
        [],
        {"x": np.ones((4, 6), np.int8), "s": np.asarray(0.5, np.float32), "z": np.asarray(0, np.int8)},
        params=24,
    ),
}
"""By name."""
