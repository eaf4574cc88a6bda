"""The handle of an einsum of two operands, which is one matrix product."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from mfprofile.trace.equations import Equation, contracted, parsed
from mfprofile.trace.products import Named


def einsum(out: Tensor, equation: str, operands: Sequence[Tensor], *, path: Any = None) -> Named:  # noqa: ARG001
    """Return the cost of an einsum of two operands as one matrix product, or as a multiplication of each value.

    >>> import torch
    >>> vectors, matrices = torch.empty(5, 3, device="meta"), torch.empty(5, 3, 7, device="meta")
    >>> ((name, cost),) = einsum(vectors, "bi,bij->bj", [vectors, matrices])  # 5 · 3 · 7
    >>> name, cost.madds, cost.out
    ('matmul', 105, (5, 1, 7))
    """
    (first, second), kept = parsed(equation, [tuple(operand.shape) for operand in operands])
    cost = contracted(Equation(first, second, kept))
    return [(cost.kind, cost)]


def has_two_operands(_: str, operands: Sequence[Tensor], *__: Any, **___: Any) -> bool:
    """Return whether an einsum has two operands; torch decomposes all others into products and sums."""
    return len(operands) == 2
