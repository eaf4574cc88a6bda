"""The command plot front."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.completion import names_in
from mfprofile.cli.counting import Counting
from mfprofile.cli.explore.answers import front_of
from mfprofile.cli.explore.measured import EitherWindows, Measured, end_without_trained, report, trained_front
from mfprofile.cli.explore.options import Maximize, Minimize, SpaceName, goals_of_front
from mfprofile.cli.explore.resources import ResourceOptions
from mfprofile.cli.options import Changes
from mfprofile.cli.plot.options import ChartOptions, Output, check_ending, families, write
from mfprofile.errors import InputError


def command(
    space: SpaceName,
    minimize: Minimize = None,
    maximize: Maximize = None,
    measured: Measured = None,
    *,
    limits: EitherWindows,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="FAMILY,...",
            help="Draw only these: space, without the published models, or mobile-former.",
            autocompletion=names_in("view.plots.front:FAMILIES"),
        ),
    ] = None,
    output: Output = None,
    look: ChartOptions,
    changes: Changes,
    convention: Counting,
    resources: ResourceOptions,
) -> None:
    """Draw a space's Pareto front and the published models.

    Examples:
        mfprofile plot front mf294m-tokens
        mfprofile plot front mf294m-tokens --madds :400M -o front.svg

    The front is that of 'mfprofile explore front'. By default, madds are minimized and params are maximized. If no
    variant is within the windows, nothing is drawn: exits with 1 and names the nearest. With --measured, all
    variants that were trained are drawn, and their front; a quantity may be a column of the file. Published models
    far from the front are left out, and a note names them; hollow ones are not variants of the space.
    """
    from mfprofile.explore.space import read_space
    from mfprofile.explore.unpriced import kinds_in
    from mfprofile.view.plots.front import front_picture
    from mfprofile.view.plots.trained import trained_picture
    from mfprofile.view.variants import device_of

    check_ending(output)
    loaded = read_space(space, changes)
    if measured is not None:
        resources.refuse_with("--measured")
        if only:
            raise InputError("--only: with --measured there are only variants of the space; remove it")
        on_front, inside, results, aims = trained_front(loaded, measured, minimize, maximize, limits, convention)
        report(loaded, measured, results)
        _refuse_three(len(aims))
        if not inside:
            end_without_trained(loaded, measured, limits, results)
        kinds = kinds_in(loaded, device_of(convention))
        picture = trained_picture(look, loaded.name, inside, on_front, (aims[0], aims[1]), convention, kinds)
        write(picture, "front", output, look)
        return
    goals = goals_of_front(minimize, maximize)
    _refuse_three(len(goals))
    points = front_of(loaded, goals, limits, convention, resources)
    picture = front_picture(look, loaded, points, (goals[0], goals[1]), convention, families(only))
    write(picture, "front", output, look)


def _refuse_three(quantities: int) -> None:
    if quantities != 2:
        raise InputError(
            f"a picture has two quantities, not {quantities}; 'mfprofile explore front' lists a front of three"
        )
