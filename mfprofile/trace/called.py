"""Find out which function of torch a network calls, for tools that know some functions by name."""

from __future__ import annotations

import sys
from types import FrameType

import torch
from torch import nn

from mfprofile.cost.kinds import ATTENTION
from mfprofile.trace.overloads import Operator

_IN_ATTENTION = frozenset(("softmax", "_softmax", "baddbmm", "scaled_dot_product_attention"))
"""Operators that count otherwise inside an attention; all others are known by their own name."""

_SPLIT = {"mm": "matmul", "mv": "matmul", "dot": "matmul", "addmm": "linear"}
"""The function that most likely called an operator, where torch splits functions before a mode sees them."""

_FUSED = "_scaled_dot_product_"

_ATTENTION = getattr(nn.functional, ATTENTION).__code__
_CALL = nn.Module._call_impl.__code__


def function_of(operator: Operator, is_inside: bool) -> str:
    """Return the function of torch that the network called to run an operator: itself, or one written in Python.

    It is '' for an operator that runs inside another one of torch, or in a backward pass. Where gradients are recorded,
    torch splits its functions into operators.
    """
    name = operator.name
    if name in _IN_ATTENTION and _is_in_attention(sys._getframe()):
        return ATTENTION
    if torch.is_inference_mode_enabled():
        return "" if is_inside else name
    if is_inside or torch._C._current_graph_task_id() >= 0:
        return ""
    return "scaled_dot_product_attention" if name.startswith(_FUSED) else _SPLIT.get(name, name)


def _is_in_attention(frame: FrameType | None) -> bool:
    """Return whether the innermost module that is running runs an attention as one function."""
    while frame is not None and frame.f_code is not _CALL:
        if frame.f_code is _ATTENTION:
            return True
        frame = frame.f_back
    return False
