"""The command explore best."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.counting import Counting
from mfprofile.cli.explore.answers import answer_of
from mfprofile.cli.explore.measured import EitherWindows, Measured, show_trained
from mfprofile.cli.explore.options import Maximize, Minimize, OutputFolder, SpaceName, objectives
from mfprofile.cli.explore.resources import ResourceOptions
from mfprofile.cli.options import Changes, FormOptions, report_specs
from mfprofile.errors import InputError


def command(
    space: SpaceName,
    minimize: Minimize = None,
    maximize: Maximize = None,
    number: Annotated[
        int,
        typer.Option(
            "-n",
            "--number",
            metavar="N",
            min=1,
            help="Number of variants, best first.",
        ),
    ] = 1,
    measured: Measured = None,
    *,
    limits: EitherWindows,
    output: OutputFolder,
    changes: Changes,
    convention: Counting,
    resources: ResourceOptions,
    form: FormOptions,
) -> None:
    """Find the variants with the most or the least of a quantity.

    Examples:
        mfprofile explore best mf294m-tokens --maximize params --madds :300M
        mfprofile explore best tiny --minimize 'bridge.madds + former.madds' -n 5

    The answer is exact, and of equally good variants the same ones are always taken. An answer is refused if it
    needs more memory than --ram. The quantity may be a sum. If no variant is within the windows, exits with 1 and
    names the nearest. With --measured, only variants that were trained count, and the quantity may be a column of
    the file.
    """
    from mfprofile.explore.best import best
    from mfprofile.explore.space import read_space
    from mfprofile.view.asked import asked
    from mfprofile.view.variants import show_variants

    if measured is not None:
        resources.refuse_with("--measured")
        loaded = read_space(space, changes)
        show_trained(loaded, measured, minimize, maximize, limits, convention, form, output, number)
        return
    goals = objectives(minimize, maximize)
    if len(goals) != 1:
        raise InputError("one quantity is needed; give --minimize or --maximize once")
    loaded = read_space(space, changes)
    variants = answer_of(
        lambda executor, progress: best(
            loaded, goals[0], limits, number, convention, resources.ram_bytes, executor, progress
        ),
        loaded, limits, convention, resources, form, goals,
    )  # fmt: skip
    show_variants(variants, convention, form, output, asked(goals, limits, number))
    report_specs(output, len(variants))
