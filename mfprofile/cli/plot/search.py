"""The command plot search."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.completion import quantities
from mfprofile.cli.plot.options import ChartOptions, Output, check_ending, write


def command(
    file: Annotated[
        str,
        typer.Argument(metavar="FILE", help="Output of 'mfprofile explore search … --json', - for stdin."),
    ],
    goal: Annotated[
        str | None,
        typer.Option(
            "--goal", metavar="QUANTITY", help="The goal to draw.", show_default="the first", autocompletion=quantities
        ),
    ] = None,
    output: Output = None,
    *,
    look: ChartOptions,
) -> None:
    """Draw a search: each trial, and the best so far.

    Examples:
        mfprofile plot search trials.json
        mfprofile plot search trials.json --goal accuracy --span 1 -o search.pdf

    Failed and pruned trials are marks at the axis. 'plot variants' draws the same trials against their cost.
    """
    from mfprofile.view.plots.progress import search_picture
    from mfprofile.view.plots.records import read_records

    check_ending(output)
    write(search_picture(look, read_records(file), goal), "search", output, look)
