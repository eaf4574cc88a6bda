"""Compute the outputs of common operators on meta tensors without torch's own shape functions.

Torch's shape functions are written in Python and would take most of a trace's time. Only simple cases are handled here.
All others (mixed types, shapes that do not fit) go to torch, which also raises the right errors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

Answer = Callable[..., Tensor | None]


def empty(shape: Iterable[int], dtype: torch.dtype) -> Tensor:
    """Return a contiguous meta tensor. On meta, torch itself computes `torch.empty` in Python, but not this."""
    sides = tuple(shape)
    strides, step = [], 1
    for side in reversed(sides):
        strides.append(step)
        step *= max(side, 1)
    return torch.empty_strided(sides, strides[::-1], dtype=dtype, device="meta")


def _same(first: Any, *_: Any, **__: Any) -> Tensor | None:
    """Return the output of an op on each value: a tensor like the first argument."""
    is_simple = isinstance(first, Tensor) and first.is_floating_point() and first.is_contiguous()
    return empty(first.shape, first.dtype) if is_simple else None


def _both(first: Any, second: Any = None, *_: Any, **__: Any) -> Tensor | None:
    """Return the output of arithmetic with a number, or between two tensors if one has the shape of the result."""
    if isinstance(second, bool | int | float):
        return _same(first)
    if not (isinstance(first, Tensor) and isinstance(second, Tensor) and first.dtype == second.dtype):
        return None
    larger, smaller = (first, second) if first.numel() >= second.numel() else (second, first)
    fits = second.is_meta and smaller.is_contiguous() and _broadcasts(larger.shape, smaller.shape)
    return _same(larger) if fits else None


def _broadcasts(larger: torch.Size, smaller: torch.Size) -> bool:
    """Return whether the two shapes broadcast to the larger one."""
    sides = zip(reversed(larger), reversed(smaller), strict=False)
    return larger == smaller or (len(smaller) <= len(larger) and all(two in (1, one) for one, two in sides))


def _with_numbers(first: Any, *numbers: Any) -> Tensor | None:
    """Return the output of an op on each value whose other arguments are real numbers, None or truths."""
    is_simple = all(number is None or isinstance(number, bool | int | float) for number in numbers)
    return _same(first) if is_simple else None


def _clamp_at(first: Any, limit: Any) -> Tensor | None:
    return _with_numbers(first, limit) if limit is not None else None


def _softmax(first: Any, along: int, dtype: Any = None) -> Tensor | None:
    return _same(first) if dtype is None and -first.dim() <= along < first.dim() else None


def _mean(values: Tensor, along: Any = None, keep: bool = False) -> Tensor | None:
    """Return the output of a mean along some dimensions of real numbers."""
    if not along or not values.is_floating_point() or not all(-values.dim() <= at < values.dim() for at in along):
        return None
    reduced = {at % values.dim() for at in along}
    if len(reduced) < len(along) or not values.is_contiguous():
        return None
    sides = [1 if at in reduced else side for at, side in enumerate(values.shape) if keep or at not in reduced]
    return empty(sides, values.dtype)


def _norm_along(values: Tensor, order: Any = 2, along: Any = None, keep: bool = False) -> Tensor | None:
    return _mean(values, along, keep) if order in (1, 2) and values.numel() else None


def _linear(vectors: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor | None:
    outputs, inputs = weight.shape if weight.dim() == 2 else (0, 0)
    fits = vectors.dim() > 1 and vectors.shape[-1] == inputs and _same_type(vectors, [weight])
    fits = fits and (bias is None or (bias.shape == (outputs,) and _same_type(vectors, [bias])))
    return empty((*vectors.shape[:-1], outputs), vectors.dtype) if fits else None


def _convolution(
    image: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    is_transposed: bool,
    _: Any,
    groups: int,
) -> Tensor | None:
    """Return the output of a convolution that is not transposed, of contiguous tensors that fit."""
    kernel = weight.shape[2:]
    settings = (kernel, stride, padding, dilation)
    if is_transposed or image.dim() != weight.dim() or any(len(each) != len(kernel) for each in settings):
        return None
    fits = image.is_contiguous() and weight.is_contiguous() and image.shape[1] == weight.shape[1] * groups
    fits = fits and (bias is None or bias.shape == weight.shape[:1]) and weight.shape[0] % groups == 0
    sides = [
        (side + 2 * around - apart * (taps - 1) - 1) // step + 1
        for side, taps, step, around, apart in zip(image.shape[2:], *settings, strict=True)
        if step > 0
    ]
    fits = fits and min(*image.shape, *sides) > 0 and _same_type(image, [weight] if bias is None else [weight, bias])
    return empty((image.shape[0], weight.shape[0], *sides), image.dtype) if fits else None


def _batch_norm(image: Tensor, *rest: Any) -> Tensor | None:
    tensors = [each for each in rest[:4] if isinstance(each, Tensor)]
    training = rest[4] if len(rest) > 4 else True
    fits = image.dim() > 1 and all(each.shape == image.shape[1:2] for each in tensors)
    fits = fits and (training or len(tensors) in (2, 4))  # in training, it needs no statistics
    return _same(image) if fits and _same_type(image, tensors) else None


def _layer_norm(vectors: Tensor, normalized: Any, *rest: Any) -> Tensor | None:
    shape = tuple(normalized)
    tensors = [each for each in rest[:2] if isinstance(each, Tensor)]
    fits = tuple(vectors.shape[-len(shape) :]) == shape and all(each.shape == shape for each in tensors)
    return empty(vectors.shape, vectors.dtype) if fits and shape and _same_type(vectors, tensors) else None


def _group_norm(image: Tensor, groups: int, *rest: Any) -> Tensor | None:
    tensors = [each for each in rest[:2] if isinstance(each, Tensor)]
    fits = image.dim() > 1 and image.numel() and groups > 0 and image.shape[1] % groups == 0
    fits = fits and all(each.shape == image.shape[1:2] for each in tensors)
    return _same(image) if fits and _same_type(image, tensors) else None


def _attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None = None,
    dropout: float = 0.0,
    is_causal: bool = False,
) -> Tensor | None:
    """Return the output of an attention of images or sentences that have the same heads, without dropout."""
    three = (query, key, value)
    if any(each.dim() != 4 or not each.numel() for each in three) or dropout or (is_causal and mask is not None):
        return None
    fits = query.shape[:2] == key.shape[:2] == value.shape[:2] and key.shape[2] == value.shape[2]
    fits = fits and query.shape[3] == key.shape[3] and _same_type(query, [key, value])
    if mask is not None:
        scores = torch.Size((*query.shape[:3], key.shape[2]))
        fits = fits and mask.is_meta and mask.dtype in (torch.bool, query.dtype) and _broadcasts(scores, mask.shape)
    return empty((*query.shape[:3], value.shape[3]), query.dtype) if fits else None


def _same_type(first: Tensor, tensors: Iterable[Tensor]) -> bool:
    """Return whether all tensors have the same floating point type, and the others are meta tensors."""
    return first.is_floating_point() and all(each.is_meta and each.dtype == first.dtype for each in tensors)


_KNOWN_OPTIONS = MappingProxyType({"scaled_dot_product_attention": frozenset(("scale",))})
"""The keyword arguments that do not change the shape or the type of an output, by operator."""

ANSWERS: Mapping[str, Answer] = MappingProxyType(
    {
        **dict.fromkeys(("relu", "gelu", "silu", "hardswish", "hardsigmoid", "sigmoid", "tanh", "hardtanh"), _same),
        **dict.fromkeys(("neg", "abs", "exp", "sqrt", "rsqrt", "reciprocal", "sin", "cos", "erf"), _same),
        **dict.fromkeys(("softplus", "elu", "leaky_relu", "pow"), _with_numbers),
        **dict.fromkeys(("clamp_min", "clamp_max"), _clamp_at),
        **dict.fromkeys(("add", "sub", "mul", "div", "maximum", "minimum"), _both),
        "softmax": _softmax,
        "mean": _mean,
        "linalg_vector_norm": _norm_along,
        "scaled_dot_product_attention": _attention,
        "group_norm": _group_norm,
        "linear": _linear,
        "convolution": _convolution,
        "batch_norm": _batch_norm,
        "layer_norm": _layer_norm,
    }
)
"""Functions that compute an operator's output from its arguments, by base name; they return None to ask torch."""


def answer(name: str, in_place: bool, args: tuple[Any, ...], options: Mapping[str, Any]) -> Tensor | None:
    """Return the output of an operator on meta tensors, or None if torch must compute it."""
    output_of = ANSWERS.get(name)
    first = args[0] if args else None
    if output_of is None or not (isinstance(first, Tensor) and first.is_meta):
        return None
    if options and not options.keys() <= _KNOWN_OPTIONS.get(name, frozenset()):
        return None
    out = output_of(*args)
    if not in_place or out is None:
        return out
    return first if out.shape == first.shape else None
