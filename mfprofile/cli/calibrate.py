"""The command calibrate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mfprofile.cli.completion import spaces
from mfprofile.cli.options import AsJson, Changes, checked_specs, notify, report_file
from mfprofile.cli.setups import RunOptions, need
from mfprofile.errors import InputError, NoisyError
from mfprofile.spec.words import plural

if TYPE_CHECKING:
    from mfprofile.explore.space import Space
    from mfprofile.measure.calibration import Calibration, Candidate
    from mfprofile.measure.setup import Setup

MOST_NETWORKS = 1000


def command(
    spaces: Annotated[
        list[str],
        typer.Argument(
            metavar="SPACE",
            help="Spaces and specs: names, paths, or - for stdin. Networks are drawn from them and beside them.",
            autocompletion=spaces,
        ),
    ],
    output: Annotated[str, typer.Option("-o", "--output", metavar="FILE", help="Write the model to this .json file.")],
    number: Annotated[
        int, typer.Option("-n", "--number", metavar="N", help="Networks that are measured; 12 or more are better.")
    ] = 24,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Another seed draws other networks.")] = 0,
    batch: Annotated[int, typer.Option("--batch", metavar="N", min=1, help="Images in a call.")] = 1,
    force: Annotated[bool, typer.Option("--force", help="Replace a file with a better or another model.")] = False,
    *,
    run: RunOptions,
    changes: Changes,
    as_json: AsJson = False,
) -> None:
    """Fit a latency model of this machine to measured networks.

    Examples:
        mfprofile calibrate mf294m-stages -o desk.json
        mfprofile calibrate mf294m-stages mf26m -n 48 --threads 4 -o desk4.json

    Half of the networks are variants of the spaces; the others also differ in depth, width, tokens and input. All
    are measured in turn, again and again. The table has the errors on networks that were held out, beside those of
    simpler ways to predict. The file is for --latency-model. An interrupted calibration goes on where it stopped.
    Needs torch, onnx, onnxruntime and scipy: pip install '.[latency]'.
    """
    from mfprofile.files import check, write
    from mfprofile.measure.journal import remove
    from mfprofile.view.calibration import calibration_json, errors_table, file_json
    from mfprofile.view.tables import dumps, render, show

    setup = run.setup(batch)
    run.check_sweeps(2, ", so that their noise is known")
    _check(output, number)
    need("calibrate", setup, with_torch=True, more=["scipy"])
    check(output)
    read = _read(spaces, changes)
    calibration = _calibrated(_candidates(read, number, seed, setup), setup, run.sweeps, output, read)
    reason = "" if force else _reason_to_keep(output, calibration)
    if not reason:  # before anything is printed: a closed pipe must not lose the model
        write(output, dumps(file_json(calibration)))
        remove(output)
    show(dumps(calibration_json(calibration)) if as_json else render(errors_table(calibration)))
    if reason:
        notify(f"{output}: is kept: {reason}; use --force to replace it, or -o with another file")
        raise typer.Exit(1)
    report_file(output)


def _check(output: str, number: int) -> None:
    from mfprofile.files import check_name
    from mfprofile.measure.fit import LEAST_JUDGED

    check_name(output)
    if Path(output).suffix != ".json":
        raise InputError(f"-o {output}: must end in .json")
    if not LEAST_JUDGED <= number <= MOST_NETWORKS:
        raise InputError(f"--number {number}: must be from {LEAST_JUDGED} to {MOST_NETWORKS}")


def _read(references: list[str], changes: Changes) -> list[Space]:
    from mfprofile.explore.space import read_space

    return [read_space(each, changes) for each in checked_specs(references)]


def _candidates(spaces: list[Space], number: int, seed: int, setup: Setup) -> list[Candidate]:
    """Return the networks to measure. Raise `InputError` for spaces without enough of them."""
    from mfprofile.measure.calibration import candidate
    from mfprofile.measure.samples import networks

    specs = networks(spaces, number, seed)
    if len(specs) < number:
        names = ", ".join(space.name for space in spaces)
        what = f"only {len(specs)} {plural('network', len(specs))} can be drawn, fewer than --number {number}"
        raise InputError(f"{names}: {what}; use a larger space")
    return [candidate(spec, setup) for spec in specs]


def _calibrated(
    candidates: list[Candidate], setup: Setup, sweeps: int, output: str, spaces: list[Space]
) -> Calibration:
    from mfprofile.measure.calibration import calibrated
    from mfprofile.measure.journal import remove
    from mfprofile.view.progress import progress_bar

    name = Path(output).stem
    try:
        watch, names = (lambda what: progress_bar(what=what)), [space.name for space in spaces]
        return calibrated(name, candidates, setup, sweeps, output, watch, spaces=names)
    except NoisyError as error:
        remove(output)  # else the same command would find the same noise
        notify(f"error: {error}")
        raise typer.Exit(1) from None


def _reason_to_keep(output: str, calibration: Calibration) -> str:
    """Return why the file that is there must not be replaced unasked, or ''."""
    from mfprofile.cost.device_file import read_device

    if not Path(output).is_file():
        return ""
    try:
        before = read_device(output)
    except InputError:
        return "it is not a latency model"
    now = calibration.device
    keys = ("processor", "on", "runtime", "threads")
    differing = [key for key in keys if before.conditions.get(key) != now.conditions.get(key)]
    if differing or (before.batch, before.dtype) != (now.batch, now.dtype):
        return f"it is a model of another {differing[0] if differing else 'batch or dtype'}"
    if before.errors is not None and now.errors is not None and before.errors.mean < now.errors.mean:
        return f"its mean error is smaller, {100 * before.errors.mean:.1f} %"
    return ""
