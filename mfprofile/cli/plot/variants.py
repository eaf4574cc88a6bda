"""The command plot variants."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.completion import quantities
from mfprofile.cli.options import notify
from mfprofile.cli.plot.options import ChartOptions, Output, check_ending, write

File = Annotated[
    str,
    typer.Argument(metavar="FILE", help="Output of 'mfprofile explore …' with --json or --csv, - for stdin."),
]


def command(
    file: File,
    x: Annotated[
        str | None,
        typer.Option(
            "--x",
            metavar="QUANTITY",
            help="Horizontal axis: a quantity, a measured figure, or a choice.",
            show_default="madds",
            autocompletion=quantities,
        ),
    ] = None,
    y: Annotated[
        str | None,
        typer.Option(
            "--y",
            metavar="QUANTITY",
            help="Vertical axis, in the same form.",
            show_default="the first goal of a search, else params",
            autocompletion=quantities,
        ),
    ] = None,
    color: Annotated[
        str | None,
        typer.Option(
            "--color", metavar="QUANTITY", help="Colour by a third, such as tokens.count.", autocompletion=quantities
        ),
    ] = None,
    minimize: Annotated[
        list[str] | None,
        typer.Option(
            "--minimize",
            metavar="QUANTITY",
            help="The least of this axis is best. With a way for both, the front is drawn.",
            autocompletion=quantities,
        ),
    ] = None,
    maximize: Annotated[
        list[str] | None,
        typer.Option(
            "--maximize", metavar="QUANTITY", help="The most of this axis is best.", autocompletion=quantities
        ),
    ] = None,
    output: Output = None,
    *,
    look: ChartOptions,
) -> None:
    """Draw variants that 'explore' printed, by any two figures.

    Examples:
        mfprofile plot variants trials.json --color tokens.count
        mfprofile plot variants sample.csv --minimize madds --maximize params

    FILE is what explore sample, list, best, front or search print. The trials of a search have their front, as its
    goals say which way is best. The labels are the numbers of the variants on the front.
    """
    from mfprofile.view.plots.records import read_records
    from mfprofile.view.plots.variants import axes_of, one_way, variants_picture

    check_ending(output)
    records = read_records(file)
    axes = axes_of(records, x, y, minimize or [], maximize or [])
    picture = variants_picture(look, records, *axes, color)
    for note in one_way(*axes) if minimize or maximize else ():
        notify(f"note: {note}")
    write(picture, "variants", output, look)
