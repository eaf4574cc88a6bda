"""The handles of ATen operators: each turns an operator's arguments into ops with their costs, by `cost.ops`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from types import MappingProxyType
from typing import Any

from torch import Tensor

from mfprofile.cost import ops
from mfprofile.trace import gradients, products
from mfprofile.trace.operators import ATTENTIONS, ELEMENTWISE, RECURRENT, REDUCTIONS
from mfprofile.trace.products import Named

Handle = Callable[..., Named | None]
"""A function from an operator's first output and its arguments to its costs; with None, torch decomposes it instead."""


def shape_of(out: Tensor) -> tuple[int, ...]:
    """Return a tensor's shape, without the batch dimension if the batch is one image."""
    shape = tuple(out.shape)
    return shape[1:] if shape[:1] == (1,) else shape


def _each(kind: str) -> Handle:
    """Return the handle of an operator on each value of its output."""
    return lambda out, *_, **__: [(kind, ops.elementwise(kind, *shape_of(out)))]


def _reduction(kind: str) -> Handle:
    """Return the handle of an operator that reduces values, as pooling does."""
    return lambda out, read, *_, **__: [(kind, ops.reduction(kind, read.numel(), *shape_of(out)))]


def _extreme(kind: str, pairwise: str) -> Handle:
    """Return the handle of max or min: of all values, along a dimension, or of pairs from two tensors."""

    def cost(out: Tensor, first: Tensor, second: Any = None, *_: Any, **__: Any) -> Named | None:
        return (_each(pairwise) if isinstance(second, Tensor) else _reduction(kind))(out, first)

    return cost


def _arithmetic(kind: str, constant: str) -> Handle:
    """Return the handle of arithmetic between tensors; arithmetic with a constant is another kind."""

    def cost(out: Tensor, first: Any, second: Any = None, *_: Any, **__: Any) -> Named:
        name = kind if isinstance(first, Tensor) and isinstance(second, Tensor) else constant
        return [(name, ops.elementwise(name, *shape_of(out)))]

    return cost


def _batch_norm(out: Tensor, *_: Any, **__: Any) -> Named:
    cost = ops.batch_norm(*out.shape[1:])
    return [("batch-norm", cost if out.shape[0] == 1 else ops.repeated(cost, out.shape[0]))]


def _layer_norm(out: Tensor, _: Tensor, normalized: Any, *__: Any, **___: Any) -> Named:
    channels = prod(normalized)
    return [("layer-norm", ops.layer_norm(out.numel() // channels, channels))]


def _clipped(out: Tensor, _: Tensor, low: Any = -1, high: Any = 1) -> Named:
    """Return the cost of hardtanh, which is ReLU6 if it clips to 0 and 6."""
    return _each("relu6" if (low, high) == (0, 6) else "hard-tanh")(out) or []


def _embedding(out: Tensor, weight: Tensor, *_: Any, **__: Any) -> Named:
    entries, channels = weight.shape
    return [("embedding", ops.embedding(out.numel() // channels, entries, channels))]


def _embedding_bag(out: Tensor, weight: Tensor, indices: Tensor, *_: Any, **__: Any) -> Named:
    entries, channels = weight.shape
    lookup = ops.embedding(indices.numel(), entries, channels)
    return [("embedding", lookup), ("sum", ops.reduction("sum", lookup.elements, *shape_of(out)))]


def _dropout(out: Tensor, _: Tensor, share: float, train: bool = False) -> Named:
    """Return no cost in eval mode; a dropout that a forward turns on is a multiplication."""
    return (_each("dropout")(out) or []) if train and share else []


_PRODUCTS: dict[str, Handle] = {
    **dict.fromkeys(("convolution", "_convolution"), products.convolution),
    "linear": products.linear,
    **dict.fromkeys(("matmul", "mm", "bmm", "mv", "dot", "vdot", "linalg_matmul"), products.product),
    **dict.fromkeys(("addmm", "baddbmm", "addmv"), products.added_product),
    "addbmm": products.summed_product,
    "_int_mm": products.product,
    "_grouped_mm": products.grouped_product,
    "bilinear": products.bilinear,
    **dict.fromkeys(("outer", "ger", "addr"), products.outer),
    "einsum": products.einsum,
    "scaled_dot_product_attention": products.attention,
    **{f"_scaled_dot_product_{name}": products.attention for name in ATTENTIONS.split()},
}

_NORMS: dict[str, Handle] = {
    **dict.fromkeys(("batch_norm", "native_batch_norm", "_native_batch_norm_legit", "cudnn_batch_norm"), _batch_norm),
    **dict.fromkeys(("_batch_norm_with_update", "_native_batch_norm_legit_no_training"), _batch_norm),
    **dict.fromkeys(("layer_norm", "native_layer_norm"), _layer_norm),
}

HANDLES: Mapping[str, Handle] = MappingProxyType(
    {
        **{name: _each(kind) for name, kind in {**ELEMENTWISE, **RECURRENT}.items()},
        **{name: _reduction(kind) for name, kind in REDUCTIONS.items()},
        **_PRODUCTS,
        **_NORMS,
        **{name: gradients.each_value(kind) for name, kind in gradients.KINDS.items()},
        "convolution_backward": gradients.convolution,
        "max": _extreme("max", "maximum"),
        "min": _extreme("min", "minimum"),
        "hardtanh": _clipped,
        **dict.fromkeys(("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout"), _dropout),
        "embedding": _embedding,
        **dict.fromkeys(("embedding_bag", "_embedding_bag", "_embedding_bag_forward_only"), _embedding_bag),
        "add": _arithmetic("add", "shift"),
        **dict.fromkeys(("sub", "rsub"), _arithmetic("subtract", "shift")),
        "mul": _arithmetic("multiply", "scale"),
        "div": _arithmetic("divide", "scale"),
    }
)
"""The handle of each operator that has a cost, by base name."""
