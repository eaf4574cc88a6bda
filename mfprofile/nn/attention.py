"""Scaled dot-product attention as explicit matrix products, for Former and both bridges.

It is written out so that every counter sees the two products. Some counters do not see those of a fused attention.
"""

from __future__ import annotations

import torch
from torch import Tensor


def attend(query: Tensor, keys: Tensor, values: Tensor, heads: int) -> tuple[Tensor, Tensor]:
    """Return softmax(query · keysᵀ / √(channels per head)) · values, and that softmax.

    Shapes: query (batch, rows, channels), keys and values (batch, columns, channels) → (batch, rows, channels) and
    (batch, heads, rows, columns), which sums to 1 over the columns. The first result is contiguous, so that a Linear
    after it is one `addmm` for all widths. Some counters use that to see whether there is a bias.

    >>> query, keys = torch.zeros(1, 1, 4), torch.tensor([[[1.0, 2, 3, 4], [3, 4, 5, 6]]])
    >>> attend(query, keys, keys, heads=2)  # a query of zeros returns the mean
    (tensor([[[2., 3., 4., 5.]]]), tensor([[[[0.5000, 0.5000]],
    <BLANKLINE>
             [[0.5000, 0.5000]]]]))
    """
    query, keys, values = _split(query, heads), _split(keys, heads), _split(values, heads)
    scale = query.shape[3] ** -0.5
    weights = (query * scale @ keys.transpose(2, 3)).softmax(-1)
    return (weights @ values).transpose(1, 2).flatten(2).contiguous(), weights


def _split(vectors: Tensor, heads: int) -> Tensor:
    """Return (batch, count, channels) as (batch, heads, count, channels / heads). A head is a contiguous slice."""
    return torch.unflatten(vectors, 2, (heads, -1)).transpose(1, 2)
