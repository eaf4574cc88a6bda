"""Trace a network: run it once and record its ops, on meta tensors if possible, without changing the user's model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from mfprofile.cost.dataflow import DataFlow
from mfprofile.cost.rows import Part
from mfprofile.cost.subject import Module, Outside, Remark, ValueRead
from mfprofile.errors import InputError
from mfprofile.spec.inputs import InputShape
from mfprofile.spec.problems import unknown
from mfprofile.spec.renamed import renamed
from mfprofile.trace import DEVICES, FILLS
from mfprofile.trace.calls import module_in
from mfprofile.trace.copies import copied
from mfprofile.trace.inputs import Input as Input
from mfprofile.trace.inputs import Maker, input_shapes, maker
from mfprofile.trace.modules import is_leaf, named_modules, named_tensors, own_parameters, to_eval
from mfprofile.trace.recorder import Recorder
from mfprofile.trace.remarks import remarks_on
from mfprofile.trace.result import Trace
from mfprofile.trace.scripts import kernels
from mfprofile.trace.settings import ONE_AT_A_TIME, compiler_is_imported, same_environment, settings
from mfprofile.trace.uses import Use
from mfprofile.trace.ways import WAYS, Failure, Way, with_gradients


class Run(NamedTuple):
    """A run that succeeded: the device, its ops, remarks on it, what it read, and why it did not run on meta."""

    device: str
    parts: Sequence[Part]
    remarks: Sequence[Remark]
    formulas: Sequence[Use]
    values_read: tuple[ValueRead, ...]
    outside: tuple[Outside, ...]
    dataflow: DataFlow
    reason: str = ""


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
    zeros is made; with `fill="random"`, of random values, the same in each run (`inputs.maker`). Any other value is
    passed on. A single shape or tensor needs no list around it.

    All random numbers are seeded during the run, and the caller's states of them are restored. So the same network and
    inputs have the same trace. If the network read values, `Trace.values_read` says where.

    The network runs on meta tensors. If it cannot, it runs with real tensors on a CPU, and the trace has the reason.
    `device` allows only one of the two. A network is refused if it cannot be copied, or if its copy uses the original,
    for example through a function in an attribute that refers to a layer. With `run_original`, such a network runs
    itself, in eval mode, and the run may change it.

    Multiply-adds, elements and outputs are of the whole batch; for a batch of one, they are of one image. Fused
    attention is counted as if it were not fused. Causal attention is counted with all rows × columns. Raises
    `InputError` if the network raises, with the path of the module that did.

    >>> result = trace(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()), (3, 10, 10))
    >>> [(row.name, row.kind, row.madds, row.params) for row in result.rows]  # 27 · 8 · 64 products
    [('0', 'conv', 13824, 224), ('1', 'relu', 0, 0)]
    >>> result.device, result.coverage
    ('meta', Fraction(1, 1))
    """
    _check(model, options)
    ordered = [_typed(model, value) for value in _arguments(inputs)]
    named = {key: _typed(model, value) for key, value in (options or {}).items()}
    ways = [way for way in WAYS if device is None or way.device == str(device)]
    if not ways:
        raise unknown("device", str(device), DEVICES)
    if fill not in FILLS:
        raise unknown("fill", str(fill), FILLS)
    with ONE_AT_A_TIME, same_environment():
        run = _first_run(model, ordered, named, ways, run_original, fill)
    shapes = tuple(input_shapes(ordered, named))
    if isinstance(run, Failure):
        if run.action == "counted":
            raise run.error
        raise InputError(_message(name or type(model).__name__, run, shapes)) from run.error
    modules = {path: _module(module) for path, module in named_modules(model)}
    is_made = any(isinstance(value, Input) for value in (*ordered, *named.values())) or not shapes
    return Trace(
        name or type(model).__name__,
        shapes,
        run.device,
        run.reason,
        modules,
        run.parts,
        fill if is_made else "given",
        run.values_read,
        run.outside,
        run.remarks,
        run.formulas,
        run.dataflow,
    )


def _first_run(
    model: nn.Module,
    inputs: Sequence[Any],
    options: Mapping[str, Any],
    ways: Sequence[Way],
    run_original: bool,
    fill: str,
) -> Run | Failure:
    """Return the first run in one of the ways that succeeds, or the last failure."""
    ways, devices = list(ways), {way.device for way in ways}
    reason, failure = "", None
    while ways:
        way = ways.pop(0)
        was_imported = compiler_is_imported()
        result = _attempt(model, inputs, options, way, fill)
        if isinstance(result, Run):
            return result if way.device == "meta" else result._replace(reason=reason)
        failure = result
        again = way if compiler_is_imported() and not was_imported else with_gradients(way, failure)
        if failure.final:
            original = _way_of_original(model)
            ways = [original] if failure.needs_original and run_original and original.device in devices else []
        elif again is not None:
            ways.insert(0, again)
        if failure.needs_original or way.device == "meta":
            reason = failure.reason
    assert failure is not None
    return failure


