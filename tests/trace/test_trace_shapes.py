"""Each output that we compute on meta tensors is the same as torch's; otherwise torch computes it."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from mfprofile.trace.shapes import ANSWERS, answer  # noqa: E402

SIDES = st.lists(st.sampled_from((1, 2, 3)), max_size=4)
TYPES = st.sampled_from((torch.float32, torch.float16, torch.int64, torch.bool))
FUNCTIONS = {
    "add": torch.add, "sub": torch.sub, "mul": torch.mul, "maximum": torch.maximum, "minimum": torch.minimum,
    "relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "gelu": torch.nn.functional.gelu,
    "silu": torch.nn.functional.silu, "hardswish": torch.nn.functional.hardswish,
    "hardsigmoid": torch.nn.functional.hardsigmoid, "hardtanh": torch.nn.functional.hardtanh,
    "linear": torch.nn.functional.linear, "layer_norm": torch.nn.functional.layer_norm,
    "batch_norm": torch.batch_norm,
}  # fmt: skip
PAIRS = ("add", "sub", "mul", "maximum", "minimum")
UNARY = ("relu", "sigmoid", "tanh", "gelu", "silu", "hardswish", "hardsigmoid", "hardtanh")


@st.composite
def tensors(draw: st.DrawFn) -> Any:
    """Return a meta tensor of any shape and dtype, with its dimensions in any order."""
    tensor = torch.empty(draw(SIDES), dtype=draw(TYPES), device="meta")
    return tensor.permute(draw(st.permutations(range(tensor.dim()))))


def assert_torch_agrees(name: str, *args: Any) -> None:
    """Compare shape, dtype and layout; if torch raises, there must be no output."""
    output = answer(name, False, args, {})
    if output is None:
        return
    real = FUNCTIONS[name](*args)
    assert (output.shape, output.dtype, output.is_meta, steps(output)) == (real.shape, real.dtype, True, steps(real))


def steps(tensor: Any) -> list[int]:
    """Return the strides of the sides that are longer than 1."""
    return [stride for side, stride in zip(tensor.shape, tensor.stride(), strict=True) if side > 1]


@given(st.sampled_from(UNARY), tensors())
def test_an_op_on_each_value_is_answered_as_torch_does(name: str, tensor: Any) -> None:
    """The tensor can be contiguous or not."""
    assert_torch_agrees(name, tensor)


@given(st.sampled_from(PAIRS), tensors(), st.one_of(tensors(), st.just(2), st.just(0.5)))
@settings(max_examples=300)
def test_arithmetic_is_answered_as_torch_does(name: str, first: Any, second: Any) -> None:
    """The examples include broadcasting, several dtypes and numbers."""
    if isinstance(second, torch.Tensor) or name in ("add", "sub", "mul"):
        assert_torch_agrees(name, first, second)


@given(tensors(), SIDES, st.one_of(st.none(), SIDES))
@settings(max_examples=200)
def test_layers_are_answered_as_torch_does(vectors: Any, sides: list[int], bias: list[int] | None) -> None:
    """Shapes that do not fit go to torch, which raises the right error."""
    weight = torch.empty(sides, device="meta")
    other = None if bias is None else torch.empty(bias, device="meta")
    assert_torch_agrees("linear", vectors, weight, other)
    assert_torch_agrees("layer_norm", vectors, tuple(sides), weight, other)
    assert_torch_agrees("batch_norm", vectors, weight, weight, weight, weight, False, 0.1, 1e-5, False)


def test_every_answer_is_tested() -> None:
    """Each operator that we answer is compared above."""
    assert set(ANSWERS) == set(FUNCTIONS)
    layer = torch.empty(1, 3, 4, device="meta")
    assert answer("linear", False, (layer, torch.empty(5, 4, device="meta")), {}) is not None
    assert answer("layer_norm", False, (layer, (4,), None, None), {}) is not None
    assert answer("add", False, (layer, torch.empty(4, device="meta")), {}) is not None
    assert answer("add", False, (torch.empty(2), torch.empty(2)), {}) is None
