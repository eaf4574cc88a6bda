"""Counters that others wrote, each run on a fresh copy of a model, on one thread, in the mode it needs.

A model that is handed in stays as it was: its state, mode, hooks and statistics are the copy's affair. The tools are
imported where they are used; what they print or warn of is theirs and is kept back.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import inspect
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from mfprofile.trace.blanks import copied, real
from mfprofile.trace.calls import Calls
from mfprofile.trace.libraries import imported, quiet

Inputs: TypeAlias = tuple[Tensor, ...]


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a tool said of a model: its total, and where it says so each module's share by path (the root is '').

    `total` and `by_path` are in the tool's own unit; `params` are the parameters it counted; `unsupported` are the
    operators that it met and named as not counted, with how often. `activations` are what it says of the values that
    ops put out, by path, where it counts those.
    """

    tool: str
    version: str
    total: int
    params: int | None = None
    by_path: Mapping[str, int] | None = None
    unsupported: Mapping[str, int] = field(default_factory=dict)
    activations: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Counter:
    """A tool: the package that must be installed, and how it is run on a copy of a model in eval mode."""

    package: str
    run: Callable[[nn.Module, Inputs], dict[str, Any]]


def measure(name: str, model: nn.Module, image: Tensor | Inputs) -> Measurement:
    """Run one of `COUNTERS` on a copy of the model and an image (batch, channels, height, width), or several inputs.

    Raises `KeyError` for a name that is none and `ImportError` where the tool is not installed.
    """
    counter = COUNTERS[name]
    version = importlib.metadata.version(counter.package)
    with quiet(), _plainly():
        network = copied(model, real, share=True)
        with Calls(network, _in_thread, model).watched():
            found = counter.run(network, (image,) if isinstance(image, Tensor) else image)
    return Measurement(name, version, **found)


def _in_thread(what: str) -> None:
    """Let a network call what it likes in other threads: what a counter sees of it is the counter's affair."""


def installed(name: str) -> bool:
    """Return whether the tool's package is there."""
    return importlib.util.find_spec(COUNTERS[name].package) is not None


@contextlib.contextmanager
def _plainly() -> Iterator[None]:
    """Run on one thread, and without the fast path of torch's encoders, into which no counter looks."""
    threads, fast = torch.get_num_threads(), torch.backends.mha.get_fastpath_enabled()
    torch.set_num_threads(1)
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.backends.mha.set_fastpath_enabled(fast)


def _torch(model: nn.Module, inputs: Inputs) -> dict[str, Any]:
    """FlopCounterMode, with gradients on: under no_grad it trips over views of parameters, such as learned tokens.

    None is asked for, though: a mask that needs one has a fused attention taken apart.
    """
    from torch.utils.flop_counter import FlopCounterMode

    with torch.enable_grad(), FlopCounterMode(display=False) as mode:
        model.requires_grad_(False)(*inputs)
    root = type(model).__name__
    shares = {path: sum(ops.values()) for path, ops in mode.get_flop_counts().items()}
    by_path = {path.removeprefix(root).removeprefix("."): total for path, total in shares.items() if path != "Global"}
    return {"total": mode.get_total_flops(), "by_path": by_path, "params": parameters(model)}


def parameters(model: nn.Module) -> int:
    """Return how many parameters a model has, each tensor once."""
    return sum(parameter.numel() for parameter in model.parameters())


def _fvcore(model: nn.Module, inputs: Inputs) -> dict[str, Any]:
    from fvcore.nn import ActivationCountAnalysis, FlopCountAnalysis, parameter_count

    analysis, outputs = (
        each(model, inputs).unsupported_ops_warnings(False).uncalled_modules_warnings(False)
        for each in (FlopCountAnalysis, ActivationCountAnalysis)
    )
    by_path, activations = (
        {path: int(sum_) for path, sum_ in each.by_module().items()} for each in (analysis, outputs)
    )
    unsupported = {name.removeprefix("aten::"): count for name, count in analysis.unsupported_ops().items()}
    params = parameter_count(model)[""]
    found = {"total": int(analysis.total()), "by_path": by_path, "params": params, "unsupported": unsupported}
    return {**found, "activations": activations}


def _thop(model: nn.Module, inputs: Inputs) -> dict[str, Any]:
    import thop

    total, params, layers = thop.profile(model, inputs, verbose=False, ret_layer_info=True)
    by_path = {"": int(total)} | dict(_thop_paths(layers, ""))
    return {"total": int(total), "params": int(params), "by_path": by_path}


def _thop_paths(layers: Mapping[str, Any], above: str) -> Iterator[tuple[str, int]]:
    for name, (total, _, below) in layers.items():
        path = f"{above}.{name}" if above else name
        yield path, int(total)
        yield from _thop_paths(below, path)


def _ptflops(backend: str) -> Callable[[nn.Module, Inputs], dict[str, Any]]:
    def run(model: nn.Module, inputs: Inputs) -> dict[str, Any]:
        ptflops = imported("ptflops")  # which looks into torchvision
        named = dict(zip(inspect.signature(model.forward).parameters, inputs, strict=False))  # it takes no others
        alone = len(inputs) == 1 and inputs[0].is_floating_point()
        options: dict[str, Any] = {} if alone else {"input_constructor": lambda _: named}
        options |= {"as_strings": False, "print_per_layer_stat": False, "verbose": False, "backend": backend}
        shape, told = tuple(inputs[0].shape[1:]) if inputs else (1,), io.StringIO()
        with torch.no_grad(), contextlib.redirect_stdout(told):  # without gradients it would count no parameters
            total, params = ptflops.get_model_complexity_info(model, shape, **options)
        if total is None:  # it prints what was raised
            raise RuntimeError(re.sub(r".*exception:\s*<class '([^']*)'>", r"\1", told.getvalue(), flags=re.DOTALL))
        return {"total": int(total), "params": int(params)}

    return run


def _torchinfo(model: nn.Module, inputs: Inputs) -> dict[str, Any]:
    import torchinfo

    found = torchinfo.summary(model, input_data=inputs, verbose=0)
    return {"total": int(found.total_mult_adds), "params": int(found.total_params)}


COUNTERS: Mapping[str, Counter] = MappingProxyType(
    {
        "torch": Counter("torch", _torch),
        "fvcore": Counter("fvcore", _fvcore),
        "thop": Counter("thop", _thop),
        "ptflops": Counter("ptflops", _ptflops("aten")),
        "ptflops-pytorch": Counter("ptflops", _ptflops("pytorch")),
        "torchinfo": Counter("torchinfo", _torchinfo),
    }
)
