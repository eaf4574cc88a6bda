"""The command verify."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mfprofile.cli.completion import counters as counter_names
from mfprofile.cli.describing import refuse_pairs
from mfprofile.cli.files import file_trace
from mfprofile.cli.options import FormOptions, Networks, load_all, need_torch, notify
from mfprofile.cli.subjects import (
    NetworkOptions,
    Options,
    configured,
    imported_once,
    inputs_and_arguments,
    need_extra,
    note,
    refuse_misplaced,
)
from mfprofile.spec.sources import is_onnx, is_target

if TYPE_CHECKING:
    from mfprofile.spec.model import Spec
    from mfprofile.verify.outcome import Verification


def command(
    specs: Networks,
    counters: Annotated[
        list[str] | None,
        typer.Option(
            "--counter",
            metavar="NAME",
            help="Use this counter only: torch, fvcore, thop, ptflops… Repeatable.",
            autocompletion=counter_names,
        ),
    ] = None,
    *,
    options: NetworkOptions,
    form: FormOptions,
) -> None:
    """Compare our counts with other counters on the torch model.

    Examples:
        mfprofile verify mf294m
        mfprofile verify mf294m timm:resnet18 --counter torch --counter fvcore

    The total of each tool is explained from our rows to the last unit, and compared by module if the tool reports
    modules. Exits with 1 if a difference is not explained. Needs torch (pip install '.[torch]') and takes seconds.

    A network in code is imported and run as with 'audit --verify'. An ONNX file is compared node by node with
    onnx-tool. With --training, torch's FlopCounterMode counts a forward and a backward pass.
    """
    refuse_misplaced(specs, options, is_mixed_allowed=True)
    refuse_pairs(options, "verify")
    options = options.divided(specs)
    loaded = iter(load_all([each for each in specs if not is_target(each)], options.assignments))
    targets = [each for each in specs if is_target(each)]
    need_extra("verify", targets)
    if len(targets) < len(specs):
        need_torch("verify")
    from mfprofile.view.tables import show
    from mfprofile.view.verification import failures, verification_text

    if targets:
        options = configured(options)
    with imported_once(specs, options):
        results = [
            _of_target(each, options, counters) if is_target(each) else _of_spec(next(loaded), options, counters)
            for each in specs
        ]
    show(verification_text(results, form))
    notes = [f"{result.bill.name}: {line}" for result in results for line in failures(result)]
    if form.name == "csv" and notes:  # CSV has no place for notes
        notify("\n".join(notes))
    if not all(result.holds for result in results):
        raise typer.Exit(1)


def _of_spec(spec: Spec, options: Options, counters: list[str] | None) -> Verification:
    from mfprofile.verify.verify import verify

    return verify(spec, counters, notify=notify, training=options.training)


def _of_target(target: str, options: Options, counters: list[str] | None) -> Verification:
    if is_onnx(target):
        return _of_file(target, options, counters)
    from mfprofile.verify.audit import audit

    inputs, arguments = inputs_and_arguments(target, options)
    result = audit(target, inputs, arguments, None, counters or [], notify, options.mode)
    assert result.verification is not None
    note(target, result.verification.bill)
    return result.verification


def _of_file(target: str, options: Options, counters: list[str] | None) -> Verification:
    from mfprofile.verify.files import verify_file

    result = verify_file(target, file_trace(target, options), counters, notify)
    note(target, result.bill)
    return result
