"""The handles of operators that multiply: convolutions, Linear, matrix products, attention.

A handle gets the operator's first output and its ATen arguments, and returns the costs by `cost.ops`. It reads only
shapes: the role of an op says whether its products are of complex numbers. Its signature has the arguments that
it knows: a call with others is not counted by it. The recorder adds the parameters later, from the actual tensors.
"""

from __future__ import annotations

from math import prod
from typing import Any

from torch import Tensor

from mfprofile.cost import ops
from mfprofile.cost.ops import Cost
from mfprofile.trace.layers import attended, convolved, multiplied

Named = list[tuple[str, Cost]]
"""The costs of one operator: its ops by name, usually only one."""


def convolution(
    out: Tensor,
    image: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Any,  # noqa: ARG001 - ATen's arguments by position
    padding: Any,  # noqa: ARG001
    dilation: Any,  # noqa: ARG001
    is_transposed: bool,
    output_padding: Any,  # noqa: ARG001
    groups: int,
    *_: Any,
) -> Named:
    """Return the cost of aten.convolution in 1, 2 or 3 dimensions."""
    cost = convolved(out.shape, image.shape, weight.shape, groups, bias is not None, is_transposed)
    return [(cost.kind, cost)]


def layer_on_complex(
    out: Tensor,
    image: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Named:
    """Return the cost of aten.conv1d, conv2d and conv3d, which torch runs on complex numbers as three convolutions."""
    if image.dim() < weight.dim():  # without a batch
        out, image = out[None], image[None]
    return convolution(out, image, weight, bias, stride, padding, dilation, False, 0, groups)


def transposed_layer_on_complex(
    out: Tensor,
    image: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Named:
    """Return the cost of aten.conv_transpose1d, 2d and 3d on complex numbers."""
    if image.dim() < weight.dim():
        out, image = out[None], image[None]
    return convolution(out, image, weight, bias, stride, padding, dilation, True, output_padding, groups)


def linear(out: Tensor, vectors: Tensor, weight: Tensor, bias: Tensor | None = None) -> Named:  # noqa: ARG001
    """Return the cost of aten.linear on vectors in the last dimension, with any number of dimensions before it."""
    outputs = weight.shape[0] if weight.dim() == 2 else 1
    return [("linear", ops.linear(prod(vectors.shape[:-1]), vectors.shape[-1], outputs))]


def product(out: Tensor, first: Tensor, second: Tensor, out_dtype: Any = None) -> Named:  # noqa: ARG001
    """Return the cost of `first @ second`: of matrices or vectors (one row, one column), with broadcast dimensions.

    >>> import torch
    >>> heads, matrix = torch.empty(4, 5, 3, device="meta"), torch.empty(3, 7, device="meta")
    >>> product(heads @ matrix, heads, matrix)[0][1].madds  # 4 · 5 · 3 · 7
    420
    """
    return [("matmul", multiplied(out.shape, first.shape, second.shape))]


def meets_vector(first: Tensor, second: Tensor) -> bool:
    """Return whether torch runs `first @ second` as a product with a vector.

    A vector to the left of one matrix is a row, not a vector. A batch counts if torch can fold it into rows, which
    needs contiguous dimensions: should_fold in aten/src/ATen/native/LinearAlgebra.cpp.
    """
    is_column = second.dim() == 1
    many, vector = (first, second) if is_column else (second, first)
    if vector.dim() != 1 or (not is_column and many.dim() == 2):
        return False
    rows = many if is_column else many.mT
    sides, strides = rows.shape[1:-1], rows.stride()[:-1]
    return all(one == side * two for one, side, two in zip(strides, sides, strides[1:], strict=False))


def added_product(
    out: Tensor,
    added: Tensor,  # noqa: ARG001
    first: Tensor,
    second: Tensor,
    out_dtype: Any = None,  # noqa: ARG001
    *,
    beta: Any = 1,  # noqa: ARG001
    alpha: Any = 1,  # noqa: ARG001
) -> Named:
    """Return the cost of addmm, baddbmm, addmv: `added + first @ second`; like a bias, `added` has no multiply-adds."""
    return product(out, first, second)


def summed_product(
    out: Tensor,  # noqa: ARG001
    added: Tensor,  # noqa: ARG001
    first: Tensor,
    second: Tensor,
    *,
    beta: Any = 1,  # noqa: ARG001
    alpha: Any = 1,  # noqa: ARG001
) -> Named:
    """Return the cost of addbmm, a sum of products: that of one product with all their inner dimensions together."""
    batch, rows, inner = first.shape
    return [("matmul", ops.matmul(1, rows, batch * inner, second.shape[2]))]


def scaled_product(
    out: Tensor,
    first: Tensor,
    second: Tensor,
    scale_a: Tensor,  # noqa: ARG001
    scale_b: Tensor,  # noqa: ARG001
    bias: Tensor | None = None,  # noqa: ARG001
    scale_result: Tensor | None = None,  # noqa: ARG001
    out_dtype: Any = None,  # noqa: ARG001
    use_fast_accum: bool = False,  # noqa: ARG001
) -> Named:
    """Return the cost of aten._scaled_mm, a product of matrices of 8-bit floats; like a bias, scales cost nothing."""
    return product(out, first, second)


def grouped_product(
    out: Tensor,
    first: Tensor,
    second: Tensor,
    offs: Tensor | None = None,  # noqa: ARG001
    bias: Tensor | None = None,  # noqa: ARG001
    out_dtype: Any = None,  # noqa: ARG001
) -> Named:
    """Return the cost of aten._grouped_mm.

    Either the rows or the columns are in groups, with a matrix for each group, or the inner dimension is, with a result
    for each group. Each output value is a sum over the inner dimension, or over its group's part of it. The parts
    together are the whole inner dimension.
    """
    in_parts = first.dim() == second.dim() == 2 and out.numel()
    results = prod(out.shape[1:]) if in_parts else out.numel()
    return [("matmul", Cost("matmul", tuple(out.shape), results * first.shape[-1], out.numel()))]


def bilinear(out: Tensor, first: Tensor, second: Tensor, weight: Tensor, bias: Tensor | None = None) -> Named:  # noqa: ARG001
    """Return the cost of aten.bilinear as torch runs it: `first` times a matrix, then times `second`, for each output.

    >>> import torch
    >>> first, second, weight = (torch.empty(shape, device="meta") for shape in ((2, 3), (2, 4), (5, 3, 4)))
    >>> bilinear(torch.empty(2, 5, device="meta"), first, second, weight)[0][1].madds  # 2 · 5 · (3 · 4 + 4)
    160
    """
    outputs, one, two = weight.shape
    return [("matmul", ops.matmul(1, prod(first.shape[:-1]), one * two + two, outputs))]


def outer(out: Tensor, *factors: Any, beta: Any = 1, alpha: Any = 1) -> Named:  # noqa: ARG001
    """Return the cost of outer, ger and addr: one product for each pair, as a column times a row."""
    first, second = [each for each in factors if isinstance(each, Tensor)][-2:]
    return [("matmul", ops.matmul(1, first.numel(), 1, second.numel()))]


def affine_grid(out: Tensor, theta: Tensor, *_: Any) -> Named:
    """Return the cost of affine_grid_generator: each position of the grid, a vector, times a matrix for each image."""
    rows, inner = theta.shape[-2:]
    return [("matmul", ops.matmul(theta.shape[0], prod(out.shape[1:-1]), inner, rows))]


def attention(
    out: Tensor,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    *rest: Any,
    attn_mask: Tensor | None = None,
    scale: float | None = None,  # noqa: ARG001
    enable_gqa: bool = False,  # noqa: ARG001
) -> Named:
    """Return the costs of scaled dot-product attention, fused or not: scores, softmax and aggregation.

    Shapes: query (…, heads, rows, channels), key (…, heads, columns, channels), value (…, heads, columns, channels).
    All rows × columns are counted, causal or not, and each head of the query, also if several share a key. A mask is an
    addition. The scale costs nothing, as all constant factors in our bills.
    """
    (rows, inner), columns = query.shape[-2:], key.shape[-2]
    mask = rest[0] if rest and attn_mask is None else attn_mask
    return attended(prod(out.shape[:-2]), rows, inner, columns, value.shape[-1], isinstance(mask, Tensor))


def fuses(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    enable_gqa: bool = False,
    **_: Any,
) -> bool:
    """Return whether torch computes this attention in one kernel on a CPU, not as several products.

    The kernel needs four dimensions, the same batch, heads and channels in all three tensors, contiguous channels, a
    mask with two or four dimensions, and no dropout: aten/src/ATen/native/transformers/sdp_utils_cpp.cpp.
    """
    three = (query, key, value)
    if any(each.dim() != 4 or each.stride(-1) != 1 for each in three) or dropout_p:
        return False
    batch, heads, _rows, channels = query.shape
    shapes_fit = (
        all(each.shape[0] == batch and each.shape[3] == channels for each in three) and key.shape[1] == value.shape[1]
    )
    return shapes_fit and (key.shape[1] == heads or enable_gqa) and (attn_mask is None or attn_mask.dim() in (2, 4))
