"""The command audit."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.completion import counters as counter_names
from mfprofile.cli.completion import names_in, targets
from mfprofile.cli.options import ArgumentsGiven, ConventionName, FormChosen, InputsGiven, notify
from mfprofile.cli.subjects import need_extra
from mfprofile.spec.names import MODULE_AXES
from mfprofile.spec.problems import InputError, unknown
from mfprofile.spec.words import instead, shown
from mfprofile.trace import DEVICES


def command(
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET",
            help="package.module:factory, path/file.py:Class, timm:NAME or torchvision:NAME.",
            autocompletion=targets,
        ),
    ],
    inputs: InputsGiven = None,
    arguments: ArgumentsGiven = None,
    by: Annotated[
        str,
        typer.Option(
            "--by", metavar="AXIS", help="module, kind or op.", autocompletion=names_in("spec.names:MODULE_AXES")
        ),
    ] = "module",
    depth: Annotated[int, typer.Option("--depth", metavar="N", help="How deep in the tree of modules.")] = 2,
    convention: ConventionName = "core",
    verify: Annotated[
        bool, typer.Option("--verify", help="Run other counters too, and explain each one's total.")
    ] = False,
    counters: Annotated[
        list[str] | None,
        typer.Option(
            "--counter", metavar="NAME", help="Verify by this one alone: torch, fvcore…", autocompletion=counter_names
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 where an operator is not counted, or a total not explained.")
    ] = False,
    device: Annotated[
        str | None,
        typer.Option(
            "--device",
            metavar="NAME",
            help="Run on this alone: meta (no weights, no compute) or cpu; else on cpu where meta will not do.",
            autocompletion=names_in("trace:DEVICES"),
        ),
    ] = None,
    *,
    form: FormChosen,
) -> None:
    """Count any PyTorch network, by module: naming a target imports its code and RUNS it.

    The network is made and run once, without weights and compute where that goes; nothing is imported that was not
    named, nothing is downloaded, and the network stays as it was. A module's (self) is what it runs beside the modules
    within it. Operators and recurrent layers that are not counted are told. Needs torch: pip install '.[torch]'.

    Example: mfprofile audit net.py:Net --input 3x64x64 --arg width=32 --by kind
    """
    if by not in MODULE_AXES:
        raise InputError(f"cannot count by {shown(by)}; {instead(by, MODULE_AXES)}")
    if device not in (None, *DEVICES):
        raise unknown("device", str(device), DEVICES)
    if depth < 0:
        raise InputError(f"--depth {depth}: must be 0 or more")
    need_extra("audit", [target])
    from mfprofile.cost.conventions import find_convention
    from mfprofile.trace import given
    from mfprofile.verify.audited import audit as audited
    from mfprofile.view.audit import audit_text
    from mfprofile.view.coverage import coverage
    from mfprofile.view.tables import show
    from mfprofile.view.verification import failures

    chosen = counters or ([] if verify else None)
    wanted = find_convention(convention).name, given.inputs(inputs or ()), given.arguments(arguments or ())
    found = audited(target, *wanted[1:], device, chosen, notify)
    show(audit_text(found, found.trace.bill(wanted[0]), by, depth, form))
    beside = [*coverage(found.trace.bill())] if found.trace.uncovered else []
    if found.verification is not None:
        beside += failures(found.verification)
    if form == "csv" and beside:  # which has a place for figures alone
        notify("\n".join(beside))
    if strict and not found.holds:
        raise typer.Exit(1)
