"""Torch's settings during a run, and their values before it, which are restored."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from collections.abc import Iterator

import torch
from torch import nn
from torch.jit._fuser import optimized_execution

from mfprofile.trace import older
from mfprofile.trace.exclusive import Exclusive
from mfprofile.trace.seeds import seeded
from mfprofile.trace.ways import Way

ONE_AT_A_TIME = Exclusive()
"""Held by a thread during a trace: hooks, fast path, warnings and random state belong to all threads."""


@contextlib.contextmanager
def settings(way: Way) -> Iterator[None]:
    """Turn off fast paths and compilation inside a with block, and gradients unless the way has them.

    Random numbers are seeded, and torch's default device is that of the way. All are restored at the end.
    """
    default_device = torch.device(way.default_device) if way.default_device else contextlib.nullcontext()
    with no_fast_path(), seeded(), _gradients(way), default_device, _uncompiled(), of_any_batch(way.mode.training):
        yield


@contextlib.contextmanager
def no_fast_path() -> Iterator[None]:
    """Turn off the fast path of torch's encoders inside a with block: it hides operators."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


@contextlib.contextmanager
def same_environment() -> Iterator[None]:
    """Restore the process's environment variables after a with block: torch's compiler sets some at its import."""
    before = dict(os.environ)
    try:
        yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update({name: value for name, value in before.items() if os.environ.get(name) != value})


def compiler_is_imported() -> bool:
    """Return whether torch's compiler is imported. Only then can it be turned off."""
    return "torch._dynamo" in sys.modules


@contextlib.contextmanager
def _gradients(way: Way) -> Iterator[None]:
    """Record gradients only if the way has them. In training, `torch.is_grad_enabled` says where a network would."""
    with torch.inference_mode(not way.gradients), torch.set_grad_enabled(way.gradients or way.mode.training):
        yield


@contextlib.contextmanager
def of_any_batch(training: bool) -> Iterator[None]:
    """Let norms take statistics of a single value inside a with block: as if the batch were larger."""
    checks = ("_verify_batch_size", "_verify_spatial_size") if training else ()
    before = {name: getattr(nn.functional, name) for name in checks if hasattr(nn.functional, name)}
    try:
        for name in before:
            setattr(nn.functional, name, lambda _: None)
        yield
    finally:
        for name, check in before.items():
            setattr(nn.functional, name, check)


@contextlib.contextmanager
def _uncompiled() -> Iterator[None]:
    """Run compiled code as it is written, and scripts without fusion, which would hide operators.

    The compiler is slow to import, so it is used only if already imported.
    """
    eager = older.eager() if compiler_is_imported() else contextlib.nullcontext()
    with warnings.catch_warnings(), eager, older.differentiable(), optimized_execution(False):
        warnings.filterwarnings("ignore", message=r"Using `torch\.compile\(module\)` when there are global hooks")
        yield
