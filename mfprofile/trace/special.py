"""The handles of products that few networks run: deformable convolutions, distances, products with an activation."""

from __future__ import annotations

from math import prod
from typing import Any

from torch import Tensor

from mfprofile.cost import ops
from mfprofile.trace.products import Named, product

_AS_PRODUCT = 25
"""The number of vectors above which torch computes Euclidean distances by a product of matrices."""


def activated_product(
    out: Tensor,
    added: Tensor,  # noqa: ARG001 - ATen's arguments by position
    first: Tensor,
    second: Tensor,
    *,
    beta: Any = 1,  # noqa: ARG001
    alpha: Any = 1,  # noqa: ARG001
    use_gelu: bool = False,
) -> Named:
    """Return the costs of aten._addmm_activation: a product of matrices, and ReLU or GELU of the result."""
    kind = "gelu" if use_gelu else "relu"
    return [*product(out, first, second), (kind, ops.elementwise(kind, *out.shape))]


def convolution_by_time(out: Tensor, steps: Tensor, weight: Tensor, bias: Tensor, pad: int = 0) -> Named:  # noqa: ARG001
    """Return the cost of aten.conv_tbc: a convolution of steps × batch × channels along the steps.

    >>> import torch
    >>> steps, weight = torch.empty(9, 2, 8, device="meta"), torch.empty(3, 8, 4, device="meta")
    >>> out = torch.conv_tbc(steps, weight, torch.empty(4, device="meta"))  # 7 steps are left
    >>> convolution_by_time(out, steps, weight, None)[0][1].madds  # 2 · 7 · 3 · 8 · 4
    1344
    """
    taps, inputs, outputs = weight.shape
    kind = "pointwise" if taps == 1 else "conv"
    cost = ops.convolution(inputs, outputs, taps, (out.shape[0],), kind, bias=True)
    return [(kind, cost if steps.shape[1] == 1 else ops.repeated(cost, steps.shape[1]))]


def distances(out: Tensor, first: Tensor, second: Tensor, p: float = 2.0, compute_mode: int | None = None) -> Named:
    """Return the cost of aten.cdist: the distance of each of the first vectors from each of the second.

    torch computes Euclidean distances of more than 25 vectors by one product of matrices, of vectors that are longer by
    two, for the squares of their lengths: _euclidean_dist in aten/src/ATen/native/Distance.cpp. All others are norms of
    differences, which have no products of matrices.

    >>> import torch
    >>> first, second = torch.empty(2, 30, 8, device="meta"), torch.empty(40, 8, device="meta")
    >>> distances(torch.cdist(first, second), first, second)[0][1].madds  # 2 · 30 · 40 · (8 + 2)
    24000
    """
    rows, columns, inner = first.shape[-2], second.shape[-2], first.shape[-1]
    batch = prod(out.shape[:-2])
    by_size = not compute_mode and max(rows, columns) > _AS_PRODUCT
    if p == 2 and (compute_mode == 1 or by_size):
        return [("matmul", ops.matmul(batch, rows, inner + 2, columns))]
    return [("vector-norm", ops.reduction("vector-norm", batch * rows * columns * inner, *out.shape))]


def deformable(
    out: Tensor,
    image: Tensor,
    weight: Tensor,
    offset: Tensor,  # noqa: ARG001
    mask: Tensor,
    bias: Tensor,
    *settings: Any,
) -> Named:
    """Return the costs of torchvision::deform_conv2d: the values that it samples, and the products of the convolution.

    Each tap of each output position samples all input channels at a place of its own, between four pixels. With a
    `mask`, each sample is also multiplied by a value of it.
    """
    use_mask = bool(settings[-1]) and mask.numel() > 0
    outputs, inputs, *sides = weight.shape
    positions, taps, batch = tuple(out.shape[2:]), prod(sides), out.shape[0]
    kind = "pointwise" if taps == 1 else "depthwise" if inputs == 1 and image.shape[1] > 1 else "conv"
    cost = ops.convolution(inputs, outputs, taps, positions, kind, bias.numel() > 0)
    samples = (batch, image.shape[1], taps, *positions)
    masked = [("mask", ops.elementwise("multiply", *samples))] if use_mask else []
    return [
        ("sample", ops.elementwise("grid-sample", *samples)),
        *masked,
        (kind, cost if batch == 1 else ops.repeated(cost, batch)),
    ]
