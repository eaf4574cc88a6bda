"""The command measure."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from mfprofile.cli.code import Code
from mfprofile.cli.completion import names_in, networks
from mfprofile.cli.describing import MeasureOptions
from mfprofile.cli.files import codes, file_trace
from mfprofile.cli.options import FormOptions, Networks, checked_specs, load_all, notify
from mfprofile.cli.setups import RunOptions, need
from mfprofile.cli.subjects import (
    Options,
    bill_of,
    configured,
    imported_once,
    inputs_and_arguments,
    need_extra,
    refuse_misplaced,
)
from mfprofile.errors import InputError
from mfprofile.spec.problems import unknown
from mfprofile.spec.sources import is_onnx, is_target

if TYPE_CHECKING:
    from mfprofile.measure.measurement import Measurement
    from mfprofile.measure.setup import Setup
    from mfprofile.measure.subjects import Subject

AXES = ("pillar", "block", "module")
REFERENCE = "mf26m"
"""A network that is always the same, short, and of the ops of every Mobile-Former, which a drift slows like theirs."""


def command(
    networks: Networks,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            metavar="AXIS",
            help="Also measure isolated parts: by pillar, block or module; of a network in code by module.",
            autocompletion=names_in("cli.measure:AXES"),
        ),
    ] = None,
    depth: Annotated[
        int | None, typer.Option("--depth", metavar="N", help="Levels of modules of a network in code (default 2).")
    ] = None,
    reference: Annotated[
        str,
        typer.Option(
            "--reference",
            metavar="SPEC",
            help="Network that is measured beside the others, and that times are relative to.",
            autocompletion=networks,
        ),
    ] = REFERENCE,
    *,
    run: RunOptions,
    options: MeasureOptions,
    form: FormOptions,
) -> None:
    """Measure latency: specs, networks in code and ONNX files.

    Examples:
        mfprofile measure mf294m
        mfprofile measure mf294m timm:resnet18 --threads 4 --json > desk.json

    Everything is measured in turn, again and again, beside a reference, with random weights and inputs.
    Milliseconds are the median, with its interval. They hold for this machine, runtime and setup alone. --by runs
    each part by itself. The peak is that of a large product of matrices. A network in code is imported and run as
    with 'audit'. Needs torch, onnx and onnxruntime: pip install '.[latency]'.
    """
    from mfprofile.view.measurement import measurement_text, notes
    from mfprofile.view.tables import show

    refuse_misplaced(networks, options, is_mixed_allowed=True, without=["--batch"])
    _check(by, depth, networks)
    run.check_sweeps(1)
    setup = run.setup(None if options.code.no_batch else options.code.batch or 1)
    _check_files((*networks, reference), setup)
    need("measure", setup, with_torch=not all(map(is_onnx, (*networks, reference))))
    measurement = _measured(networks, reference, options, setup, run.sweeps, by, 2 if depth is None else depth)
    show(measurement_text(measurement, by, form))
    if form.name in ("csv", "json") and notes(measurement):
        notify("\n".join(notes(measurement)))


def _check(by: str | None, depth: int | None, networks: Sequence[str]) -> None:
    if by not in (None, *AXES):
        raise unknown("axis", str(by), AXES)
    if depth is not None and (by != "module" or not codes(networks)):
        raise InputError("--depth needs --by module and a network in code; the modules of a spec are its sub-blocks")
    if depth is not None and depth < 1:
        raise InputError(f"--depth {depth}: must be 1 or more")


def _check_files(references: Sequence[str], setup: Setup) -> None:
    """Raise `InputError` for an ONNX file where the setup can only run networks that are still to be exported."""
    file = next(filter(is_onnx, references), None)
    if file is None:
        return
    if setup.runtime == "torch":
        raise InputError(f"{file}: is an ONNX file, which torch cannot run; use --runtime onnxruntime")
    if setup.stored != "float32":
        raise InputError(f"--dtype {setup.dtype}: {file} has types of its own; export it in {setup.dtype}")


def _measured(
    networks: Sequence[str],
    reference: str,
    options: Options,
    setup: Setup,
    sweeps: int,
    by: str | None,
    depth: int,
) -> Measurement:
    from mfprofile.measure.measurement import measured
    from mfprofile.view.progress import progress_bar

    every = [*networks, reference]
    need_extra("measure", [each for each in every if is_target(each)])
    if any(map(is_target, every)):
        options = configured(options)
    with ExitStack() as stack:
        stack.enter_context(imported_once(every, options))
        options = options.divided(networks)
        subjects = _subjects(networks, options, setup, stack)
        if reference in networks and not _changes(reference, options):
            beside = subjects[networks.index(reference)]
        else:
            checked_specs(every)
            beside = _subjects([reference], _of_reference(options), setup, stack)[0]
        return measured(subjects, beside, setup, sweeps, by, depth, lambda what: progress_bar(what=what))


def _changes(reference: str, options: Options) -> bool:
    """Return whether options change a network, or its inputs other than their batch."""
    if not is_target(reference):
        return bool(options.assignments)
    return bool(options.arguments or options.inputs or options.fill or options.code.values)


def _of_reference(options: Options) -> Options:
    """Return the options that also apply to the reference, which is the same in all measurements."""
    code = options.code
    return Options(config=options.config, code=Code(code.handles, code.batch, trust=code.trust))


def _subjects(references: Sequence[str], options: Options, setup: Setup, stack: ExitStack) -> list[Subject]:
    """Return what is measured. Networks in code stay open until the end of the stack."""
    from mfprofile.measure.subjects import of_code, of_file, of_spec

    loaded = iter(load_all([each for each in references if not is_target(each)], options.assignments))

    def subject(reference: str) -> Subject:
        if not is_target(reference):
            return of_spec(next(loaded), setup)
        if is_onnx(reference):
            return of_file(reference, file_trace(reference, options))
        from mfprofile.trace.audit import open_network

        bill = bill_of(reference, options, "core")
        inputs, arguments = inputs_and_arguments(reference, options)
        if options.fill is None and inputs.fill == "zeros":
            inputs = inputs._replace(fill="random")
        model = stack.enter_context(open_network(reference, arguments, real=True))
        return of_code(reference, model, inputs, bill, setup)

    return [subject(reference) for reference in references]