def _check(model: Any, options: Any) -> None:
    """Raise `InputError` for a model that is not a network, and for options that are not keyword arguments."""
    if isinstance(model, type):
        raise InputError(f"the model is the class {model.__name__}; make a network of it, such as {model.__name__}()")
    if not isinstance(model, nn.Module):
        raise InputError(f"the model is of type {type(model).__name__}; use a torch.nn.Module")
    if not (options is None or (isinstance(options, Mapping) and all(isinstance(key, str) for key in options))):
        raise InputError("the options must be a mapping of names to values, the keyword arguments of forward")


def _way_of_original(model: nn.Module) -> Way:
    """Return the way to run the network itself, on the device of its tensors."""
    is_blank = any(tensor.is_meta for _, tensor in named_tensors(model))
    return Way("meta", None, "meta") if is_blank else Way("cpu", None)


def _module(module: nn.Module) -> Module:
    kind = type(module)
    own = sum(parameter.numel() for parameter in own_parameters(module))
    derived = any(_is_of_torch(base) for base in kind.__mro__ if base is not nn.Module)
    return Module(kind.__name__, is_leaf(module), _is_of_torch(kind), own, derived)


def _is_of_torch(kind: type) -> bool:
    return kind.__module__.startswith("torch.nn.modules.")


def _message(name: str, failure: Failure, inputs: Sequence[InputShape]) -> str:
    if isinstance(failure.error, InputError) and failure.action == "copied":
        return f"{name}: {failure.error}"
    given = f" ({failure.where}on inputs {', '.join(map(str, inputs)) or 'none'})" if failure.action != "copied" else ""
    return f"{name} cannot be {failure.action}: {failure}{given}"


def _attempt(model: nn.Module, inputs: Sequence[Any], options: Mapping[str, Any], way: Way, fill: str) -> Run | Failure:
    """Run a network in one way, and return what was recorded, or the failure."""
    try:
        with torch.inference_mode(False):  # no tensor of inference can have a gradient
            network = to_eval(model) if way.copy_tensor is None else copied(model, way.copy_tensor)
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
    recorder.reads.note_inputs([*args, *kwargs.values()])
    failure = _run(network, args, kwargs, way, recorder)
    if recorder.formulas.error is not None:
        return recorder.formulas.failure
    if recorder.calls.error is not None:
        return Failure(recorder.calls.error, "", "copied", final=True, needs_original=True)
    if recorder.threads.error is not None:
        return Failure(recorder.threads.error, "", final=True)
    if failure is not None:
        return failure
    remarks = remarks_on(network, recorder, way.gradients)
    uses, reads = recorder.formulas.uses, recorder.reads.values.reads
    return Run(way.device, recorder.parts(), remarks, uses, reads, recorder.outside, recorder.dataflow())


def _run(
    network: nn.Module, args: list[Any], kwargs: Mapping[str, Any], way: Way, recorder: Recorder
) -> Failure | None:
    """Run a network under the recorder, and return its failure, or None if it succeeds."""
    try:
        with settings(way), recorder.calls.watch(), recorder.threads.watch(), recorder:
            recorder.note_unseen(kernels(network))
            output = network(*args, **kwargs)
            recorder.reads.note_returned(tree_leaves(output))
        recorder.output_type = type(output)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a network that raises SystemExit did not run either
        if recorder.fault is not None:
            raise recorder.fault from None
        paths = {id(module): path for path, module in named_modules(network)}
        return Failure(error, module_in(error.__traceback__, paths))
    return None


def _arguments(inputs: Any) -> list[Any]:
    """Return the positional arguments, with shapes as `Input`s."""
    if isinstance(inputs, Tensor | Input) or _is_shape(inputs):
        inputs = [inputs]
    if isinstance(inputs, str | bytes) or not isinstance(inputs, Iterable) or (isinstance(inputs, Mapping) and inputs):
        mapping = "; keyword arguments are the options" if isinstance(inputs, Mapping) else ""
        raise InputError(
            f"the inputs are of type {type(inputs).__name__}; use a tensor, a shape such as (3, 224, 224), or a list "
            f"of the arguments of forward{mapping}"
        )
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
