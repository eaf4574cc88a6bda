"""A network by its name, run once and counted, and if wanted held against other counters."""

from __future__ import annotations

import contextlib
import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from mfprofile.audit.blanks import shapeless
from mfprofile.audit.given import Inputs
from mfprofile.audit.ledger import Trace
from mfprofile.audit.target import Arguments, opened
from mfprofile.audit.trace import Failure, Input, trace
from mfprofile.audit.verify import Verification, chosen, verified
from mfprofile.spec.problems import InputError


@dataclass(frozen=True, slots=True)
class Audit:
    """A traced network, and what other counters say of it where they were asked."""

    trace: Trace
    verification: Verification | None = None

    @property
    def holds(self) -> bool:
        """Return whether each operator is counted, and each counter that was asked is explained."""
        return not self.trace.uncovered and (self.verification is None or self.verification.holds)


def traced(text: str, inputs: Inputs, arguments: Arguments | None = None, device: str | None = None) -> Trace:
    """Return the trace of the network that a target names.

    It is made and run on meta tensors; where either does not go, it is made for real. What it prints goes to stderr.
    Raises `InputError` where the network cannot be found, made or run.
    """
    if device is None:
        with _made(text, arguments, real=False) as model, contextlib.suppress(InputError):
            return _traced(text, model, inputs, "meta")
    with _made(text, arguments, real=device != "meta") as model:
        return _traced(text, model, inputs, device)


def audit(
    text: str,
    inputs: Inputs,
    arguments: Arguments | None = None,
    device: str | None = None,
    counters: Sequence[str] | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Audit:
    """Return the trace of the network that a target names, and with `counters` what those say: all, if it is empty.

    The counters run a network that was made for real. Raises `InputError` as `traced` does, and for a counter that
    does not exist or is not installed.
    """
    if counters is None:
        return Audit(traced(text, inputs, arguments, device))
    names = chosen(counters)
    with _made(text, arguments, real=True) as model:
        found = _traced(text, model, inputs, device)
        try:
            given = _in_order(model, *_tensors(model, _taken(model, inputs)))
        except RuntimeError as error:  # torch's word for too little memory
            raise InputError(f"{text} cannot be given its inputs: {Failure(error, '')}") from None
        return Audit(found, verified(found.bill(), model, names, tell, given))


@contextlib.contextmanager
def _made(text: str, arguments: Arguments | None, real: bool) -> Iterator[nn.Module]:
    with contextlib.redirect_stdout(sys.stderr), opened(text, arguments, real) as model:
        yield model


def _settle(text: str, model: nn.Module, inputs: Inputs) -> None:
    """Call a network with lazy layers once, which gives them their shapes."""
    lazy = next(shapeless(model), None)
    if lazy is None:
        return
    try:
        with torch.no_grad():
            ordered, named = _tensors(model, inputs, lazy[1].device.type)
            model.eval()(*ordered, **named)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever the network raises is told in a line, also that it exits
        raise InputError(f"{text}: its lazy layers cannot be made: {Failure(error, '')}") from error


def _traced(text: str, model: nn.Module, inputs: Inputs, device: str | None) -> Trace:
    given = _taken(model, inputs)
    _settle(text, model, given)
    return trace(model, given.ordered, given.named, device=device, name=text, lends=True)


def _taken(model: nn.Module, inputs: Inputs) -> Inputs:
    """Return the inputs that a network takes: the image that is assumed is none for one that takes nothing."""
    if inputs.assumed and not inspect.signature(model.forward).parameters:
        return Inputs([], {})
    return inputs


def _tensors(model: nn.Module, inputs: Inputs, device: str = "cpu") -> tuple[list[Tensor], dict[str, Tensor]]:
    """Return the inputs as tensors: in order, and by name."""
    ordered = [_zeros(model, one, device) for one in inputs.ordered]
    return ordered, {name: _zeros(model, one, device) for name, one in inputs.named.items()}


def _in_order(model: nn.Module, ordered: list[Tensor], named: dict[str, Tensor]) -> tuple[Any, ...]:
    """Return inputs in the order in which `forward` takes them, with defaults between: counters know no names."""
    bound: Any = inspect.signature(model.forward).bind(*ordered, **named)
    bound.apply_defaults()
    if named.keys() & bound.kwargs.keys():
        raise InputError("other counters give inputs by order alone, and these can be given by name only")
    args = list(bound.args)
    while args and not isinstance(args[-1], Tensor):  # a default that stands after all that is given
        args.pop()
    return tuple(args)


def _zeros(model: nn.Module, one: Input, device: str) -> Tensor:
    return torch.zeros((1, *one.shape), dtype=one.of(model).dtype, device=device)
