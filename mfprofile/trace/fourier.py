"""The handles of Fourier transforms, and the FLOPs of a fast one, which no bill adds to its multiply-adds."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from torch import Tensor

from mfprofile.cost import ops
from mfprofile.trace.products import Named

TRANSFORMS = ("_fft_r2c", "_fft_c2c", "_fft_c2r")


def transform(out: Tensor, values: Tensor, dim: Sequence[int], normalization: int, last: Any) -> Named:  # noqa: ARG001
    """Return the cost of a Fourier transform: an op on each value that it puts out, without multiply-adds."""
    return [("fft", ops.elementwise("fft", *out.shape))]


def flops(out: Tensor, values: Tensor, dim: Sequence[int], *_: Any) -> int:
    """Return the FLOPs of fast Fourier transforms of N points each: 5 · N · ⌈log₂ N⌉, the usual estimate.

    N is the product of the sides that are transformed. For transforms from or to real numbers, they are the sides of
    the real tensor, and half of the work could be saved.

    >>> import torch
    >>> values = torch.empty(3, 6, 8, dtype=torch.complex64, device="meta")
    >>> flops(values, values, [1, 2])  # 3 transforms of 48 points: 3 · 5 · 48 · 6
    4320
    """
    whole = out if not out.is_complex() else values
    points = prod(whole.shape[side] for side in dim)
    return 5 * whole.numel() * (points - 1).bit_length() if points else 0
