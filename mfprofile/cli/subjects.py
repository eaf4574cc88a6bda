"""Specs and networks in code on one command line: which options apply to which, and their bills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from mfprofile.cli.groups import Group
from mfprofile.cli.options import (
    ArgumentsOption,
    InputOption,
    InputsOfEither,
    SettingsOption,
    assignments,
    checked_specs,
    need_torch,
    notify,
)
from mfprofile.errors import InputError
from mfprofile.spec.merge import Setting
from mfprofile.spec.sources import is_target
from mfprofile.spec.words import printable

if TYPE_CHECKING:
    from mfprofile.cost.bill import Bill
    from mfprofile.spec.model import Spec

_LIBRARIES = ("timm:", "torchvision:")


@dataclass(frozen=True, slots=True)
class Options:
    """The options that describe networks: `--set` for specs, `--arg` for networks in code, `--input` for both."""

    settings: Sequence[str] = ()
    inputs: Sequence[str] = ()
    arguments: Sequence[str] = ()

    @property
    def changes(self) -> Sequence[str]:
        """Return the options that change the network of a reference."""
        return (*self.settings, *self.arguments)

    @property
    def assignments(self) -> list[Setting]:
        """Return the assignments to a spec, that of `--input` last."""
        return assignments(list(self.settings), self.inputs[0] if self.inputs else None)


def _options(
    settings: Sequence[str] | None = None,
    inputs: Sequence[str] | None = None,
    arguments: Sequence[str] | None = None,
    input_size: str | None = None,
) -> Options:
    """Return the options that describe networks."""
    return Options(settings or (), inputs or ([] if input_size is None else [input_size]), arguments or ())


NetworkOptions = Annotated[
    Options,
    Group(
        {"settings": (SettingsOption, None), "inputs": (InputsOfEither, None), "arguments": (ArgumentsOption, None)},
        _options,
    ),
]
"""The options for specs and networks in code."""
SpecOptions = Annotated[
    Options, Group({"settings": (SettingsOption, None), "input_size": (InputOption, None)}, _options)
]
"""The options for specs."""


def refuse_misplaced(references: Sequence[str], options: Options) -> None:
    """Raise `InputError` for options that apply to none of the references, or that specs and code read differently.

    Also raise it if standard input is given twice.
    """
    checked_specs(list(references))
    targets = [reference for reference in references if is_target(reference)]
    if not targets and options.arguments:
        raise InputError("--arg needs a network in code, such as net.py:Net; use --set to change a spec")
    if not targets and len(options.inputs) > 1:
        raise InputError("--input is given twice, but a spec has one input; use 192 or HEIGHTxWIDTH")
    if targets and len(targets) < len(references) and options.inputs:
        raise InputError("--input is in pixels for a spec but a shape for a network in code; run the command for each")
    if targets and len(targets) == len(references) and options.settings:
        raise InputError(f"--set changes a spec, but {targets[0]} is a network in code; use --arg for its factory")


def need_extra(command: str, references: Sequence[str]) -> None:
    """Raise `InputError` with the command that installs what the networks need, unless torch is installed."""
    need_torch(command, "baselines" if any(each.startswith(_LIBRARIES) for each in references) else "torch")


def bill_of(reference: str, options: Options, convention: str, suffix: str = "") -> Bill:
    """Return the bill of a spec or of a network in code. Note on stderr which operators are not counted.

    `suffix` is added to its name. Raises `InputError` for a network that cannot be loaded, run or counted.
    """
    if is_target(reference):
        return _trace(reference, options, convention, suffix)
    from mfprofile.spec.load import load

    return _count(load(reference, options.assignments), convention, suffix)


def _count(spec: Spec, convention: str, suffix: str = "") -> Bill:
    from mfprofile.cost.bill import count

    return count(replace(spec, name=spec.name + suffix), convention)


def _trace(reference: str, options: Options, convention: str, suffix: str) -> Bill:
    from mfprofile.trace.audit import traced
    from mfprofile.trace.parse import arguments, inputs
    from mfprofile.view.coverage import coverage

    trace = traced(reference, inputs(options.inputs), arguments(options.arguments))
    bill = replace(trace, name=trace.name + suffix).bill(convention)
    lines = [*(coverage(bill) if trace.uncovered else ()), *(remark.text for remark in trace.remarks)]
    if lines:
        notify("\n".join(f"note: {reference}: {line}" for line in lines))
    return bill


def bills_to_compare(command: str, a: str, b: str | None, options: Options, convention: str) -> tuple[Bill, Bill]:
    """Return the bills of two networks to compare. Without B, the second network is A changed by --set or --arg.

    Raises `InputError` if there is no second network, and for a spec and a network in code.
    """
    references = [a, b or a]
    targets = [reference for reference in references if is_target(reference)]
    if len(targets) == 1:
        spec = next(reference for reference in references if reference not in targets)
        raise InputError(
            f"{spec} is a spec and {targets[0]} is a network in code; compare two specs or two networks in code"
        )
    if b is None and not options.changes:
        raise InputError(f"B is missing; give a second network, or change A with {'--arg' if targets else '--set'}")
    suffix = printable(f" with {', '.join(options.changes)}") if options.changes else ""
    unchanged = Options(inputs=options.inputs)
    if targets:
        need_extra(f"{command} of a network in code", references)
        return bill_of(a, unchanged, convention), bill_of(references[1], options, convention, suffix)
    from mfprofile.spec.load import load

    before = load(a, unchanged.assignments)  # load it once: it may be standard input
    after = load(before if b is None else b, options.assignments)
    return _count(before, convention), _count(after, convention, suffix)
