"""Make the network that a target names, initialize its lazy layers, and trace it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from mfprofile.cost.subject import Remark
from mfprofile.errors import FormulaError, InputError
from mfprofile.spec.words import raised
from mfprofile.trace.advice import advised
from mfprofile.trace.copies import blank, real, shapeless
from mfprofile.trace.expected import default_for
from mfprofile.trace.given import filled
from mfprofile.trace.given_files import described, with_arguments
from mfprofile.trace.imports import shared_imports
from mfprofile.trace.inputs import Input, maker
from mfprofile.trace.mode import PLAIN, Mode
from mfprofile.trace.modules import to_eval
from mfprofile.trace.parse import Inputs
from mfprofile.trace.places import place
from mfprofile.trace.result import Trace
from mfprofile.trace.seeds import seeded
from mfprofile.trace.settings import ONE_AT_A_TIME
from mfprofile.trace.target import Arguments, opened
from mfprofile.trace.trace import trace


def traced(
    text: str,
    inputs: Inputs,
    arguments: Arguments | None = None,
    device: str | None = None,
    mode: Mode = PLAIN,
) -> Trace:
    """Return the trace of the network that a target names.

    The network is made and run on meta tensors. If that fails, it is made again with real tensors; its file is imported
    once. Its prints go to stderr. Raises `InputError` if the network cannot be found, made or run.
    """
    with shared_imports():
        return _traced(text, with_arguments(inputs), arguments, device, mode)


def _traced(text: str, inputs: Inputs, arguments: Arguments | None, device: str | None, mode: Mode) -> Trace:
    if device is None:
        with open_network(text, arguments, real=False) as model:
            accepted_inputs(model, inputs)  # no other device changes what it takes
            try:
                return traced_model(text, model, inputs, "meta", mode)
            except FormulaError:  # another device does not change it
                raise
            except InputError:
                pass
    with open_network(text, arguments, real=device != "meta") as model, advised(model, inputs, mode):
        return traced_model(text, model, inputs, device, mode)


@contextlib.contextmanager
def open_network(text: str, arguments: Arguments | None, real: bool) -> Iterator[nn.Module]:
    """Yield the network that a target names; everything that it prints goes to stderr."""
    with ONE_AT_A_TIME, contextlib.redirect_stdout(sys.stderr), opened(text, arguments, real) as model:
        yield model


def _initialize_lazy(text: str, model: nn.Module, inputs: Inputs) -> Sequence[Remark]:
    """Call a network with lazy layers once, which gives the layers their shapes, and return a remark on it."""
    lazy = next(shapeless(model), None)
    if lazy is None:
        return ()
    try:
        with seeded(), torch.no_grad():
            ordered, named = arguments_of(model, inputs, lazy[1].device.type)
            to_eval(model)(*ordered, **named)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # all that the network raises becomes a message of one line, SystemExit too
        line = place(error)
        where = f" (at {line})" if line else ""
        raise InputError(f"{text}: cannot initialize its lazy layers: {raised(error)}{where}") from error
    return (Remark("lazy layers have the shapes that this input gives them"),)


def traced_model(text: str, model: nn.Module, inputs: Inputs, device: str | None, mode: Mode = PLAIN) -> Trace:
    """Return the trace of a network that exists already; `text` becomes its name."""
    accepted = accepted_inputs(model, inputs)
    remarks = _initialize_lazy(text, model, accepted)
    given = {"name": text, "run_original": True, "fill": accepted.fill, "batch": accepted.batch, **mode._asdict()}
    result = trace(model, accepted.ordered, accepted.named, device=device, **given)
    return replace(result, remarks=(*result.remarks, *map(Remark, described(accepted)), *remarks))


def accepted_inputs(model: nn.Module, inputs: Inputs) -> Inputs:
    """Return the inputs for a network: those that are given, or the default as the network takes it.

    Raises `InputError` for a network that is known to take no image.
    """
    return default_for(model, inputs) if inputs.assumed else inputs


def arguments_of(model: nn.Module, inputs: Inputs, device: str = "cpu") -> tuple[list[Any], dict[str, Any]]:
    """Return the arguments of forward for a run on a device: those given by order, and those given by name."""
    typed = [each.of(model) if isinstance(each, Input) else each for each in inputs.ordered]
    named = {name: each.of(model) if isinstance(each, Input) else each for name, each in inputs.named.items()}
    copy_tensor = blank if device == "meta" else real
    return filled(typed, named, maker(inputs.fill, inputs.batch), device, copy_tensor)
