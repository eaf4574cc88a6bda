"""Compute the outputs of common operators on meta tensors without torch's own shape functions.

Torch's shape functions are written in Python and would take most of a trace's time. Only simple cases are handled here.
All others (mixed types, shapes that do not fit) go to torch, which also raises the right errors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

Answer = Callable[..., Tensor | None]


def _same(first: Any, *_: Any, **__: Any) -> Tensor | None:
    """Return the output of an op on each value: a tensor like the first argument."""
    is_simple = isinstance(first, Tensor) and first.is_floating_point() and first.is_contiguous()
    return first.new_empty(first.shape) if is_simple else None


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


def _linear(vectors: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor | None:
    outputs, inputs = weight.shape if weight.dim() == 2 else (0, 0)
    fits = vectors.dim() > 1 and vectors.shape[-1] == inputs and _same_type(vectors, [weight])
    fits = fits and (bias is None or (bias.shape == (outputs,) and _same_type(vectors, [bias])))
    return vectors.new_empty((*vectors.shape[:-1], outputs)) if fits else None


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
    return _same(vectors) if fits and shape and _same_type(vectors, tensors) else None


def _same_type(first: Tensor, tensors: Iterable[Tensor]) -> bool:
    """Return whether all tensors have the same floating point type, and the others are meta tensors."""
    return first.is_floating_point() and all(each.is_meta and each.dtype == first.dtype for each in tensors)


ANSWERS: Mapping[str, Answer] = MappingProxyType(
    {
        **dict.fromkeys(("relu", "gelu", "silu", "hardswish", "hardsigmoid", "sigmoid", "tanh", "hardtanh"), _same),
        **dict.fromkeys(("add", "sub", "mul", "maximum", "minimum"), _both),
        "linear": _linear,
        "batch_norm": _batch_norm,
        "layer_norm": _layer_norm,
    }
)
"""Functions that compute an operator's output from its arguments, by base name; they return None to ask torch."""


def answer(name: str, in_place: bool, args: tuple[Any, ...], options: Mapping[str, Any]) -> Tensor | None:
    """Return the output of an operator on meta tensors, or None if torch must compute it."""
    output_of = ANSWERS.get(name)
    first = args[0] if args else None
    if output_of is None or not (isinstance(first, Tensor) and first.is_meta) or options:
        return None
    out = output_of(*args)
    if not in_place or out is None:
        return out
    return first if out.shape == first.shape else None
