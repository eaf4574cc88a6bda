"""Op rows from a network that is run once, on meta tensors: no weights, no compute, nothing of the user's touched."""

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
from mfprofile.spec.inputs import InputShape
from mfprofile.spec.problems import InputError, unknown
from mfprofile.spec.renamed import renamed
from mfprofile.spec.words import raised
from mfprofile.trace import DEVICES
from mfprofile.trace.blanks import blank, copied, real
from mfprofile.trace.calls import module_in
from mfprofile.trace.recorder import Recorder
from mfprofile.trace.traced import Trace


class Input(NamedTuple):
    """An input to be made of zeros: its shape without the batch, which is one, and its type; none is the network's."""

    shape: tuple[int, ...]
    dtype: torch.dtype | None = None

    def of(self, model: nn.Module) -> Input:
        """Return it with the type that it has for a model: none given, that of the model's floating point numbers."""
        own = chain(model.parameters(), model.buffers())
        return Input(
            self.shape,
            self.dtype or next((each.dtype for each in own if each.is_floating_point()), torch.float32),
        )


@dataclass(frozen=True, slots=True)
class Way:
    """A way to run a network: the device, what becomes of its tensors, and where tensors that it makes are put.

    With nothing `made` of its tensors, the network is run itself.
    """

    device: str
    made: Callable[[Tensor], Tensor] | None
    fresh: str | None = None


WAYS = (Way("meta", blank), Way("meta", blank, "meta"), Way("cpu", real))
"""The ways, in turn: the second is for networks that make tensors on no device of their inputs."""


class Failure(NamedTuple):
    """What a run raised, the path of the module in which it did, and what could not be done.

    It is `final` where it would be the same in any way to run, and `uncopied` where it would not without a copy.
    """

    error: BaseException
    path: str
    doing: str = "run"
    final: bool = False
    uncopied: bool = False

    @property
    def reason(self) -> str:
        """Return why another way was tried."""
        return "no copy of it can be" if self.uncopied else "meta tensors will not do"

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
) -> Trace:
    """Run a network once, in eval mode on a copy, and return the ops that it ran, as rows under its modules' paths.

    `inputs` are what `forward` takes, `options` its keyword arguments: tensors, taken as they are, batch and all;
    shapes without the batch, such as (3, 224, 224), or `Input`s, of which one image is made; any other value goes
    through. One shape or tensor may stand for itself. It runs on meta tensors and, where they will not do, for real on
    a CPU, which the result says; `device` allows only the one. A network that cannot be copied, or whose copy leads
    back to it, as a function does that is kept beside a layer, is refused, unless it `run_original` itself: it is then
    run itself, in eval mode, and may be changed by that.

    Multiply-adds, elements and outputs are those of all that the inputs hold, for one image of it when they hold one.
    Attention that is fused is counted as if it were not, and all its rows × columns where it is causal. Recurrent
    layers are named, not counted. Raises `InputError` when the network raises, with the module in which it did.

    >>> found = trace(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()), (3, 10, 10))
    >>> [(row.name, row.kind, row.madds, row.params) for row in found.rows]  # 27 · 8 · 64 products
    [('0', 'conv', 13824, 224), ('1', 'relu', 0, 0)]
    >>> found.device, found.coverage
    ('meta', Fraction(1, 1))
    """
    called = [_typed(model, value) for value in _arguments(inputs)]
    given = {key: _typed(model, value) for key, value in (options or {}).items()}
    ways = [way for way in WAYS if device in (None, way.device)]
    if not ways:
        raise unknown("device", str(device), DEVICES)
    failure = None
    while ways:
        way = ways.pop(0)
        found = _attempt(model, called, given, way)
        if isinstance(found, Recorder):
            modules = {path: _module(module) for path, module in model.named_modules()}
            reason = "" if way.device == "meta" or failure is None else f"{failure.reason}: {failure}"
            shapes = tuple(_described(called, given))
            return Trace(name or type(model).__name__, shapes, way.device, reason, modules, found.parts())
        failure = found
        if failure.final:
            itself = _itself(model)
            ways = [itself] if failure.uncopied and run_original and device in (None, itself.device) else []
    assert failure is not None
    raise InputError(_message(name or type(model).__name__, failure, _described(called, given))) from failure.error


def _itself(model: nn.Module) -> Way:
    """Return the way to run a network itself, where its tensors are."""
    is_blank = any(tensor.is_meta for tensor in chain(model.parameters(), model.buffers()))
    return Way("meta", None, "meta") if is_blank else Way("cpu", None)


