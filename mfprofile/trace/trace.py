"""Trace a network: run it once and record its ops, on meta tensors if possible, without changing the user's model."""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from mfprofile.cost.subject import Module
from mfprofile.errors import InputError
from mfprofile.spec.inputs import InputShape
from mfprofile.spec.problems import unknown
from mfprofile.spec.renamed import renamed
from mfprofile.spec.words import raised
from mfprofile.trace import DEVICES, FILLS
from mfprofile.trace.calls import module_in
from mfprofile.trace.copies import blank, copied, real
from mfprofile.trace.inputs import Input as Input
from mfprofile.trace.inputs import Maker, input_shapes, maker
from mfprofile.trace.recorder import Recorder
from mfprofile.trace.result import Trace
from mfprofile.trace.seeds import seeded


@dataclass(frozen=True, slots=True)
class Way:
    """A way to run a network: the device, how its tensors are copied, and torch's default device during the run.

    If `copy_tensor` is None, the network itself runs, not a copy.
    """

    device: str
    copy_tensor: Callable[[Tensor], Tensor] | None
    default_device: str | None = None


WAYS = (Way("meta", blank), Way("meta", blank, "meta"), Way("cpu", real))
"""The ways to try, in this order. The second is for networks that make tensors without the device of their inputs."""


class Failure(NamedTuple):
    """The exception of a run, the path of the module that raised it, and the action that failed.

    It is `final` if every other way would fail too, and `needs_original` if only a run without a copy could succeed.
    """

    error: BaseException
    path: str
    action: str = "run"
    final: bool = False
    needs_original: bool = False

    @property
    def reason(self) -> str:
        """Return why another way was tried."""
        return "it cannot be copied" if self.needs_original else "it cannot run on meta tensors"

    def __str__(self) -> str:
        return raised(self.error)


@renamed(lends="run_original")
def trace(
    model: nn.Module,
    inputs: Tensor | Sequence[Any],
    options: Mapping[str, Any] | None = None,
    *,
    device: str | None = None,
    name: str | None = None,
    run_original: bool = False,
    fill: str = "zeros",
) -> Trace:
    """Run a copy of a network once in eval mode, and return a trace: the ops that ran, as rows under module paths.

    `inputs` are the positional arguments of `forward`, `options` its keyword arguments. A tensor is used as it is, with
    its batch dimension. For a shape without the batch dimension, such as (3, 224, 224), or an `Input`, one image of
    zeros is made; with `fill="random"`, of random values, the same in each run (`seeds.maker`). Any other value is
    passed on. A single shape or tensor needs no list around it.

    All random numbers are seeded during the run, and the caller's states of them are restored. So the same network and
    inputs have the same trace. If the network read values, `Trace.values_read` says where.

    The network runs on meta tensors. If it cannot, it runs with real tensors on a CPU, and the trace has the reason.
    `device` allows only one of the two. A network is refused if it cannot be copied, or if its copy uses the original,
    for example through a function in an attribute that refers to a layer. With `run_original`, such a network runs
    itself, in eval mode, and the run may change it.

    Multiply-adds, elements and outputs are of the whole batch; for a batch of one, they are of one image. Fused
    attention is counted as if it were not fused. Causal attention is counted with all rows × columns. Recurrent layers
    are listed, not counted. Raises `InputError` if the network raises, with the path of the module that did.

    >>> result = trace(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()), (3, 10, 10))
    >>> [(row.name, row.kind, row.madds, row.params) for row in result.rows]  # 27 · 8 · 64 products
    [('0', 'conv', 13824, 224), ('1', 'relu', 0, 0)]
    >>> result.device, result.coverage
    ('meta', Fraction(1, 1))
    """
    ordered = [_typed(model, value) for value in _arguments(inputs)]
    named = {key: _typed(model, value) for key, value in (options or {}).items()}
    ways = [way for way in WAYS if device in (None, way.device)]
    if not ways:
        raise unknown("device", str(device), DEVICES)
    if fill not in FILLS:
        raise unknown("fill", str(fill), FILLS)
    failure = None
    while ways:
        way = ways.pop(0)
        result = _attempt(model, ordered, named, way, fill)
        if isinstance(result, Recorder):
            modules = {path: _module(module) for path, module in model.named_modules()}
            reason = "" if way.device == "meta" or failure is None else f"{failure.reason}: {failure}"
            shapes = tuple(input_shapes(ordered, named))
            is_made = any(isinstance(value, Input) for value in (*ordered, *named.values())) or not shapes
            parts, reads = result.parts(), result.values.reads
            title, held = name or type(model).__name__, fill if is_made else "given"
            return Trace(title, shapes, way.device, reason, modules, parts, held, reads, result.outside)
        failure = result
        if failure.final:
            original = _way_of_original(model)
            ways = [original] if failure.needs_original and run_original and device in (None, original.device) else []
    assert failure is not None
    raise InputError(_message(name or type(model).__name__, failure, input_shapes(ordered, named))) from failure.error


