"""Trace a network: run it once and record its ops, on meta tensors if possible, without changing the user's model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from mfprofile.cost.subject import Module
from mfprofile.cost.training import mode_of
from mfprofile.errors import InputError
from mfprofile.spec.inputs import InputShape
from mfprofile.spec.problems import unknown
from mfprofile.spec.renamed import renamed
from mfprofile.spec.words import shown
from mfprofile.trace import DEVICES, FILLS
from mfprofile.trace.backward import differences
from mfprofile.trace.calls import module_in
from mfprofile.trace.given import filled, input_shapes, positional, tensors_of
from mfprofile.trace.inputs import Input as Input
from mfprofile.trace.inputs import Maker, maker
from mfprofile.trace.mode import Mode
from mfprofile.trace.modules import is_leaf, named_modules, own_parameters
from mfprofile.trace.recorder import Recorder
from mfprofile.trace.result import Trace
from mfprofile.trace.runs import Run, run_of
from mfprofile.trace.scripts import kernels
from mfprofile.trace.settings import ONE_AT_A_TIME, compiler_is_imported, same_environment, settings
from mfprofile.trace.ways import WAYS, Failure, Way, network_for, way_of_original, with_gradients


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
    batch: int | None = 1,
    training: bool = False,
    causal: str = "all",
) -> Trace:
    """Run a copy of a network once in eval mode, and return a trace: the ops that ran, as rows under module paths.

    `inputs` are the positional arguments of `forward`, `options` its keyword arguments. A tensor is used as it is, with
    its batch dimension. For a shape without the batch dimension, such as (3, 224, 224), or an `Input`, `batch` images
    of zeros are made; with `fill="random"`, of random values, the same in each run (`inputs.maker`). With `batch=None`,
    the shapes are used as they are. Any other value is passed on, with its tensors copied: a dict, a dataclass, a flag.
    A single shape or tensor needs no list around it.

    All random numbers are seeded during the run, and the caller's states of them are restored. So the same network and
    inputs have the same trace. If the network read values, `Trace.values_read` says where.

    The network runs on meta tensors. If it cannot, it runs with real tensors on a CPU, and the trace has the reason.
    `device` allows only one of the two. A network is refused if it cannot be copied, or if its copy uses the original,
    for example through a function in an attribute that refers to a layer. With `run_original`, such a network runs
    itself, in eval mode, and the run may change it.

    With `training`, the network runs in training mode, and multiply-adds are those of a forward and a backward pass: of
    each product once, and once more for each operand that needs a gradient, if its output reaches what the network
    returns. Inputs and parameters need one if they require it, as `requires_grad` says.

    Multiply-adds, elements and outputs are of the whole batch; for a batch of one, they are of one image. Fused
    attention is counted as if it were not fused. Causal attention is counted with all rows × columns, or, with
    `causal="pairs"`, with the pairs whose key is not after the query. Raises `InputError` if the network raises, with
    the path of the module that did.

    >>> result = trace(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()), (3, 10, 10))
    >>> [(row.name, row.kind, row.madds, row.params) for row in result.rows]  # 27 · 8 · 64 products
    [('0', 'conv', 13824, 224), ('1', 'relu', 0, 0)]
    >>> result.device, result.coverage
    ('meta', Fraction(1, 1))
    """
    _check(model, options)
    ordered = [_typed(model, value) for value in positional(inputs)]
    named = {key: _typed(model, value) for key, value in (options or {}).items()}
    mode = Mode(training, causal).checked()
    ways = [replace(way, mode=mode) for way in WAYS if device is None or way.device == str(device)]
    if not ways:
        raise unknown("device", str(device), DEVICES)
    if fill not in FILLS:
        raise unknown("fill", str(fill), FILLS)
    if batch is not None and (type(batch) is not int or batch < 1):
        raise InputError(f"batch {shown(batch)}: must be 1 or more, or None for shapes as they are")
    with ONE_AT_A_TIME, same_environment():
        run = _first_run(model, ordered, named, ways, run_original, partial(maker, fill, batch))
    shapes = tuple(input_shapes(ordered, named, batch))
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
        batch if is_made else None,
        mode_of(training),
        run.frozen,
        run.causal,
    )


def _first_run(
    model: nn.Module,
    inputs: Sequence[Any],
    options: Mapping[str, Any],
    ways: Sequence[Way],
    run_original: bool,
    new_maker: Callable[[], Maker],
) -> Run | Failure:
    """Return the first run in one of the ways that succeeds, or the last failure."""
    ways, devices = list(ways), {way.device for way in ways}
    reason, failure = "", None
    while ways:
        way = ways.pop(0)
        was_imported = compiler_is_imported()
        result = _attempt(model, inputs, options, way, new_maker())
        if isinstance(result, Run):
            return result if way.device == "meta" else result._replace(reason=reason)
        failure = result
        again = way if compiler_is_imported() and not was_imported else with_gradients(way, failure)
        if failure.final:
            original = replace(way_of_original(model), mode=way.mode)
            is_new = way.copy_tensor is not None  # the original itself may be what failed
            runs = is_new and failure.needs_original and run_original and original.device in devices
            ways = [original] if runs else []
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


def _module(module: nn.Module) -> Module:
    kind = type(module)
    own = sum(parameter.numel() for parameter in own_parameters(module))
    layer = next((base.__name__ for base in kind.__mro__ if _is_of_torch(base) and base is not nn.Module), "")
    return Module(kind.__name__, is_leaf(module), _is_of_torch(kind), own, layer)


def _is_of_torch(kind: type) -> bool:
    return kind.__module__.startswith("torch.nn.modules.")


def _message(name: str, failure: Failure, inputs: Sequence[InputShape]) -> str:
    if isinstance(failure.error, InputError) and failure.action == "copied":
        return f"{name}: {failure.error}"
    given = f" ({failure.where}on inputs {', '.join(map(str, inputs)) or 'none'})" if failure.action != "copied" else ""
    return f"{name} cannot be {failure.action}: {failure}{given}"


def _attempt(
    model: nn.Module, inputs: Sequence[Any], options: Mapping[str, Any], way: Way, make: Maker
) -> Run | Failure:
    """Run a network in one way, and return what was recorded, or the failure."""
    try:
        network = network_for(model, way)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a network's own methods for copying can raise anything
        return Failure(error, "", "copied", final=True, needs_original=not isinstance(error, InputError))
    recorder = Recorder(network, model if network is not model else None, way.mode)
    try:
        args, kwargs = filled(inputs, options, make, way.device, way.copy_input)
    except Exception as error:  # too many values, too little memory, or a value that cannot be copied
        return Failure(error, "", "given its inputs")
    recorder.reads.note_inputs(tensors_of([*args, *kwargs.values()]))
    failure = _failure_of(recorder, _run(network, args, kwargs, way, recorder))
    if failure is not None:
        return failure

    def again() -> tuple[nn.Module, Sequence[Any], Mapping[str, Any]]:
        return network_for(model, way), *filled(inputs, options, make, way.device, way.copy_input)

    run = run_of(network, recorder, way)
    return run._replace(remarks=(*run.remarks, *differences(again, way, run.parts, run.causal)))


def _failure_of(recorder: Recorder, failure: Failure | None) -> Failure | None:
    """Return the first failure of a run that was recorded, else that of the run itself."""
    if recorder.formulas.error is not None:
        return recorder.formulas.failure
    if recorder.calls.error is not None:
        return Failure(recorder.calls.error, "", "copied", final=True, needs_original=True)
    if recorder.threads.error is not None:
        return Failure(recorder.threads.error, "", final=True)
    return failure


def _run(
    network: nn.Module, args: list[Any], kwargs: Mapping[str, Any], way: Way, recorder: Recorder
) -> Failure | None:
    """Run a network under the recorder, and return its failure, or None if it succeeds."""
    try:
        watch = (recorder.calls.watch(), recorder.threads.watch(), recorder.storages.functions.watch())
        with settings(way), watch[0], watch[1], watch[2], recorder:
            recorder.note_unseen(kernels(network))
            output = network(*args, **kwargs)
            recorder.reads.note_returned(tree_leaves(output))
            recorder.training.note_returned(tree_leaves(output))
        recorder.output_type = type(output)
        recorder.storages.note_returned(tree_leaves(output))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a network that raises SystemExit did not run either
        if recorder.fault is not None:
            raise recorder.fault from None
        paths = {id(module): path for path, module in named_modules(network)}
        return Failure(error, module_in(error.__traceback__, paths))
    return None


def _typed(model: nn.Module, value: Any) -> Any:
    return value.of(model) if isinstance(value, Input) else value
