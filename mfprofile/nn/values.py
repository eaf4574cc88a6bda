"""The values of a checkpoint, fitted to the tensors of a model: what does not fit, and what a cast would change."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

NOT_REAL = "not a tensor of real numbers"
WRONG_SHAPE = "wrong shape"
_WHOLE = (torch.int8, torch.int16, torch.int32, torch.int64, torch.uint8)
_PLAIN = (Tensor, torch.nn.Parameter)
"""The types of tensors that are copied. Other subclasses may hold anything."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A value in the type of the model's tensor, or the problem why there is none, and a remark on what has changed."""

    tensor: Tensor | None = None
    problem: str = ""
    remark: str = ""


def fitted(value: object, own: Tensor) -> Fitted:
    """Return a checkpoint's value fitted to a model's tensor `own`, which is not changed.

    Numbers of other precisions are cast. It is a problem if that would lose them: a number that becomes infinite, or
    whole numbers in place of weights, which are quantized weights without their scale.
    """
    if not isinstance(value, Tensor) or type(value) not in _PLAIN or value.is_meta or value.is_quantized:
        return Fitted(problem=NOT_REAL)
    if value.is_nested or value.layout != torch.strided or not (value.is_floating_point() or value.dtype in _WHOLE):
        return Fitted(problem=NOT_REAL)
    if value.shape != own.shape:
        return Fitted(problem=WRONG_SHAPE)
    if _ends_early(value):
        return Fitted(problem="without values")
    if own.is_floating_point() and not value.is_floating_point():
        return Fitted(problem=f"whole numbers ({_short(value.dtype)}) in place of weights")
    try:
        return _cast(value.detach(), own.dtype)
    except RuntimeError:  # torch cannot convert some types, such as float4_e2m1fn_x2
        return Fitted(problem=NOT_REAL)


def _ends_early(value: Tensor) -> bool:
    """Return whether the storage does not hold all values, as after `resize_(0)`. Reading them would crash."""
    steps = sum((size - 1) * stride for size, stride in zip(value.shape, value.stride(), strict=True))
    last = value.storage_offset() + steps + 1 if value.numel() else 0
    return value.untyped_storage().nbytes() < last * value.element_size()


def _cast(value: Tensor, dtype: torch.dtype) -> Fitted:
    """Return the values in another type, compared in float64, which holds them all but for large whole numbers."""
    if value.dtype == dtype and not dtype.is_floating_point:
        return Fitted(value)
    wide = value.to("cpu", torch.float64)
    cast = value.to(dtype)
    back = cast.to("cpu", torch.float64)
    if bool((wide.isfinite() & ~back.isfinite()).any()):
        return Fitted(problem=f"too large for {_short(dtype)}")
    if dtype.is_floating_point:
        same = torch.equal(back.nan_to_num(), wide.nan_to_num())
        return Fitted(cast, remark=_remark(wide, value.dtype, dtype, same))
    return Fitted(cast) if torch.equal(back, wide) else Fitted(problem=f"not whole numbers of type {_short(dtype)}")


def _remark(values: Tensor, before: torch.dtype, after: torch.dtype, same: bool) -> str:
    rounded = "" if same else f"rounded from {_short(before)} to {_short(after)}"
    infinite = "" if bool(values.isfinite().all()) else "with values that are not finite"
    return " and ".join(filter(None, (rounded, infinite)))


def _short(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
