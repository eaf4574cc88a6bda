"""Run counters that this project does not install: ultralytics-thop, calflops, DeepSpeed's profiler and torchlens."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator
from types import FunctionType
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from mfprofile.trace.libraries import imported

Inputs: TypeAlias = tuple[Tensor, ...]


def ultralytics_thop(model: nn.Module, inputs: Inputs) -> dict[str, Any]:
    """Return the total and the parameters of ultralytics-thop, which is imported as `thop`."""
    import thop

    total, params = thop.profile(model, inputs, verbose=False)
    return {"total": int(total), "params": int(params)}


def calflops(model: nn.Module, inputs: Inputs) -> dict[str, Any]:
    """Return the MACs and the parameters of calflops. It counts only parameters that require a gradient."""
    calculate = imported("calflops").calculate_flops  # it imports torchvision
    with torch.no_grad(), _silent(), _restored("calflops"):
        _, macs, params = calculate(model, args=list(inputs), print_results=False, output_as_string=False)
    return {"total": int(macs), "params": int(params)}


def deepspeed(model: nn.Module, inputs: Inputs) -> dict[str, Any]:
    """Return the MACs and the parameters of DeepSpeed's flops profiler."""
    with _silent():
        from deepspeed.profiling.flops_profiler import get_model_profile

        options = {"print_profile": False, "as_string": False, "detailed": False, "warm_up": 0}
        with torch.no_grad(), _restored("deepspeed"):
            _, macs, params = get_model_profile(model, args=list(inputs), **options)
    return {"total": int(macs), "params": int(params)}


def torchlens(model: nn.Module, inputs: Inputs) -> dict[str, Any]:
    """Return the MACs of the forward pass and the parameters by torchlens."""
    with torch.no_grad(), _silent():
        log = imported("torchlens").trace(model, list(inputs))
    return {"total": int(log.total_macs_forward), "params": int(log.num_params)}


@contextlib.contextmanager
def _restored(tool: str) -> Iterator[None]:
    """Put torch's functions back after the block: a tool that fails leaves its own there, and then counts twice."""
    spaces: list[Any] = [torch, torch.Tensor, nn.functional]
    spaces += [sys.modules["einops"]] if "einops" in sys.modules else []
    before = [dict(vars(space)) for space in spaces]
    try:
        yield
    finally:
        for space, functions in zip(spaces, before, strict=True):
            for name, value in list(vars(space).items()):
                if isinstance(value, FunctionType) and value.__module__.partition(".")[0] == tool:
                    if name in functions:
                        setattr(space, name, functions[name])
                    else:  # torch.Tensor inherits it
                        delattr(space, name)


@contextlib.contextmanager
def _silent() -> Any:
    """Hide what a tool prints."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield
