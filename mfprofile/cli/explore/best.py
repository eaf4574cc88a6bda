"""The command explore best."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.explore.options import LaborGiven, Maximize, Minimize, OutputFolder, SpaceName, Windows, aims
from mfprofile.cli.options import Changes, ConventionName, FormChosen
from mfprofile.spec.problems import InputError


def command(
    space: SpaceName,
    minimize: Minimize = None,
    maximize: Maximize = None,
    number: Annotated[
        int, typer.Option("-n", "--number", metavar="N", min=1, help="The N best; more than one of a small space only.")
    ] = 1,
    *,
    limits: Windows,
    output: OutputFolder = None,
    changes: Changes,
    convention: ConventionName = "core",
    labor: LaborGiven,
    form: FormChosen,
) -> None:
    """Find the variant with the most, or the least, of a quantity within windows.

    Exact, or refused where that would take more than --ram. The quantity may be a sum.

    Example: mfprofile explore best mf294m-blocks --maximize params --madds :300M
    """
    from mfprofile.explore.best import best
    from mfprofile.explore.space import read_space
    from mfprofile.view.variants import show_variants

    given = aims(minimize, maximize)
    if len(given) != 1:
        raise InputError("the best is of one quantity: give --minimize or --maximize once")
    found = read_space(space, changes)
    with labor.begun() as (executor, progress):
        variants = best(found, given[0], limits, number, convention, labor.room, executor, progress)
    show_variants(variants, convention, form, output)
