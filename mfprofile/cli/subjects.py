"""Specs and networks in code, as one command line names both: which options belong to which, and their bills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from mfprofile.cli.groups import Group
from mfprofile.cli.options import (
    ArgumentsGiven,
    InputGiven,
    InputsOfEither,
    SettingsGiven,
    assignments,
    need_torch,
    notify,
    once,
)
from mfprofile.spec.merge import Setting
from mfprofile.spec.problems import InputError
from mfprofile.spec.sources import is_target
from mfprofile.spec.words import printable

if TYPE_CHECKING:
    from mfprofile.cost.bill import Bill
    from mfprofile.spec.model import Spec

_OF_LIBRARIES = ("timm:", "torchvision:")


@dataclass(frozen=True, slots=True)
class Given:
    """What the options say of the networks: `--set` of specs, `--arg` of networks in code, and `--input` of either."""

    settings: Sequence[str] = ()
    inputs: Sequence[str] = ()
    arguments: Sequence[str] = ()

    @property
    def changes(self) -> Sequence[str]:
        """Return what makes another network of the same reference."""
        return (*self.settings, *self.arguments)

    @property
    def assignments(self) -> list[Setting]:
        """Return the assignments to a spec, that of `--input` last."""
        return assignments(list(self.settings), self.inputs[0] if self.inputs else None)


def given(
    settings: Sequence[str] | None = None,
    inputs: Sequence[str] | None = None,
    arguments: Sequence[str] | None = None,
    input_size: str | None = None,
) -> Given:
    """Return what the options say of the networks."""
    return Given(settings or (), inputs or ([] if input_size is None else [input_size]), arguments or ())


NetworksGiven = Annotated[
    Given,
    Group(
        {"settings": (SettingsGiven, None), "inputs": (InputsOfEither, None), "arguments": (ArgumentsGiven, None)},
        given,
    ),
]
"""What the options say of specs and networks in code."""
SpecsGiven = Annotated[Given, Group({"settings": (SettingsGiven, None), "input_size": (InputGiven, None)}, given)]
"""What the options say of specs."""


def refuse_misplaced(references: Sequence[str], given: Given) -> None:
    """Raise `InputError` for options that belong to none of the references, or that their sorts read in two ways.

    Standard input that is named twice is refused as well.
    """
    once(list(references))
    targets = [reference for reference in references if is_target(reference)]
    if not targets and given.arguments:
        raise InputError("--arg is for the factory of a network in code, as net.py:Net; --set changes a spec")
    if not targets and len(given.inputs) > 1:
        raise InputError("--input is given twice: a spec has one, 192 or HEIGHTxWIDTH")
    if targets and len(targets) < len(references) and given.inputs:
        raise InputError("--input is in pixels for a spec and a shape for a network in code: name them apart")
    if targets and len(targets) == len(references) and given.settings:
        raise InputError(f"--set changes a spec, and {targets[0]} is none; --arg is for its factory")


def need_extra(command: str, references: Sequence[str]) -> None:
    """Raise `InputError` with the line that installs what the networks need, where torch is not: it comes with both."""
    need_torch(command, "baselines" if any(each.startswith(_OF_LIBRARIES) for each in references) else "torch")


def bill_of(reference: str, given: Given, convention: str, suffix: str = "") -> Bill:
    """Return the bill of a spec or of a network in code; what is not counted of it is told on stderr.

    `suffix` is added to its name. Raises `InputError` for what cannot be loaded, run or counted.
    """
    if is_target(reference):
        return _traced(reference, given, convention, suffix)
    from mfprofile.spec.load import load

    return _counted(load(reference, given.assignments), convention, suffix)


def _counted(spec: Spec, convention: str, suffix: str = "") -> Bill:
    from mfprofile.cost.bill import count

    return count(replace(spec, name=spec.name + suffix), convention)


def _traced(reference: str, given: Given, convention: str, suffix: str) -> Bill:
    from mfprofile.trace.audit import traced
    from mfprofile.trace.given import arguments, inputs
    from mfprofile.view.coverage import coverage

    trace = traced(reference, inputs(given.inputs), arguments(given.arguments))
    bill = replace(trace, name=trace.name + suffix).bill(convention)
    if bill.subject.uncovered:
        notify("\n".join(f"note: {reference}: {line}" for line in coverage(bill)))
    return bill


def both(command: str, a: str, b: str | None, given: Given, convention: str) -> tuple[Bill, Bill]:
    """Return the bills of two networks to compare; without a B, it is A with what --set or --arg changes.

    Raises `InputError` where there is no second one, and for a spec beside a network in code.
    """
    references = [a, b or a]
    targets = [reference for reference in references if is_target(reference)]
    if len(targets) == 1:
        spec = next(reference for reference in references if reference not in targets)
        raise InputError(f"{spec} is a spec, and is compared with specs alone; networks in code are with one another")
    if b is None and not given.changes:
        what = "--arg with what B's factory is given and A's is not" if targets else "--set with what B changes of A"
        raise InputError(f"there must be a B, or {what}")
    suffix = printable(f" with {', '.join(given.changes)}") if given.changes else ""
    unchanged = Given(inputs=given.inputs)
    if targets:
        need_extra(f"{command} of a network in code", references)
        return bill_of(a, unchanged, convention), bill_of(references[1], given, convention, suffix)
    from mfprofile.spec.load import load

    before = load(a, unchanged.assignments)  # once: it may be standard input
    after = load(before if b is None else b, given.assignments)
    return _counted(before, convention), _counted(after, convention, suffix)
