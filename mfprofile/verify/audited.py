"""A network in code, run once and counted, and if wanted held against other counters."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from mfprofile.spec.problems import InputError
from mfprofile.trace.audit import made, taken, tensors, traced, traced_model
from mfprofile.trace.given import Inputs
from mfprofile.trace.target import Arguments
from mfprofile.trace.trace import Failure
from mfprofile.trace.traced import Trace
from mfprofile.verify.verify import Verification, chosen, verified


@dataclass(frozen=True, slots=True)
class Audit:
    """A traced network, and what other counters say of it where they were asked."""

    trace: Trace
    verification: Verification | None = None

    @property
    def holds(self) -> bool:
        """Return whether each operator is counted, and each counter that was asked is explained."""
        return not self.trace.uncovered and (self.verification is None or self.verification.holds)


def audit(
    text: str,
    inputs: Inputs,
    arguments: Arguments | None = None,
    device: str | None = None,
    counters: Sequence[str] | None = None,
    notify: Callable[[str], None] = lambda _: None,
) -> Audit:
    """Return the trace of the network that a target names, and with `counters` what those say: all, if it is empty.

    The counters run a network that was made for real. Raises `InputError` as `traced` does, and for a counter that
    does not exist or is not installed.
    """
    if counters is None:
        return Audit(traced(text, inputs, arguments, device))
    names = chosen(counters)
    with made(text, arguments, real=True) as model:
        found = traced_model(text, model, inputs, device)
        try:
            given = _in_order(model, *tensors(model, taken(model, inputs)))
        except RuntimeError as error:  # torch's word for too little memory
            raise InputError(f"{text} cannot be given its inputs: {Failure(error, '')}") from None
        return Audit(found, verified(found.bill(), model, names, notify, given))


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
