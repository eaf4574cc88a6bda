"""The handles of operators that multiply: convolutions, Linear, matrix products, einsum, attention.

A handle gets the operator's first output and its ATen arguments, and returns the costs by `cost.ops`. It reads only
shapes. The recorder adds the parameters later, from the actual tensors.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from torch import Tensor

from mfprofile.cost import ops
from mfprofile.cost.ops import Cost

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
    """Return the cost of aten.convolution in 1, 2 or 3 dimensions; 1×1 in any number of groups is pointwise."""
    taps, positions = prod(weight.shape[2:]), tuple(out.shape[2:])
    if is_transposed:
        read, outputs = tuple(image.shape[2:]), out.shape[1]
        cost = ops.transposed(image.shape[1] // groups, outputs, taps, read, positions, bias is not None)
    else:
        outputs, inputs = weight.shape[:2]
        kind = "pointwise" if taps == 1 else "depthwise" if groups > 1 and inputs == 1 else "conv"
        cost = ops.convolution(inputs, outputs, taps, positions, kind, bias is not None)
    return [(cost.kind, cost if image.shape[0] == 1 else ops.repeated(cost, image.shape[0]))]


def linear(out: Tensor, vectors: Tensor, weight: Tensor, bias: Tensor | None = None) -> Named:  # noqa: ARG001
    """Return the cost of aten.linear on vectors in the last dimension, with any number of dimensions before it."""
    outputs = weight.shape[0] if weight.dim() == 2 else 1
    return [("linear", ops.linear(prod(vectors.shape[:-1]), vectors.shape[-1], outputs))]


def product(out: Tensor, first: Tensor, second: Tensor, *_: Any) -> Named:
    """Return the cost of `first @ second`: of matrices or vectors (one row, one column), with broadcast dimensions.

    >>> import torch
    >>> heads, matrix = torch.empty(4, 5, 3, device="meta"), torch.empty(3, 7, device="meta")
    >>> product(heads @ matrix, heads, matrix)[0][1].madds  # 4 · 5 · 3 · 7
    420
    """
    one, two = tuple(first.shape), tuple(second.shape)
    rows, columns = one[-2:-1], two[-1:] if len(two) > 1 else ()
    batch = out.shape[: out.dim() - len(rows) - len(columns)]
    return [("matmul", ops.matmul(prod(batch), prod(rows), one[-1], prod(columns)))]


def meets_vector(first: Tensor, second: Tensor) -> bool:
    """Return whether torch runs `first @ second` as a product with a vector.

    A vector to the left of one matrix is a row, not a vector. A batch counts if torch can fold it into rows, which
    needs contiguous dimensions: should_fold in aten/src/ATen/native/LinearAlgebra.cpp.
    """
    many, vector = (first, second) if second.dim() == 1 else (second, first)
    if vector.dim() != 1 or (many is second and many.dim() == 2):
        return False
    rows = many.mT if many is second else many
    sides, strides = rows.shape[1:-1], rows.stride()[:-1]
    return all(one == side * two for one, side, two in zip(strides, sides, strides[1:], strict=False))


def added_product(out: Tensor, added: Tensor, first: Tensor, second: Tensor, **_: Any) -> Named:  # noqa: ARG001
    """Return the cost of addmm, baddbmm, addmv: `added + first @ second`; like a bias, `added` has no multiply-adds."""
    return product(out, first, second)


def summed_product(out: Tensor, added: Tensor, first: Tensor, second: Tensor, **_: Any) -> Named:  # noqa: ARG001
    """Return the cost of addbmm, a sum of products: that of one product with all their inner dimensions together."""
    batch, rows, inner = first.shape
    return [("matmul", ops.matmul(1, rows, batch * inner, second.shape[2]))]


def grouped_product(out: Tensor, first: Tensor, second: Tensor, *_: Any, **__: Any) -> Named:
    """Return the cost of aten._grouped_mm.

    Either the rows or the columns are in groups, with a matrix for each group, or the inner dimension is, with a result
    for each group. Each output value is a sum over the inner dimension, or over its group's part of it. The parts
    together are the whole inner dimension.
    """
    groups = out.shape[0] if first.dim() == second.dim() == 2 else 1
    return [("matmul", Cost("matmul", tuple(out.shape), out.numel() // groups * first.shape[-1], out.numel()))]


def bilinear(out: Tensor, first: Tensor, second: Tensor, weight: Tensor, bias: Tensor | None = None) -> Named:  # noqa: ARG001
    """Return the cost of aten.bilinear as torch runs it: `first` times a matrix, then times `second`, for each output.

    >>> import torch
    >>> first, second, weight = (torch.empty(shape, device="meta") for shape in ((2, 3), (2, 4), (5, 3, 4)))
    >>> bilinear(torch.empty(2, 5, device="meta"), first, second, weight)[0][1].madds  # 2 · 5 · (3 · 4 + 4)
    160
    """
    outputs, one, two = weight.shape
    return [("matmul", ops.matmul(1, prod(first.shape[:-1]), one * two + two, outputs))]


def outer(out: Tensor, *factors: Any, **_: Any) -> Named:  # noqa: ARG001
    """Return the cost of outer, ger and addr: one product for each pair, as a column times a row."""
    first, second = [each for each in factors if isinstance(each, Tensor)][-2:]
    return [("matmul", ops.matmul(1, first.numel(), 1, second.numel()))]


def attention(out: Tensor, query: Tensor, key: Tensor, value: Tensor, *rest: Any, **options: Any) -> Named:
    """Return the costs of scaled dot-product attention, fused or not: scores, softmax and aggregation.

    Shapes: query (…, heads, rows, channels), key (…, heads, columns, channels), value (…, heads, columns, channels).
    All rows × columns are counted, causal or not, and each head of the query, also if several share a key. A mask is an
    addition. The scale costs nothing, as all constant factors in our bills.
    """
    batch, (rows, inner), columns = prod(out.shape[:-2]), query.shape[-2:], key.shape[-2]
    mask = rest[0] if rest else options.get("attn_mask")
    masked = [("mask", ops.elementwise("add", batch, rows, columns))] if isinstance(mask, Tensor) else []
    return [
        ("scores", ops.matmul(batch, rows, inner, columns)),
        *masked,
        ("softmax", ops.elementwise("softmax", batch, rows, columns)),
        ("aggregate", ops.matmul(batch, rows, columns, value.shape[-1])),
    ]


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


def einsum(out: Tensor, equation: str, operands: Sequence[Tensor], **_: Any) -> Named | None:  # noqa: ARG001
    """Return the cost of an einsum of two operands as one matrix product, or None if torch must decompose it.

    Letters in both operands and in the output are the batch. Letters in both operands only are the inner dimension.
    Letters in one operand only are its rows or columns. If the output does not have them, they are summed first.

    >>> import torch
    >>> vectors, matrices = torch.empty(5, 3, device="meta"), torch.empty(5, 3, 7, device="meta")
    >>> ((name, cost),) = einsum(vectors, "bi,bij->bj", [vectors, matrices])  # 5 · 3 · 7
    >>> name, cost.madds, cost.out
    ('matmul', 105, (5, 1, 7))
    """
    terms = _terms(equation, operands)
    if terms is None:
        return None
    first, second, result = terms
    sides = _sides(zip(first, operands[0].shape, strict=True), zip(second, operands[1].shape, strict=True))
    shared, kept = set(first) & set(second), set(result)
    batch, inner = _size(sides, shared & kept), _size(sides, shared - kept)
    rows, columns = (set(first) - shared) & kept, (set(second) - shared) & kept
    if shared <= kept and not (rows and columns):
        return [("multiply", ops.elementwise("multiply", *[sides[letter] for letter in result]))]
    return [("matmul", ops.matmul(batch, _size(sides, rows), inner, _size(sides, columns)))]


def _terms(equation: str, operands: Sequence[Tensor]) -> tuple[str, str, str] | None:
    """Return the letters of both operands and of the output, or None for an equation that is not that simple."""
    equation = equation.replace(" ", "")
    left, arrow, result = equation.partition("->")
    terms = left.split(",")
    if not arrow:
        letters = left.replace(",", "")
        result = "".join(sorted(letter for letter in set(letters) if letters.count(letter) == 1))
    is_simple = all(len(set(term)) == len(term) for term in terms) and "." not in equation
    return (terms[0], terms[1], result) if is_simple and len(terms) == 2 == len(operands) else None


def _sides(*named: Any) -> dict[str, int]:
    """Return the size of each letter; a size of 1 is broadcast to the other one."""
    sides: dict[str, int] = {}
    for pairs in named:
        for letter, size in pairs:
            sides[letter] = size if sides.get(letter, 1) == 1 else sides[letter]
    return sides


def _size(sides: dict[str, int], letters: set[str]) -> int:
    return prod(sides[letter] for letter in letters)
