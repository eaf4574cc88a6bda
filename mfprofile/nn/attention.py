"""Scaled dot-product attention in explicit matrix products, as Former and both bridges have it.

Written out so that every counter sees the two products: a fused attention hides them from some.
"""

from __future__ import annotations

import torch
from torch import Tensor


def attend(query: Tensor, keys: Tensor, values: Tensor, heads: int) -> tuple[Tensor, Tensor]:
    """Return softmax(query · keysᵀ / √(channels a head)) · values, and that softmax.

    Shapes: query (batch, rows, channels), keys and values (batch, columns, channels) → (batch, rows, channels) and
    (batch, heads, rows, columns), which sums to 1 over the columns. The former is contiguous, so that a Linear after
    it is one `addmm` whatever the widths: some counters tell by that if there is a bias.

    >>> query, keys = torch.zeros(1, 1, 4), torch.tensor([[[1.0, 2, 3, 4], [3, 4, 5, 6]]])
    >>> attend(query, keys, keys, heads=2)  # a query that knows nothing finds the mean
    (tensor([[[2., 3., 4., 5.]]]), tensor([[[[0.5000, 0.5000]],
    <BLANKLINE>
             [[0.5000, 0.5000]]]]))
    """
    query, keys, values = _split(query, heads), _split(keys, heads), _split(values, heads)
    scale = query.shape[3] ** -0.5
    weights = (query * scale @ keys.transpose(2, 3)).softmax(-1)
    return (weights @ values).transpose(1, 2).flatten(2).contiguous(), weights


def _split(vectors: Tensor, heads: int) -> Tensor:
    """Split (batch, count, channels) to (batch, heads, count, channels / heads): a head is a contiguous slice."""
    return torch.unflatten(vectors, 2, (heads, -1)).transpose(1, 2)
