"""The bytes of tensors as they are stored, and the tensors that others consist of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor
from torch.utils._python_dispatch import is_traceable_wrapper_subclass


def inner_tensors(tensor: Tensor) -> list[Tensor]:
    """Return the tensors that a tensor wraps, as those of quantized libraries do, or the tensor itself."""
    if not is_traceable_wrapper_subclass(tensor):
        return [tensor]
    names, _ = tensor.__tensor_flatten__()
    return [each for name in names for each in inner_tensors(getattr(tensor, name))]


def sparse_parts(tensor: Tensor) -> Sequence[Tensor]:
    """Return the tensors of which a sparse tensor consists; none for another tensor without a storage."""
    if tensor.layout is torch.sparse_coo:
        return [tensor._indices(), tensor._values()]
    if tensor.layout in (torch.sparse_csr, torch.sparse_bsr):
        return [tensor.crow_indices(), tensor.col_indices(), tensor.values()]
    if tensor.layout in (torch.sparse_csc, torch.sparse_bsc):
        return [tensor.ccol_indices(), tensor.row_indices(), tensor.values()]
    return []


def tensor_bytes(tensor: Tensor) -> int:
    """Return the bytes of a tensor's values. An expanded tensor has those of its storage, a sparse one its parts'."""
    try:
        return min(tensor.nbytes, tensor.untyped_storage().nbytes())
    except (NotImplementedError, RuntimeError):
        return sum(map(tensor_bytes, sparse_parts(tensor)))


def bytes_by_type(tensors: Iterable[Tensor]) -> Mapping[str, int]:
    """Return the bytes of the values of tensors by type, as they are stored.

    >>> bytes_by_type([torch.zeros(2, 3), torch.zeros(5, dtype=torch.int8), torch.zeros(4)])
    {'float32': 40, 'int8': 5}
    """
    sizes: Counter[str] = Counter()
    for tensor in (inner for each in tensors for inner in inner_tensors(each)):
        for part in sparse_parts(tensor) or [tensor]:
            sizes[str(part.dtype).removeprefix("torch.")] += part.numel() * part.element_size()
    return dict(sizes)
