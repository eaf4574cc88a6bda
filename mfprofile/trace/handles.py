"""The handles of ATen operators: each turns an operator's arguments into ops with their costs, by `cost.ops`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from math import prod
from types import MappingProxyType
from typing import Any

from torch import Tensor

from mfprofile.cost import ops
from mfprofile.trace import fourier, gradients, products, quantized, recurrent, special
from mfprofile.trace.einsum import einsum, has_two_operands
from mfprofile.trace.operators import ATTENTIONS, COMPLEX_LAYERS, ELEMENTWISE, GATHERED, REDUCTIONS
from mfprofile.trace.pooling import adaptive_windows, windows
from mfprofile.trace.products import Named

Handle = Callable[..., Named]
"""A function from an operator's first output and its arguments to its costs."""


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


def _averaged(kind: str, sides: int, windows: Callable[..., tuple[int, ...]]) -> Handle:
    """Return the handle of average pooling over the last sides of an image; `windows` is of their positions."""

    def cost(out: Tensor, image: Tensor, *settings: Any, **named: Any) -> Named:
        read, made = tuple(image.shape[-sides:]), tuple(out.shape[-sides:])
        covered = windows(made, read, *settings, **named)
        return [(kind, ops.averaged(kind, prod(image.shape[:-sides]), read, covered, *shape_of(out)))]

    return cost


def _gathered(out: Tensor, _: Tensor, __: int, ___: Tensor, source: Any, *____: Any, **_____: Any) -> Named:
    """Return the cost of a sum, or another reduction, of a source at the places of an index; a number is one value."""
    values = source.numel() if isinstance(source, Tensor) else 1
    return [("sum", ops.reduction("sum", values, *shape_of(out)))]


def _extreme(kind: str, pairwise: str) -> Handle:
    """Return the handle of max or min: of all values, along a dimension, or of pairs from two tensors."""

    def cost(out: Tensor, first: Tensor, second: Any = None, *_: Any, **__: Any) -> Named:
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
    rows = prod(out.shape[: out.dim() - len(normalized)])
    return [("layer-norm", ops.layer_norm(rows, prod(normalized)))]


def _clipped(out: Tensor, _: Tensor, low: Any = -1, high: Any = 1) -> Named:
    """Return the cost of hardtanh, which is ReLU6 if it clips to 0 and 6."""
    return _each("relu6" if (low, high) == (0, 6) else "hard-tanh")(out)


def _embedding(out: Tensor, weight: Tensor, *_: Any, **__: Any) -> Named:
    entries, channels = weight.shape
    return [("embedding", ops.embedding(prod(out.shape[:-1]), entries, channels))]


def _embedding_bag(out: Tensor, weight: Tensor, indices: Tensor, *_: Any, **__: Any) -> Named:
    entries, channels = weight.shape
    lookup = ops.embedding(indices.numel(), entries, channels)
    return [("embedding", lookup), ("sum", ops.reduction("sum", lookup.elements, *shape_of(out)))]


def _dropout(out: Tensor, _: Tensor, share: float, train: bool = False) -> Named:
    """Return no cost in eval mode; a dropout that a forward turns on is a multiplication."""
    return _each("dropout")(out) if train and share else []


_PRODUCTS: dict[str, Handle] = {
    **dict.fromkeys(("convolution", "_convolution"), products.convolution),
    "linear": products.linear,
    **dict.fromkeys(("matmul", "mm", "bmm", "mv", "dot", "vdot", "linalg_matmul"), products.product),
    **dict.fromkeys(("addmm", "baddbmm", "addmv"), products.added_product),
    "addbmm": products.summed_product,
    "_int_mm": products.product,
    "_grouped_mm": products.grouped_product,
    "_scaled_mm": products.scaled_product,
    "bilinear": products.bilinear,
    "affine_grid_generator": products.affine_grid,
    **dict.fromkeys(("outer", "ger", "addr"), products.outer),
    "_addmm_activation": special.activated_product,
    "conv_tbc": special.convolution_by_time,
    "cdist": special.distances,
    "torchvision::deform_conv2d": special.deformable,
    **dict.fromkeys(fourier.TRANSFORMS, fourier.transform),
    "einsum": einsum,
    "scaled_dot_product_attention": products.attention,
    **{f"_scaled_dot_product_{name}": products.attention for name in ATTENTIONS.split()},
}

_ON_COMPLEX: dict[str, Handle] = {
    name: products.transposed_layer_on_complex if "transpose" in name else products.layer_on_complex
    for name in COMPLEX_LAYERS
}
"""The handles of convolutions on complex numbers, which torch runs as three convolutions of real numbers."""

_RECURRENT: dict[str, Handle] = {
    **{name: recurrent.layer(kind) for name, kind in recurrent.LAYERS.items()},
    **{name: recurrent.cell(kind) for name, kind in recurrent.CELLS.items()},
    recurrent.IN_ONE_KERNEL: recurrent.in_one_kernel,
}

_POOLS: dict[str, Handle] = {
    **{f"avg_pool{sides}d": _averaged("avg-pool", sides, windows) for sides in (1, 2, 3)},
    **{
        f"{under}adaptive_avg_pool{sides}d": _averaged("pool", sides, adaptive_windows)
        for under in ("", "_")
        for sides in (1, 2, 3)
    },
}

_NORMS: dict[str, Handle] = {
    **dict.fromkeys(("batch_norm", "native_batch_norm", "_native_batch_norm_legit", "cudnn_batch_norm"), _batch_norm),
    **dict.fromkeys(("_batch_norm_with_update", "_native_batch_norm_legit_no_training"), _batch_norm),
    **dict.fromkeys(("layer_norm", "native_layer_norm"), _layer_norm),
}

HANDLES: Mapping[str, Handle] = MappingProxyType(
    {
        **{name: _each(kind) for name, kind in ELEMENTWISE.items()},
        **{name: _reduction(kind) for name, kind in REDUCTIONS.items()},
        **_POOLS,
        **_PRODUCTS,
        **_ON_COMPLEX,
        **_RECURRENT,
        **quantized.HANDLES,
        **_NORMS,
        **{name: gradients.each_value(kind) for name, kind in gradients.KINDS.items()},
        "convolution_backward": gradients.convolution,
        **dict.fromkeys(GATHERED, _gathered),
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


def _is_complex(first: Any, *_: Any, **__: Any) -> bool:
    return bool(first.is_complex())


_CONDITIONS: Mapping[str, Callable[..., bool]] = MappingProxyType(
    {
        "einsum": has_two_operands,
        **dict.fromkeys(_ON_COMPLEX, _is_complex),
        **dict.fromkeys(recurrent.LAYERS, recurrent.is_known),
    }
)
"""The operators whose handle is only for some calls, each with a function that returns whether it is for a call."""


FUNCTIONS: Mapping[str, Handle] = MappingProxyType({"flex_attention": products.attention})
"""The handle of each operator that runs functions on values; it gets the first output and three tensors."""


def is_counted(name: str, args: tuple[Any, ...], options: Mapping[str, Any]) -> bool:
    """Return whether an operator has a handle that knows the arguments of this call."""
    handle, condition = HANDLES.get(name), _CONDITIONS.get(name)
    if handle is None or not _accepts(handle, len(args), frozenset(options)):
        return False
    return condition is None or condition(*args, **options)


@cache
def _accepts(handle: Handle, count: int, names: frozenset[str]) -> bool:
    """Return whether a handle can be called with that many arguments by position and those names."""
    try:
        inspect.signature(handle).bind(None, *[None] * count, **dict.fromkeys(names))
    except TypeError:
        return False
    return True
