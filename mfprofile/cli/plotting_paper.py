"""The commands plot accuracy, detection, ablation, residuals and front: pictures of the paper and of spaces."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.completion import conventions, names_in, specs
from mfprofile.cli.options import ConventionName, Input, Settings, assigned
from mfprofile.cli.pictures import Columns, Dark, Output, app, checked, look_of, written
from mfprofile.cli.querying import (
    Activations,
    Dask,
    Madds,
    Maximize,
    Memory,
    Minimize,
    Params,
    SpaceName,
    Within,
    Workers,
    front_of,
    pair,
    windows,
)


@app.command("accuracy")
def plot_accuracy(
    variants: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SPEC...]", help="Further variants: names of 'mfprofile list' or paths.", autocompletion=specs
        ),
    ] = None,
    against: Annotated[
        str,
        typer.Option(
            "--against", metavar="COST", help="madds or params.", autocompletion=names_in("view.plots.networks:COSTS")
        ),
    ] = "madds",
    csv: Annotated[
        str | None,
        typer.Option("--csv", metavar="FILE", help="Your own networks: columns name, top1, and spec, madds or params."),
    ] = None,
    recounted: Annotated[
        bool, typer.Option("--recounted", help="Count the others too, where a library builds them: all in core.")
    ] = False,
    output: Output = None,
    columns: Columns = 2,
    dark: Dark = False,
    convention: Annotated[
        str | None,
        typer.Option(
            "--convention",
            metavar="NAME",
            help="What is counted: paper, core, or as torch, fvcore, thop… do.",
            show_default="paper; core if --recounted",
            autocompletion=conventions,
        ),
    ] = None,
) -> None:
    """Draw ImageNet top-1 against cost, as the paper's Figure 2.

    Mobile-Former is counted; efficient CNNs and vision transformers are as the paper prints them, or with --recounted
    as 'mfprofile paper baselines' has them, hollow where no library builds them. A variant whose accuracy nobody
    measured is a tick on the axis of cost.

    Example: mfprofile plot accuracy -o accuracy.svg
    """
    from mfprofile.view.plots.accuracy import accuracy

    checked(output)
    look = look_of(columns, dark)
    written(accuracy(look, variants or [], csv, against, convention, recounted), "accuracy", output, look)


@app.command("detection")
def plot_detection(
    against: Annotated[
        str,
        typer.Option(
            "--against", metavar="COST", help="madds or params.", autocompletion=names_in("view.plots.networks:COSTS")
        ),
    ] = "madds",
    whole: Annotated[bool, typer.Option("--whole", help="Of the whole detector, not of its backbone.")] = False,
    output: Output = None,
    columns: Columns = 2,
    dark: Dark = False,
    convention: ConventionName = "paper-coco",
) -> None:
    """Draw COCO AP against cost, from Table 4.

    The cost is the backbone's in RetinaNet, or the whole detector's. Mobile-Former is counted; the other
    backbones are as the paper prints them.

    Example: mfprofile plot detection --against params -o detection.pdf
    """
    from mfprofile.view.plots.detection import detection

    checked(output)
    look = look_of(columns, dark)
    written(detection(look, against, whole, convention), "detection", output, look)


@app.command("ablation")
def plot_ablation(
    output: Output = None, columns: Columns = 2, dark: Dark = False, convention: ConventionName = "paper"
) -> None:
    """Draw the ablations, Tables 5 to 9: top-1 and cost.

    Accuracies are as printed, multiply-adds and parameters are counted.

    Example: mfprofile plot ablation -o ablation.svg
    """
    from mfprofile.view.plots.ablation import ablation

    checked(output)
    look = look_of(columns, dark)
    written(ablation(look, convention), "ablation", output, look)


@app.command("residuals")
def plot_residuals(
    convention: Annotated[
        list[str] | None,
        typer.Option(
            "--convention",
            metavar="NAME",
            help="inferred (paper, and paper-coco for Table 4), or any convention. Repeatable.",
            show_default="inferred",
            autocompletion=conventions,
        ),
    ] = None,
    output: Output = None,
    columns: Columns = 2,
    dark: Dark = False,
) -> None:
    """Draw counted minus printed, for every cost in the paper.

    Differences are in steps of the last printed digit. A cell is within its rounding where it lies in the band
    of half a step.

    Example: mfprofile plot residuals --convention inferred --convention core -o residuals.svg
    """
    from mfprofile.view.plots.residuals import INFERRED, residuals

    checked(output)
    look = look_of(columns, dark)
    written(residuals(look, convention or [INFERRED]), "residuals", output, look)


@app.command("front")
def plot_front(
    space: SpaceName,
    minimize: Minimize = None,
    maximize: Maximize = None,
    madds: Madds = None,
    params: Params = None,
    activations: Activations = None,
    within: Within = None,
    output: Output = None,
    columns: Columns = 2,
    dark: Dark = False,
    settings: Settings = None,
    input_size: Input = None,
    convention: ConventionName = "core",
    workers: Workers = None,
    dask: Dask = None,
    memory: Memory = "2G",
) -> None:
    """Draw a space's Pareto front beside the seven models.

    The front is that of explore front. Least madds against most params, if nothing else is asked.

    Example: mfprofile plot front mf294m-stages --madds :400M -o front.svg
    """
    from mfprofile.explore.space import read_space
    from mfprofile.view.plots.front import front_picture

    checked(output)
    look = look_of(columns, dark)
    given = pair(minimize, maximize)
    limits = windows(madds, params, activations, within)
    found = read_space(space, assigned(settings, input_size))
    points = front_of(found, given, limits, convention, memory, workers, dask)
    written(front_picture(look, found.name, points, given, convention), "front", output, look)


@app.command("contour")
def plot_contour(
    space: Annotated[
        str,
        typer.Argument(
            metavar="SPACE|SPEC",
            help="A name of 'mfprofile list' or 'explore spaces', a path, or - for stdin.",
            autocompletion=specs,
        ),
    ],
    x: Annotated[str, typer.Option("--x", metavar="KEY", help="Across: a key, or KEY=FROM:TO[:STEP].")],
    y: Annotated[str, typer.Option("--y", metavar="KEY", help="Upwards: the same.")],
    at: Annotated[
        list[str] | None, typer.Option("--at", metavar="MADDS", help="Draw this line, as 300M. Repeatable.")
    ] = None,
    output: Output = None,
    columns: Columns = 2,
    dark: Dark = False,
    settings: Settings = None,
    input_size: Input = None,
    convention: ConventionName = "core",
) -> None:
    """Draw lines of equal MAdds over two keys.

    A key that a space leaves open has its choices; another that is a knob of 'mfprofile sensitivity' the values around
    its own, unless a range is given. All valid points are counted.

    Example: mfprofile plot contour mf294m --x tokens.count --y tokens.dim
    """
    from mfprofile.explore.space import read_space
    from mfprofile.spec.quantities import quantity
    from mfprofile.view.plots.contour import contour

    checked(output)
    look = look_of(columns, dark)
    levels = [quantity(text) for text in at or ()]
    found = read_space(space, assigned(settings, input_size))
    written(contour(look, found, x, y, convention, levels), "contour", output, look)
