"""The command audit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mfprofile.cli.completion import counters as counter_names
from mfprofile.cli.completion import names_in, targets
from mfprofile.cli.counting import Counting
from mfprofile.cli.describing import refuse_pairs
from mfprofile.cli.files import file_trace, refuse_code_options
from mfprofile.cli.options import FormOptions, notify
from mfprofile.cli.subjects import (
    Options,
    TargetOptions,
    configured,
    imported_once,
    inputs_and_arguments,
    need_extra,
)
from mfprofile.errors import InputError
from mfprofile.spec.names import MODULE_AXES
from mfprofile.spec.problems import unknown
from mfprofile.spec.sources import is_onnx
from mfprofile.spec.words import instead, shown
from mfprofile.trace import DEVICES

if TYPE_CHECKING:
    from mfprofile.verify.outcome import Audit


def command(
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET",
            help="package.module:factory, path/file.py:Class, timm:NAME, torchvision:NAME, transformers:NAME or a "
            "model file.",
            autocompletion=targets,
        ),
    ],
    *,
    options: TargetOptions,
    by: Annotated[
        str,
        typer.Option(
            "--by",
            metavar="AXIS",
            help="Group by module, kind or op.",
            autocompletion=names_in("spec.names:MODULE_AXES"),
        ),
    ] = "module",
    depth: Annotated[int, typer.Option("--depth", metavar="N", help="Levels of modules to show.")] = 2,
    convention: Counting,
    verify: Annotated[bool, typer.Option("--verify", help="Run other counters too and explain their totals.")] = False,
    counters: Annotated[
        list[str] | None,
        typer.Option(
            "--counter",
            metavar="NAME",
            help="Verify with this counter only: torch, fvcore… Repeatable.",
            autocompletion=counter_names,
        ),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="Exit with 1 if something is not counted, priced or accounted for, or a total not explained.",
        ),
    ] = False,
    device: Annotated[
        str | None,
        typer.Option(
            "--device",
            metavar="PLACE",
            help="Use only meta (no weights, no compute) or cpu. Default: meta, and cpu where meta fails.",
            autocompletion=names_in("trace:DEVICES"),
        ),
    ] = None,
    form: FormOptions,
) -> None:
    """Count any PyTorch network or ONNX file, by module.

    Examples:
        mfprofile audit timm:mobilenetv3_large_100
        mfprofile audit net.py:Net --input 3x64x64 --arg width=32 --by kind

    This imports and RUNS the code of the target. Nothing else is imported and nothing is downloaded. The network is
    built and run once, without weights and compute where possible. A module's line includes its submodules; its
    (self) is what it runs outside them. The lines of --depth 1 sum to the total; in CSV, so do those whose leaf is
    true. Operators that are not counted are listed; --handles counts them by formulas of yours. --input and --arg can
    also be in pyproject.toml, under [tool.mfprofile.targets]. Needs torch: pip install '.[torch]'. A model.onnx is
    read, not run, and needs onnx alone: pip install '.[onnx]'.
    """
    if by not in MODULE_AXES:
        raise InputError(f"cannot count by {shown(by)}; {instead(by, MODULE_AXES)}")
    if device not in (None, *DEVICES):
        raise unknown("device", str(device), DEVICES)
    if depth < 0:
        raise InputError(f"--depth {depth}: must be 0 or more")
    if is_onnx(target):
        refuse_code_options(target, **options.of_code(), device=device)
    need_extra("audit", [target])
    from mfprofile.cost.conventions import find_convention
    from mfprofile.cost.training import check_mode, mode_of
    from mfprofile.view.audit import audit_text
    from mfprofile.view.coverage import notes
    from mfprofile.view.tables import show
    from mfprofile.view.verification import failures

    names = counters or ([] if verify else None)
    check_mode(find_convention(convention, of_file=is_onnx(target)), mode_of(options.training))
    options = configured(options)
    result = _audited(target, options, device, names)
    bill = result.trace.bill(convention)
    show(audit_text(result, bill, by, depth, form))
    texts = notes(bill)
    if result.verification is not None:
        texts += failures(result.verification)
    if form.name == "csv" and texts:  # CSV has no place for notes
        notify("\n".join(texts))
    if strict and (bill.unpriced or not result.holds):
        raise typer.Exit(1)


def _audited(target: str, options: Options, device: str | None, counters: list[str] | None) -> Audit:
    if counters is not None:
        refuse_pairs(options, "--verify")
    if is_onnx(target):
        return _of_file(target, options, counters)
    from mfprofile.verify.audit import audit

    with imported_once([target], options):
        return audit(target, *inputs_and_arguments(target, options), device, counters, notify, options.mode)


def _of_file(target: str, options: Options, counters: list[str] | None) -> Audit:
    from mfprofile.verify.outcome import Audit

    trace = file_trace(target, options)
    if counters is None:
        return Audit(trace)
    from mfprofile.verify.files import verify_file

    return Audit(trace, verify_file(target, trace, counters, notify))
