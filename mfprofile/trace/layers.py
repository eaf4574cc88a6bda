"""The costs of layers from the shapes that they read and put out, by `cost.ops`: for torch's operators and ONNX's."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from mfprofile.cost import ops
from mfprofile.cost.ops import Cost

Shape = Sequence[int]


def convolved(
    out: Shape, image: Shape, weight: Shape, groups: int, is_biased: bool, is_transposed: bool = False
) -> Cost[int]:
    """Return the cost of a convolution in any number of dimensions; 1×1 in any number of groups is pointwise.

    `weight` is outputs × inputs per group × kernel; of a transposed convolution, inputs × outputs per group × kernel.

    >>> convolved((1, 8, 10, 10), (1, 4, 12, 12), (8, 4, 3, 3), 1, False).madds  # 100 · 8 · 4 · 9
    28800
    """
    taps, positions = prod(weight[2:]), tuple(out[2:])
    if is_transposed:
        cost = ops.transposed(image[1] // groups, out[1], taps, tuple(image[2:]), positions, is_biased, groups)
    else:
        outputs, inputs = weight[:2]
        kind = "pointwise" if taps == 1 else "depthwise" if groups > 1 and inputs == 1 else "conv"
        cost = ops.convolution(inputs, outputs, taps, positions, kind, is_biased, groups)
    return cost if image[0] == 1 else ops.repeated(cost, image[0])


def multiplied(out: Shape, first: Shape, second: Shape) -> Cost[int]:
    """Return the cost of `first @ second`: of matrices or vectors (one row, one column), with broadcast dimensions.

    >>> multiplied((4, 5, 7), (4, 5, 3), (3, 7)).madds  # 4 · 5 · 3 · 7
    420
    """
    rows, columns = tuple(first[-2:-1]), tuple(second[-1:]) if len(second) > 1 else ()
    batch = tuple(out)[: len(out) - len(rows) - len(columns)]
    return ops.matmul(prod(batch), prod(rows), first[-1], prod(columns))


def attended(
    batch: int, rows: int, inner: int, columns: int, values: int, is_masked: bool
) -> list[tuple[str, Cost[int]]]:
    """Return the costs of scaled dot-product attention in order: scores, mask, softmax and aggregation.

    `batch` is the number of heads in all, `inner` the channels of a query, `values` those of a value. All rows ×
    columns are counted, causal or not. A mask is an addition. The scale costs nothing, as all constant factors do.
    """
    masked = [("mask", ops.elementwise("add", batch, rows, columns))] if is_masked else []
    return [
        ("scores", ops.matmul(batch, rows, inner, columns)),
        *masked,
        ("softmax", ops.elementwise("softmax", batch, rows, columns)),
        ("aggregate", ops.matmul(batch, rows, columns, values)),
    ]
