"""Trace a network in code and, on request, compare its bill with other counters."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from mfprofile.cost.subject import is_whole
from mfprofile.errors import InputError
from mfprofile.spec.words import raised
from mfprofile.trace.audit import accepted_inputs, open_network, tensors, traced, traced_model
from mfprofile.trace.mode import PLAIN, Mode
from mfprofile.trace.parse import Inputs
from mfprofile.trace.result import Trace
from mfprofile.trace.target import Arguments
from mfprofile.verify.verify import Verification, chosen, verified


@dataclass(frozen=True, slots=True)
class Audit:
    """The trace of a network, and the results of other counters if they were requested."""

    trace: Trace
    verification: Verification | None = None

    @property
    def holds(self) -> bool:
        """Return whether all is counted and accounted for, and every requested counter is explained."""
        return is_whole(self.trace) and (self.verification is None or self.verification.holds)


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
    names = chosen(counters)
    with open_network(text, arguments, real=True) as model:
        trace = traced_model(text, model, inputs, device, mode)
        try:
            given = _in_order(model, *tensors(model, accepted_inputs(model, inputs)))
        except RuntimeError as error:  # torch raises it for too little memory
            raise InputError(f"{text} cannot be given its inputs: {raised(error)}") from None
        return Audit(trace, verified(trace.bill(), model, names, notify, given))


def _in_order(model: nn.Module, ordered: list[Tensor], named: dict[str, Tensor]) -> tuple[Any, ...]:
    """Return the inputs in the order of `forward`'s parameters, with defaults between: counters pass no keywords."""
    bound: Any = inspect.signature(model.forward).bind(*ordered, **named)
    bound.apply_defaults()
    if named.keys() & bound.kwargs.keys():
        raise InputError("other counters pass inputs by position, and some of these inputs are keyword-only")
    args = list(bound.args)
    while args and not isinstance(args[-1], Tensor):  # a default after the last input
        args.pop()
    return tuple(args)
