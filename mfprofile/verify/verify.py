"""Verify a spec: run every installed counter on its torch model and compare the results with our rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import nn

from mfprofile.cost.bill import Bill, count
from mfprofile.cost.training import TRAINING
from mfprofile.errors import InputError
from mfprofile.nn.model import build
from mfprofile.spec.layout import resolve
from mfprofile.spec.model import Spec
from mfprofile.spec.problems import unknown
from mfprofile.spec.words import raised
from mfprofile.trace.modules import named_modules, other_paths
from mfprofile.trace.uses import Use
from mfprofile.verify.counters import COUNTERS, Inputs, installed, measure
from mfprofile.verify.explain import compare_params, explain
from mfprofile.verify.files import FILE_COUNTERS
from mfprofile.verify.outcome import Verification as Verification


def verify(
    spec: Spec,
    counters: Sequence[str] | None = None,
    notify: Callable[[str], None] = lambda _: None,
    *,
    training: bool = False,
) -> Verification:
    """Build the model of a spec, run the counters (default: all that are installed) and explain each.

    With `training`, only counters that can count a backward pass run. `notify` gets progress messages. Raises
    `InputError` for a counter that does not exist, is not installed, or cannot count training.
    """
    names = chosen(counters, training)
    network = resolve(spec)
    bill = count(network, training=training)
    notify(f"{spec.name}: building the model")
    try:
        model = build(network, seed=0).eval()
    except (MemoryError, RuntimeError) as error:  # torch raises RuntimeError for too little memory
        raise InputError(f"{spec.name}: cannot build the model: {str(error).splitlines()[0]}") from None
    return verified(bill, model, names, notify)


def verified(
    bill: Bill,
    model: nn.Module,
    names: Sequence[str],
    notify: Callable[[str], None],
    inputs: Inputs | None = None,
    plain: Bill | None = None,
    formulas: Sequence[Use] = (),
) -> Verification:
    """Compare a bill with a model of the same network, and return the results; the model does not change.

    `inputs` are the model's inputs, with their batch dimension (default: zeros in the shapes of the bill's inputs).
    `plain` is the bill without the user's own formulas, and `formulas` are all that are not mfprofile's.
    """
    given = _zeros(bill) if inputs is None else inputs
    modules = [path for path, module in named_modules(model) if not isinstance(module, nn.ModuleDict | nn.ModuleList)]
    others = other_paths(model)
    explanations, failures = [], {}
    for name in names:
        notify(f"{bill.name}: counting with {name}")
        try:
            measured = measure(name, model, given, bill.mode == TRAINING)
            explanations.append(explain(bill, measured, modules, plain, others))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # all that a tool raises is reported as its failure, and the other tools run
            failures[name] = raised(error)
    common = [name for name, counter in COUNTERS.items() if counter.is_common and bill.mode != TRAINING]
    skipped = [name for name in common if not installed(name)]
    compared, modes = compare_params(bill, model), _of_two_modes(model)
    return Verification(bill, compared, explanations, failures, skipped, formulas, modes=modes)


def _of_two_modes(model: nn.Module) -> list[str]:
    """Return the classes of torch's modules in a model that behave differently in training, each once."""
    kinds = nn.modules.batchnorm._NormBase, nn.modules.dropout._DropoutNd
    return list(dict.fromkeys(type(module).__name__ for _, module in named_modules(model) if isinstance(module, kinds)))


def _zeros(bill: Bill) -> tuple[torch.Tensor, ...]:
    """Return the inputs of the bill, as tensors of zeros."""
    return tuple(torch.zeros(each.shape, dtype=getattr(torch, each.dtype)) for each in bill.subject.inputs)


def chosen(counters: Sequence[str] | None, training: bool = False) -> list[str]:
    """Return the counters to run: those named, or all that are installed and can count what is wanted.

    Raises `InputError` for a counter that does not exist, is not installed, or cannot count training.
    """
    names = list(_named(counters)) if counters else [name for name in COUNTERS if installed(name)]
    if not training:
        return names
    able = [name for name, counter in COUNTERS.items() if counter.train is not None]
    if counters and (unable := [name for name in names if name not in able]):
        raise InputError(f"--counter {unable[0]}: cannot count training; use {' or '.join(able)}, or omit --training")
    return [name for name in names if name in able]


def _named(counters: Sequence[str]) -> Iterator[str]:
    for name in dict.fromkeys(counters):
        if name in FILE_COUNTERS:
            what = f"--counter {name}: counts ONNX files, and this is a network of torch"
            raise InputError(f"{what}; export it, and verify its file, as in 'mfprofile verify net.onnx'")
        if name not in COUNTERS:
            raise unknown("counter", name, COUNTERS)
        if not installed(name):
            raise InputError(f"{name} is not installed; install it with pip install {COUNTERS[name].package}")
        yield name
