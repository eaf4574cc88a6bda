"""What versions of torch before the newest one lack, and what a run does instead."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any
from unittest import mock

import torch
from torch._functorch import eager_transforms
from torch.utils._python_dispatch import TorchDispatchMode


def eager() -> contextlib.AbstractContextManager[object]:
    """Return a context in which compiled code runs as it is written. The compiler must be imported."""
    stance = getattr(torch.compiler, "set_stance", None)  # since torch 2.6
    if stance is not None:
        return stance("force_eager")  # type: ignore[no-any-return]
    from torch._dynamo import eval_frame

    return mock.patch.object(eval_frame, "set_eval_frame", lambda _: None)  # a compiled call begins with it


def differentiable() -> contextlib.AbstractContextManager[object]:
    """Return a context in which `torch.func.grad` and its like compute gradients, in inference mode too.

    Without it, older versions return zeros there, and run no backward pass.
    """
    if hasattr(eager_transforms, "_disable_inference_mode"):
        return contextlib.nullcontext()
    nesting = eager_transforms.grad_increment_nesting

    @contextlib.contextmanager
    def in_gradient_mode() -> Iterator[int]:
        with torch.inference_mode(False), torch.set_grad_enabled(torch.is_grad_enabled()), nesting() as level:
            yield level

    return mock.patch.object(eager_transforms, "grad_increment_nesting", in_gradient_mode)


def compiler_is_being_imported() -> bool:
    """Return whether torch imports its compiler now, as `torch.func.grad` of torch 2.6 does: this runs operators."""
    compiler = sys.modules.get("torch._dynamo")
    return compiler is not None and getattr(compiler.__spec__, "_initializing", False)


def admit(mode: type[TorchDispatchMode]) -> None:
    """Let operators with functions as arguments, such as `torch.cond`, run under a mode: in old versions, none may."""
    if not hasattr(TorchDispatchMode, "supports_higher_order_operators"):
        for name in list(torch._ops._higher_order_ops):
            _admit(name, mode.__module__, mode.__qualname__)


@cache
def _admit(name: str, module: str, mode: str) -> None:
    """Register a mode with an operator, once in a process; both are known by their names."""
    operator: Any = torch._ops._higher_order_ops[name]

    def run(self: Any, *args: Any, **options: Any) -> Any:
        return self.__torch_dispatch__(operator, (), args, options)

    operator.py_impl(getattr(sys.modules[module], mode))(run)
