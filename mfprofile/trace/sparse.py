"""The handles of products with sparse matrices: only stored values are multiplied."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from mfprofile.cost.ops import Cost
from mfprofile.trace.products import Named


def _shape(out: Tensor) -> tuple[int, ...]:
    shape = tuple(out.shape)
    return shape[1:] if shape[:1] == (1,) else shape


def _product(out: Tensor, first: Tensor, second: Tensor, *_: Any, **__: Any) -> Named:
    """Return the cost of `first @ second`: each stored value meets one value for each column, or row, of the other."""
    if is_sparse(first) and is_sparse(second):
        madds = _meetings(first, second)
    elif is_sparse(first):
        madds = stored(first) * (second.shape[-1] if second.dim() > 1 else 1)
    else:
        madds = stored(second) * (first.shape[-2] if first.dim() > 1 else 1)
    return [("matmul", Cost("matmul", _shape(out), madds, out.numel()))]


def _added_product(out: Tensor, _: Tensor, first: Tensor, second: Tensor, *__: Any, **___: Any) -> Named:
    return _product(out, first, second)


def _linear(out: Tensor, vectors: Tensor, weight: Tensor, bias: Tensor | None = None) -> Named:  # noqa: ARG001
    meets_rows = not is_sparse(vectors)
    madds = stored(weight) * prod(vectors.shape[:-1]) if meets_rows else stored(vectors) * weight.shape[0]
    return [("matmul", Cost("matmul", _shape(out), madds, out.numel()))]


def _sampled(out: Tensor, pattern: Tensor, first: Tensor, *_: Any, **__: Any) -> Named:
    """Return the cost of a product that is computed only where a sparse matrix has values."""
    return [("matmul", Cost("matmul", _shape(out), stored(pattern) * first.shape[-1], stored(pattern)))]


HANDLES: Mapping[str, Callable[..., Named]] = MappingProxyType(
    {
        **dict.fromkeys(("matmul", "mm", "mv", "bmm", "_sparse_mm"), _product),
        **dict.fromkeys(("addmm", "addmv", "_sparse_addmm"), _added_product),
        "linear": _linear,
        "sparse_sampled_addmm": _sampled,
    }
)


def is_sparse(tensor: Tensor) -> bool:
    """Return whether a tensor keeps only some of its values, in one of torch's sparse layouts."""
    return str(tensor.layout).startswith("torch.sparse_")


def counts(name: str, tensors: Sequence[Tensor]) -> bool:
    """Return whether an operator is a product that can be counted by stored values.

    A product of two sparse matrices needs their indices, which meta tensors do not have, and matrices without a batch.
    """
    given = [each for each in tensors if is_sparse(each)]
    if name not in HANDLES or not given:
        return False
    can_meet = not any(each.is_meta or each.dim() > 2 for each in given)
    return len(given) == 1 or (name in ("matmul", "mm", "_sparse_mm") and can_meet)


def stored(tensor: Tensor) -> int:
    """Return the number of stored values; those of a block are all stored, and so are zeros.

    >>> stored(torch.eye(4).to_sparse())
    4
    """
    values = tensor._values() if tensor.layout is torch.sparse_coo else tensor.values()
    return values.numel()


def _meetings(first: Tensor, second: Tensor) -> int:
    """Return the number of pairs of stored values that are multiplied: of a column, and of the row with its number."""
    inner = first.shape[1]
    columns = first.to_sparse(layout=torch.sparse_coo)._indices()[1]
    rows = second.to_sparse(layout=torch.sparse_coo)._indices()[0]
    by_column, by_row = (torch.bincount(each, minlength=inner) for each in (columns, rows))
    return int((by_column * by_row).sum())
