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
    "batch_norm": torch.batch_norm, "group_norm": torch.group_norm, "convolution": torch.convolution,
    **{name: getattr(torch, name) for name in ("neg", "abs", "exp", "sqrt", "rsqrt", "reciprocal", "sin", "cos", "erf")},
    "softplus": torch.nn.functional.softplus, "elu": torch.nn.functional.elu, "pow": torch.pow, "div": torch.div,
    "leaky_relu": torch.nn.functional.leaky_relu, "clamp_min": torch.clamp_min, "clamp_max": torch.clamp_max,
    "softmax": torch.softmax, "mean": torch.mean, "linalg_vector_norm": torch.linalg.vector_norm,
    "scaled_dot_product_attention": torch.nn.functional.scaled_dot_product_attention,
}  # fmt: skip
PAIRS = ("add", "sub", "mul", "div", "maximum", "minimum")
NORMS = torch.linalg.vector_norm(torch.empty(1, device="meta"), dim=-1).shape == ()
"""Whether torch knows the shape of the norm of one value along -1 on meta tensors: torch 2.9 says (1,)."""
UNARY = (
    *("relu", "sigmoid", "tanh", "gelu", "silu", "hardswish", "hardsigmoid", "hardtanh", "softplus", "elu"),
    *("neg", "abs", "exp", "sqrt", "rsqrt", "reciprocal", "sin", "cos", "erf", "leaky_relu"),
)


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
    if isinstance(second, torch.Tensor) or name in ("add", "sub", "mul", "div"):
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


@given(tensors(), st.one_of(st.integers(-3, 3), st.floats(-2, 2), st.none()), st.integers(-3, 3), st.booleans())
@settings(max_examples=200)
def test_ops_with_numbers_are_answered_as_torch_does(values: Any, number: Any, along: int, keep: bool) -> None:
    """Powers, limits, softmax and reductions along one or two dimensions; some do not exist, or are named twice."""
    if number is not None:
        for name in ("pow", "clamp_min", "clamp_max"):
            assert_torch_agrees(name, values, number)
        if NORMS or along >= 0:
            assert_torch_agrees("linalg_vector_norm", values, number, [along], keep)
    assert answer("clamp_min", False, (values, None), {}) is None
    assert_torch_agrees("softmax", values, along)
    for several in ([along], [along, 0], [along, along + 1], [1, 1]):
        assert_torch_agrees("mean", values, several, keep)
        if NORMS or min(several) >= 0:
            assert_torch_agrees("linalg_vector_norm", values, 2, several, keep)


@given(tensors(), SIDES, SIDES, st.integers(0, 4), st.sampled_from((0, 1, 2)), st.sampled_from((0, 1, 2)))
@settings(max_examples=400)
def test_convolutions_and_group_norms_are_answered_as_torch_does(
    image: Any, sides: list[int], bias: list[int], groups: int, step: int, around: int
) -> None:
    """Few of these fit; those that fit are also drawn below."""
    weight = torch.empty(sides, device="meta")
    other = torch.empty(bias, device="meta") if bias else None
    assert_torch_agrees("group_norm", image, groups, other, other)
    if groups and step and image.dim() == weight.dim() > 2:
        length = image.dim() - 2
        assert_torch_agrees(
            "convolution",
            image,
            weight,
            other,
            [step] * length,
            [around] * length,
            [1] * length,
            False,
            [0] * length,
            groups,
        )


@given(
    st.integers(1, 3), st.integers(1, 3), *[st.integers(1, 3)] * 4, st.integers(1, 7), st.integers(1, 7), st.booleans()
)
@settings(max_examples=200)
def test_convolutions_that_fit_are_answered_as_torch_does(
    dims: int, groups: int, inputs: int, outputs: int, taps: int, step: int, side: int, apart: int, has_bias: bool
) -> None:
    """In 1, 2 and 3 dimensions, with groups, strides and dilation; an output without values is torch's to refuse."""
    image = torch.empty(2, groups * inputs, *[side] * dims, device="meta")
    weight = torch.empty(groups * outputs, inputs, *[taps] * dims, device="meta")
    bias = torch.empty(groups * outputs, device="meta") if has_bias else None
    settings_ = ([step] * dims, [1] * dims, [apart] * dims, False, [0] * dims, groups)
    fits = side + 2 > apart * (taps - 1)
    assert (answer("convolution", False, (image, weight, bias, *settings_), {}) is not None) is fits
    assert_torch_agrees("convolution", image, weight, bias, *settings_)


@given(
    st.lists(st.integers(1, 3), min_size=6, max_size=6),
    st.booleans(),
    st.booleans(),
    st.sampled_from((None, True, False)),
)
@settings(max_examples=200)
def test_attention_is_answered_as_torch_does(sides: list[int], turned: bool, same: bool, masked: bool | None) -> None:
    """Its heads can be in any place in memory, a mask can broadcast, and other shapes go to torch."""
    batch, heads, rows, columns, inner, width = sides
    shapes = (
        (batch, heads, rows, inner),
        (batch, heads, columns, inner),
        (batch, heads if same else 1, columns, width),
    )
    three = [torch.empty(shape, device="meta") for shape in shapes]
    if turned:
        three = [each.transpose(1, 2).contiguous().transpose(1, 2) for each in three]
    mask = None if masked is None else torch.empty(1, 1, rows if masked else 1, columns, device="meta")
    output = answer("scaled_dot_product_attention", False, (*three, mask), {"scale": 0.5})
    assert output is not None or (not same and heads > 1)
    assert_torch_agrees("scaled_dot_product_attention", *three, mask)
    if mask is None:
        assert_torch_agrees("scaled_dot_product_attention", *three, None, 0.0, True)


def test_every_answer_is_tested() -> None:
    """Each operator that we answer is compared above."""
    assert set(ANSWERS) == set(FUNCTIONS)
    layer = torch.empty(1, 3, 4, device="meta")
    assert answer("linear", False, (layer, torch.empty(5, 4, device="meta")), {}) is not None
    assert answer("layer_norm", False, (layer, (4,), None, None), {}) is not None
    assert answer("add", False, (layer, torch.empty(4, device="meta")), {}) is not None
    assert answer("add", False, (torch.empty(2), torch.empty(2)), {}) is None