def _module(module: nn.Module) -> Module:
    kind = type(module)
    own = sum(parameter.numel() for parameter in module.parameters(recurse=False))
    leaf = next(module.children(), None) is None
    return Module(kind.__name__, leaf, kind.__module__.startswith("torch.nn.modules."), own)


def _message(name: str, failure: Failure, inputs: Iterable[InputShape]) -> str:
    if isinstance(failure.error, InputError) and failure.doing == "copied":
        return f"{name}: {failure.error}"
    where = f"in {failure.path} " if failure.path else ""
    given = f" ({where}on inputs {', '.join(map(str, inputs)) or 'none'})" if failure.doing != "copied" else ""
    return f"{name} cannot be {failure.doing}: {failure}{given}"


def _attempt(model: nn.Module, inputs: Sequence[Any], options: Mapping[str, Any], way: Way) -> Recorder | Failure:
    """Return the recorder of one run, or how it failed."""
    try:
        network = model.eval() if way.made is None else copied(model, way.made)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # what a network's own copying raises is its affair
        return Failure(error, "", "copied", final=True, uncopied=not isinstance(error, InputError))
    recorder = Recorder(network, model if network is not model else None)
    try:
        args = [_made(value, way) for value in inputs]
        kwargs = {key: _made(value, way) for key, value in options.items()}
    except RuntimeError as error:  # torch's word for more values than there can be, or than there is memory for
        return Failure(error, "", "given its inputs")
    recorder.take([*args, *kwargs.values()])
    failure = _failed(network, args, kwargs, way, recorder)
    past, stray = recorder.calls.past, recorder.threads.stray
    if past is not None:
        return Failure(past, "", "copied", final=True, uncopied=True)
    return Failure(stray, "", final=True) if stray is not None else failure or recorder


def _failed(
    network: nn.Module, args: list[Any], kwargs: Mapping[str, Any], way: Way, recorder: Recorder
) -> Failure | None:
    """Run a network and have it recorded; return how it failed, if it did."""
    try:
        with _surroundings(way), recorder.calls.watched(), recorder.threads.watched(), recorder:
            recorder.see("its caller", tree_leaves(network(*args, **kwargs)))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a network that exits has not run either
        if recorder.fault is not None:
            raise recorder.fault from None
        paths = {id(module): path for path, module in network.named_modules()}
        return Failure(error, module_in(error.__traceback__, paths))
    return None


@contextlib.contextmanager
def _surroundings(way: Way) -> Iterator[None]:
    """Run without gradients, fast paths and compilation, and leave torch's own state as it was."""
    fast = torch.backends.mha.get_fastpath_enabled()
    fresh = torch.device(way.fresh) if way.fresh else contextlib.nullcontext()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with torch.random.fork_rng(devices=[]), torch.inference_mode(), fresh, _uncompiled():
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)


@contextlib.contextmanager
def _uncompiled() -> Iterator[None]:
    """Run what torch.compile has made as it is written; its compiler, slow to import, is there only if it was used."""
    eager = torch.compiler.set_stance("force_eager") if "torch._dynamo" in sys.modules else contextlib.nullcontext()
    with warnings.catch_warnings(), eager:
        warnings.filterwarnings("ignore", message=r"Using `torch\.compile\(module\)` when there are global hooks")
        yield


def _arguments(inputs: Tensor | Sequence[Any]) -> list[Any]:
    """Return the positional arguments, shapes as `Input`s."""
    if isinstance(inputs, Tensor | Input) or _is_shape(inputs):
        inputs = [inputs]
    return [Input(tuple(value)) if _is_shape(value) else value for value in inputs]


def _typed(model: nn.Module, value: Any) -> Any:
    return value.of(model) if isinstance(value, Input) else value


def _is_shape(value: Any) -> bool:
    whole = isinstance(value, list | tuple) and not isinstance(value, Input)
    return whole and bool(value) and all(type(side) is int for side in value)


def _made(value: Any, way: Way) -> Any:
    """Return an argument as it is given to the copy: never the user's own tensor."""
    if isinstance(value, Input):
        return torch.zeros((1, *value.shape), dtype=value.dtype, device=way.device)
    return way.made(value) if way.made is not None and isinstance(value, Tensor) else value


def _described(ordered: Sequence[Any], named: Mapping[str, Any]) -> Iterator[InputShape]:
    """Yield the shape, the dtype and the name of each input that has a shape."""
    for name, value in [*(("", value) for value in ordered), *named.items()]:
        shape = (1, *value.shape) if isinstance(value, Input) else getattr(value, "shape", None)
        if shape is not None:
            yield InputShape(tuple(shape), str(value.dtype).removeprefix("torch."), name)
