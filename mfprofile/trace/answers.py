"""What operators put out on meta tensors where that is plain, so that torch's own shape functions need not be asked.

Those are written in Python and take most of a trace's time. Whatever is not plain (other types, shapes that do not fit)
is left to torch, whose errors are the right ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

Answer = Callable[..., Tensor | None]


def _same(first: Any, *_: Any, **__: Any) -> Tensor | None:
    """Answer an op on each value: a tensor as the first one."""
    plain = isinstance(first, Tensor) and first.is_floating_point() and first.is_contiguous()
    return first.new_empty(first.shape) if plain else None


def _both(first: Any, second: Any = None, *_: Any, **__: Any) -> Tensor | None:
    """Answer arithmetic with a number, or between tensors one of which has the shape of the result."""
    if isinstance(second, bool | int | float):
        return _same(first)
    if not (isinstance(first, Tensor) and isinstance(second, Tensor) and first.dtype == second.dtype):
        return None
    larger, smaller = (first, second) if first.numel() >= second.numel() else (second, first)
    fits = second.is_meta and smaller.is_contiguous() and _broadcasts(larger.shape, smaller.shape)
    return _same(larger) if fits else None


def _broadcasts(larger: torch.Size, smaller: torch.Size) -> bool:
    """Return whether two shapes give the larger."""
    sides = zip(reversed(larger), reversed(smaller), strict=False)
    return larger == smaller or (len(smaller) <= len(larger) and all(two in (1, one) for one, two in sides))


def _linear(vectors: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor | None:
    outputs, inputs = weight.shape if weight.dim() == 2 else (0, 0)
    fits = vectors.dim() > 1 and vectors.shape[-1] == inputs and _alike(vectors, [weight])
    fits = fits and (bias is None or (bias.shape == (outputs,) and _alike(vectors, [bias])))
    return vectors.new_empty((*vectors.shape[:-1], outputs)) if fits else None


def _batch_norm(image: Tensor, *rest: Any) -> Tensor | None:
    tensors = [each for each in rest[:4] if isinstance(each, Tensor)]
    training = rest[4] if len(rest) > 4 else True
    fits = not training and image.dim() > 1 and all(each.shape == image.shape[1:2] for each in tensors)
    return _same(image) if fits and len(tensors) in (2, 4) and _alike(image, tensors) else None


def _layer_norm(vectors: Tensor, normalized: Any, *rest: Any) -> Tensor | None:
    shape = tuple(normalized)
    tensors = [each for each in rest[:2] if isinstance(each, Tensor)]
    fits = tuple(vectors.shape[-len(shape) :]) == shape and all(each.shape == shape for each in tensors)
    return _same(vectors) if fits and shape and _alike(vectors, tensors) else None


def _alike(first: Tensor, tensors: Iterable[Tensor]) -> bool:
    """Return whether all are floating point numbers of one type on meta tensors."""
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
"""The answer of each operator that is plain, by base name, from its arguments; None leaves it to torch."""


def answer(name: str, in_place: bool, args: tuple[Any, ...], options: Mapping[str, Any]) -> Tensor | None:
    """Return what an operator puts out on meta tensors, or None where torch is to be asked."""
    found = ANSWERS.get(name)
    first = args[0] if args else None
    if found is None or not (isinstance(first, Tensor) and first.is_meta) or options:
        return None
    out = found(*args)
    if not in_place or out is None:
        return out
    return first if out.shape == first.shape else None
