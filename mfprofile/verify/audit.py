"""Trace a network in code and, on request, compare its bill with other counters."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from mfprofile.cost.kinds import OWN
from mfprofile.errors import InputError
from mfprofile.spec.words import in_one_line, raised
from mfprofile.trace.advice import advised
from mfprofile.trace.audit import accepted_inputs, arguments_of, open_network, traced, traced_model
from mfprofile.trace.given_files import with_arguments
from mfprofile.trace.imports import shared_imports
from mfprofile.trace.mode import PLAIN, Mode
from mfprofile.trace.own import no_formulas
from mfprofile.trace.parse import Inputs
from mfprofile.trace.result import Trace
from mfprofile.trace.target import Arguments
from mfprofile.verify.outcome import Audit as Audit
from mfprofile.verify.verify import chosen, verified


def audit(
    text: str,
    inputs: Inputs,
    arguments: Arguments | None = None,
    device: str | None = None,
    counters: Sequence[str] | None = None,
    notify: Callable[[str], None] = lambda _: None,
    mode: Mode = PLAIN,
) -> Audit:
    """Return the trace of the network that a target names, and with `counters` also their results.

    An empty list of counters means all that are installed. Counters run a network with real tensors. Raises
    `InputError` as `traced` does, and for a counter that does not exist or is not installed.
    """
    if counters is None:
        return Audit(traced(text, inputs, arguments, device, mode))
    names = chosen(counters, mode.training)
    with shared_imports():
        inputs = with_arguments(inputs)
        return _verified(text, inputs, arguments, device, names, notify, mode)


def _verified(
    text: str,
    inputs: Inputs,
    arguments: Arguments | None,
    device: str | None,
    names: Sequence[str],
    notify: Callable[[str], None],
    mode: Mode,
) -> Audit:
    with open_network(text, arguments, real=True) as model:
        with advised(model, inputs, mode):
            trace = traced_model(text, model, inputs, device, mode)
        try:
            given = _in_order(model, *arguments_of(model, accepted_inputs(model, inputs)))
        except Exception as error:  # too little memory, or a value that cannot be copied
            if isinstance(error, InputError):
                raise
            raise InputError(f"{text} cannot be given its inputs: {raised(error)}") from None
        plain = _without_formulas(text, model, inputs, trace, mode)
        return Audit(trace, verified(trace.bill(), model, names, notify, given, plain.bill(), trace.formulas))


def _without_formulas(text: str, model: nn.Module, inputs: Inputs, trace: Trace, mode: Mode) -> Trace:
    """Return the trace of the same run without the formulas of the user, which no counter knows."""
    if all(use.source != OWN for use in trace.formulas):
        return trace
    with no_formulas():
        return traced_model(text, model, inputs, trace.device, mode)


def _in_order(model: nn.Module, ordered: list[Any], named: dict[str, Any]) -> tuple[Any, ...]:
    """Return the inputs in the order of `forward`'s parameters, with defaults between: counters pass no keywords."""
    if isinstance(model, torch.jit.ScriptModule) and not named:  # it has no signature
        return tuple(ordered)
    try:
        bound: Any = inspect.signature(model.forward).bind(*ordered, **named)
    except (TypeError, ValueError) as error:  # its __call__ takes other arguments, or it has no signature
        reason = in_one_line(str(error))
        raise InputError(f"other counters pass inputs to forward, which cannot take them: {reason}") from None
    given = list(bound.args)
    bound.apply_defaults()
    if named.keys() & bound.kwargs.keys():
        raise InputError("other counters pass inputs by position, and some of these inputs are keyword-only")
    return tuple(bound.args[: max(len(given), _last(bound, named))])


def _last(bound: Any, named: dict[str, Any]) -> int:
    """Return the number of positional arguments up to the last one that is given by name."""
    return max((at for at, name in enumerate(bound.arguments, 1) if name in named), default=0)
