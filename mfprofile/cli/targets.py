"""Networks in code where commands take specs: what of the options is theirs, and how they are counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mfprofile.cli.options import assigned, need_torch, tell
from mfprofile.spec.problems import InputError
from mfprofile.spec.sources import is_target

if TYPE_CHECKING:
    from mfprofile.trace.ledger import Ledger, Trace

_OF_LIBRARIES = ("timm:", "torchvision:")


def settings_of(
    references: list[str], settings: list[str] | None, inputs: list[str] | None, arguments: list[str] | None
) -> list[str]:
    """Return the assignments to the specs among the references: of --set, and of --input where all are specs.

    Raises `InputError` for options that belong to none of what is named, or that specs and networks in code read in
    two ways.
    """
    targets = [reference for reference in references if is_target(reference)]
    if not targets:
        if arguments:
            raise InputError("--arg is for the factory of a network in code, as net.py:Net; --set changes a spec")
        if len(inputs or ()) > 1:
            raise InputError("--input is given twice: a spec has one, 192 or HEIGHTxWIDTH")
        return assigned(settings, inputs[0] if inputs else None)
    if len(targets) < len(references):
        if inputs:
            raise InputError("--input is in pixels for a spec and a shape for a network in code: name them apart")
        return assigned(settings, None)
    if settings:
        raise InputError(f"--set changes a spec, and {targets[0]} is none; --arg is for its factory")
    return []


def need_extra(command: str, references: list[str]) -> None:
    """Raise `InputError` with the line that installs what the networks need, where torch is not: it comes with both."""
    need_torch(command, "baselines" if any(each.startswith(_OF_LIBRARIES) for each in references) else "torch")


def tracing(
    command: str, references: list[str], inputs: list[str] | None, arguments: list[str] | None
) -> Callable[[str], Trace]:
    """Return how a network in code is traced, with what the options give it; what is not counted is told on stderr."""
    need_extra(f"{command} of a network in code", references)
    from mfprofile.trace import given
    from mfprofile.trace.audit import traced as traced_target
    from mfprofile.view.coverage import coverage

    taken, keywords = given.inputs(inputs or ()), given.arguments(arguments or ())

    def traced(reference: str) -> Trace:
        found = traced_target(reference, taken, keywords)
        if found.uncovered:
            tell("\n".join(f"note: {reference}: {line}" for line in coverage(found)))
        return found

    return traced


def counting(
    references: list[str], inputs: list[str] | None, arguments: list[str] | None, convention: str
) -> Callable[[str], Ledger]:
    """Return how `check` counts a network in code; its errors do not begin with its name, which is told beside them."""
    traced = tracing("check", references, inputs, arguments)

    def counted(reference: str) -> Ledger:
        try:
            return traced(reference).bill(convention)
        except InputError as error:
            raise InputError(str(error).removeprefix(reference).removeprefix(":").strip()) from None

    return counted
