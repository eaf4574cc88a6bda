"""Find tensors whose shape does not say what an operator on them costs: nested, sparse, wrappers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from mfprofile.trace.handles import shape_of

_PLAIN: Any = torch._C._disabled_torch_dispatch_impl  # what a class without a `__torch_dispatch__` of its own has


def form_of(tensor: Tensor) -> str:
    """Return the form of a tensor that is not a plain array of numbers: nested, or its layout; else ''."""
    if is_nested(tensor):
        return "nested"
    if tensor.layout is not torch.strided:
        return str(tensor.layout).removeprefix("torch.").removeprefix("_")
    return ""


def named(operator: str, form: str) -> str:
    """Return the name under which an operator is listed that is not counted because of the form of a tensor."""
    return operator if form in ("", "nested") else f"{operator} ({form})"


def is_nested(tensor: Tensor) -> bool:
    """Return whether the sides of a tensor are not numbers."""
    return tensor.is_nested


def wraps(kind: type) -> bool:
    """Return whether a class of tensors runs its operators itself, on tensors that it wraps."""
    return getattr(kind, "__torch_dispatch__", _PLAIN) is not _PLAIN


def size_of(tensors: Sequence[Tensor]) -> tuple[int, ...]:
    """Return the shape of a single tensor, or the number of values of several ones."""
    if len(tensors) == 1 and not is_nested(tensors[0]):
        return shape_of(tensors[0])
    return (sum(tensor.numel() for tensor in tensors),)
