"""A network in code by its name: made, called once where it is lazy, and run once."""

from __future__ import annotations

import contextlib
import inspect
import sys
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from mfprofile.spec.problems import InputError
from mfprofile.trace.blanks import shapeless
from mfprofile.trace.given import Inputs
from mfprofile.trace.target import Arguments, opened
from mfprofile.trace.trace import Failure, Input, trace
from mfprofile.trace.traced import Trace


def traced(text: str, inputs: Inputs, arguments: Arguments | None = None, device: str | None = None) -> Trace:
    """Return the trace of the network that a target names.

    It is made and run on meta tensors; where either does not go, it is made for real. What it prints goes to stderr.
    Raises `InputError` where the network cannot be found, made or run.
    """
    if device is None:
        with made(text, arguments, real=False) as model, contextlib.suppress(InputError):
            return traced_model(text, model, inputs, "meta")
    with made(text, arguments, real=device != "meta") as model:
        return traced_model(text, model, inputs, device)


@contextlib.contextmanager
def made(text: str, arguments: Arguments | None, real: bool) -> Iterator[nn.Module]:
    """Give the network that a target names; what its making prints goes to stderr."""
    with contextlib.redirect_stdout(sys.stderr), opened(text, arguments, real) as model:
        yield model


def _settle(text: str, model: nn.Module, inputs: Inputs) -> None:
    """Call a network with lazy layers once, which gives them their shapes."""
    lazy = next(shapeless(model), None)
    if lazy is None:
        return
    try:
        with torch.no_grad():
            ordered, named = tensors(model, inputs, lazy[1].device.type)
            model.eval()(*ordered, **named)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever the network raises is told in a line, also that it exits
        raise InputError(f"{text}: its lazy layers cannot be made: {Failure(error, '')}") from error


def traced_model(text: str, model: nn.Module, inputs: Inputs, device: str | None) -> Trace:
    """Return the trace of a network that is made, called `text` in it."""
    given = taken(model, inputs)
    _settle(text, model, given)
    return trace(model, given.ordered, given.named, device=device, name=text, run_original=True)


def taken(model: nn.Module, inputs: Inputs) -> Inputs:
    """Return the inputs that a network takes: the image that is assumed is none for one that takes nothing."""
    if inputs.assumed and not inspect.signature(model.forward).parameters:
        return Inputs([], {})
    return inputs


def tensors(model: nn.Module, inputs: Inputs, device: str = "cpu") -> tuple[list[Tensor], dict[str, Tensor]]:
    """Return the inputs as tensors: in order, and by name."""
    ordered = [_zeros(model, one, device) for one in inputs.ordered]
    return ordered, {name: _zeros(model, one, device) for name, one in inputs.named.items()}


def _zeros(model: nn.Module, one: Input, device: str) -> Tensor:
    return torch.zeros((1, *one.shape), dtype=one.of(model).dtype, device=device)
