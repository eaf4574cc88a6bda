"""Run other people's counters, each on a new copy of a model, on one thread, in the mode that it needs.

The model itself does not change: its state, mode, hooks and statistics change only in the copy. The tools are imported
when they are used. Their output and warnings are hidden.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from mfprofile.trace.calls import Calls
from mfprofile.trace.copies import copied, real
from mfprofile.trace.libraries import imported, quiet
from mfprofile.trace.modules import named_parameters, to_train
from mfprofile.trace.scripts import named_constants
from mfprofile.trace.seeds import seeded
from mfprofile.trace.settings import ONE_AT_A_TIME, no_fast_path, of_any_batch
from mfprofile.verify import tools
from mfprofile.verify.distributions import is_installed
from mfprofile.verify.explanation import Measurement as Measurement
from mfprofile.verify.tools import Inputs as Inputs


@dataclass(frozen=True, slots=True)
class Counter:
    """A tool: the distribution that must be installed, and the function that runs it on a copy of a model in eval mode.

    `module` is what its name is in Python, if that is another. `is_common` is whether an extra installs it. `train`
    runs it on a copy in training mode, with a backward pass; it is None for a tool that cannot count one.
    """

    package: str
    run: Callable[[nn.Module, Inputs], dict[str, Any]]
    module: str = ""
    is_common: bool = True
    train: Callable[[nn.Module, Inputs], dict[str, Any]] | None = None


def measure(name: str, model: nn.Module, image: Tensor | Inputs, training: bool = False) -> Measurement:
    """Run one of `COUNTERS` on a copy of the model and an image (batch, channels, height, width), or several inputs.

    Raises `KeyError` for an unknown name, and for `training` with a tool that cannot count it, and `ImportError` if the
    tool is not installed.
    """
    counter = COUNTERS[name]
    version = importlib.metadata.version(counter.package)
    with ONE_AT_A_TIME, quiet(), seeded(), _one_thread(), no_fast_path():
        network = copied(model, real, share=True)
        run = counter.train if training else counter.run
        if run is None:
            raise KeyError(f"{name} cannot count training")
        with Calls(network, _allow_thread, model).watch():
            fields = run(network, (image,) if isinstance(image, Tensor) else image)
    return Measurement(name, version, **fields)


def _allow_thread(what: str) -> None:
    """Do nothing: unlike a trace, a counter may run a network that calls its modules in other threads."""


def installed(name: str) -> bool:
    """Return whether the tool's package is installed."""
    return is_installed(COUNTERS[name].package, COUNTERS[name].module or COUNTERS[name].package)


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Use one thread inside a with block."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _torch(model: nn.Module, inputs: Inputs) -> dict[str, Any]:
    """Run FlopCounterMode with gradients enabled: under no_grad, it fails on views of parameters, like learned tokens.

    No parameter requires a gradient, though: torch would decompose a fused attention whose mask requires one.
    """
    for _, parameter in named_parameters(model):
        parameter.requires_grad_(False)
    return _flops(model, lambda: model(*inputs))


def _torch_in_training(model: nn.Module, inputs: Inputs) -> dict[str, Any]:
    """Run FlopCounterMode on a forward and a backward pass, from all outputs that depend on what is trained.

    It finds the module of a backward operator by hooks on tensors, which a module without gradients at its input does
    not have. So its shares by module miss some of the total, and are left out.
    """

    def run() -> None:
        returned = tree_leaves(to_train(model, is_copy=True)(*inputs))
        outputs = [each for each in returned if isinstance(each, Tensor) and each.requires_grad]
        if outputs:
            torch.autograd.backward(outputs, [torch.ones_like(each) for each in outputs])

    with of_any_batch(training=True):
        return _flops(model, run) | {"by_path": None}


def _flops(model: nn.Module, run: Callable[[], object]) -> dict[str, Any]:
    from torch.utils.flop_counter import FlopCounterMode

    with torch.enable_grad(), FlopCounterMode(display=False) as mode:
        run()
    root = type(model).__name__
    shares = {path: sum(ops.values()) for path, ops in mode.get_flop_counts().items()}
    by_path = {path.removeprefix(root).removeprefix("."): total for path, total in shares.items() if path != "Global"}
    return {"total": mode.get_total_flops(), "by_path": by_path, "params": parameters(model)}


def parameters(model: nn.Module) -> int:
    """Return how many parameters a model has, each tensor once; those in the graph of a frozen script count too."""
    return sum(tensor.numel() for _, tensor in (*named_parameters(model), *named_constants(model)))


def _fvcore(model: nn.Module, inputs: Inputs) -> dict[str, Any]:
    from fvcore.nn import ActivationCountAnalysis, FlopCountAnalysis, parameter_count

    analysis, outputs = (
        each(model, inputs).unsupported_ops_warnings(False).uncalled_modules_warnings(False)
        for each in (FlopCountAnalysis, ActivationCountAnalysis)
    )
    by_path, activations = (
        {path: int(sum_) for path, sum_ in each.by_module().items()} for each in (analysis, outputs)
    )
    return {
        "total": int(analysis.total()),
        "by_path": by_path,
        "params": parameter_count(model)[""],
        "unsupported": {name.removeprefix("aten::"): count for name, count in analysis.unsupported_ops().items()},
        "activations": activations,
    }


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


class _Inputs(nn.Module):
    """A network that is called with one argument, the tuple of its inputs; ptflops passes keyword arguments."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, inputs: Inputs) -> Any:
        """Return what the network returns for its inputs."""
        return self.model(*inputs)


def _ptflops(backend: str) -> Callable[[nn.Module, Inputs], dict[str, Any]]:
    def run(model: nn.Module, inputs: Inputs) -> dict[str, Any]:
        ptflops = imported("ptflops")  # it imports torchvision
        options = {"as_strings": False, "print_per_layer_stat": False, "verbose": False, "backend": backend}
        options["input_constructor"], output = lambda _: {"inputs": inputs}, io.StringIO()
        with torch.no_grad(), contextlib.redirect_stdout(output):  # without requires_grad it would count no parameters
            total, params = ptflops.get_model_complexity_info(_Inputs(model), (1,), **options)
        if total is None:  # it does not raise the exception but prints it
            raise RuntimeError(re.sub(r".*exception:\s*<class '([^']*)'>", r"\1", output.getvalue(), flags=re.DOTALL))
        return {"total": int(total), "params": int(params)}

    return run


def _torchinfo(model: nn.Module, inputs: Inputs) -> dict[str, Any]:
    import torchinfo

    summary = torchinfo.summary(model, input_data=inputs, verbose=0)
    return {"total": int(summary.total_mult_adds), "params": int(summary.total_params)}


COUNTERS: Mapping[str, Counter] = MappingProxyType(
    {
        "torch": Counter("torch", _torch, train=_torch_in_training),
        "fvcore": Counter("fvcore", _fvcore),
        "thop": Counter("thop", _thop),
        "ptflops": Counter("ptflops", _ptflops("aten")),
        "ptflops-pytorch": Counter("ptflops", _ptflops("pytorch")),
        "torchinfo": Counter("torchinfo", _torchinfo),
        "ultralytics-thop": Counter("ultralytics-thop", tools.ultralytics_thop, "thop", is_common=False),
        "calflops": Counter("calflops", tools.calflops, is_common=False),
        "deepspeed": Counter("deepspeed", tools.deepspeed, is_common=False),
        "torchlens": Counter("torchlens", tools.torchlens, is_common=False),
    }
)