def _way_of_original(model: nn.Module) -> Way:
    """Return the way to run the network itself, on the device of its tensors."""
    is_blank = any(tensor.is_meta for tensor in chain(model.parameters(), model.buffers()))
    return Way("meta", None, "meta") if is_blank else Way("cpu", None)


def _module(module: nn.Module) -> Module:
    kind = type(module)
    own = sum(parameter.numel() for parameter in module.parameters(recurse=False))
    leaf = next(module.children(), None) is None
    return Module(kind.__name__, leaf, kind.__module__.startswith("torch.nn.modules."), own)


def _message(name: str, failure: Failure, inputs: Iterable[InputShape]) -> str:
    if isinstance(failure.error, InputError) and failure.action == "copied":
        return f"{name}: {failure.error}"
    where = f"in {failure.path} " if failure.path else ""
    given = f" ({where}on inputs {', '.join(map(str, inputs)) or 'none'})" if failure.action != "copied" else ""
    return f"{name} cannot be {failure.action}: {failure}{given}"


def _attempt(
    model: nn.Module, inputs: Sequence[Any], options: Mapping[str, Any], way: Way, fill: str
) -> Recorder | Failure:
    """Return the recorder of one run, or the failure of the run."""
    try:
        network = model.eval() if way.copy_tensor is None else copied(model, way.copy_tensor)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a network's own methods for copying can raise anything
        return Failure(error, "", "copied", final=True, needs_original=not isinstance(error, InputError))
    recorder = Recorder(network, model if network is not model else None)
    try:
        make = maker(fill)
        args = [_argument(value, way, make) for value in inputs]
        kwargs = {key: _argument(value, way, make) for key, value in options.items()}
    except RuntimeError as error:  # torch raises it for too many values, and for too little memory
        return Failure(error, "", "given its inputs")
    recorder.note_inputs([*args, *kwargs.values()])
    failure = _run(network, args, kwargs, way, recorder)
    if recorder.calls.error is not None:
        return Failure(recorder.calls.error, "", "copied", final=True, needs_original=True)
    if recorder.threads.error is not None:
        return Failure(recorder.threads.error, "", final=True)
    return failure or recorder


def _run(
    network: nn.Module, args: list[Any], kwargs: Mapping[str, Any], way: Way, recorder: Recorder
) -> Failure | None:
    """Run a network under the recorder, and return its failure, or None if it succeeds."""
    try:
        with _settings(way), recorder.calls.watch(), recorder.threads.watch(), recorder:
            recorder.reads.note_returned(tree_leaves(network(*args, **kwargs)))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a network that raises SystemExit did not run either
        if recorder.fault is not None:
            raise recorder.fault from None
        paths = {id(module): path for path, module in network.named_modules()}
        return Failure(error, module_in(error.__traceback__, paths))
    return None


@contextlib.contextmanager
def _settings(way: Way) -> Iterator[None]:
    """Turn off gradients, fast paths and compilation inside a with block, and restore torch's state at its end."""
    fast = torch.backends.mha.get_fastpath_enabled()
    default_device = torch.device(way.default_device) if way.default_device else contextlib.nullcontext()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with seeded(), torch.inference_mode(), default_device, _uncompiled():
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)


@contextlib.contextmanager
def _uncompiled() -> Iterator[None]:
    """Run compiled code as it is written. The compiler is slow to import, so it is used only if already imported."""
    eager = torch.compiler.set_stance("force_eager") if "torch._dynamo" in sys.modules else contextlib.nullcontext()
    with warnings.catch_warnings(), eager:
        warnings.filterwarnings("ignore", message=r"Using `torch\.compile\(module\)` when there are global hooks")
        yield


def _arguments(inputs: Tensor | Sequence[Any]) -> list[Any]:
    """Return the positional arguments, with shapes as `Input`s."""
    if isinstance(inputs, Tensor | Input) or _is_shape(inputs):
        inputs = [inputs]
    return [Input(tuple(value)) if _is_shape(value) else value for value in inputs]


def _typed(model: nn.Module, value: Any) -> Any:
    return value.of(model) if isinstance(value, Input) else value


def _is_shape(value: Any) -> bool:
    whole = isinstance(value, list | tuple) and not isinstance(value, Input)
    return whole and bool(value) and all(type(side) is int for side in value)


def _argument(value: Any, way: Way, make: Maker) -> Any:
    """Return an argument for the run; a tensor of the user is copied if the network is."""
    if isinstance(value, Input):
        return make((1, *value.shape), value.dtype or torch.float32, way.device)
    return way.copy_tensor(value) if way.copy_tensor is not None and isinstance(value, Tensor) else value
