"""The command plot residuals."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.completion import conventions
from mfprofile.cli.plot.options import LookOptions, Output, check_ending, write


def command(
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
    *,
    look: LookOptions,
) -> None:
    """Draw counted minus printed, for every cost in the paper.

    Examples:
        mfprofile plot residuals
        mfprofile plot residuals --convention core --dark -o residuals.svg

    Differences are in units of the last printed digit. A cell agrees with its printed value if it lies in the band
    of half a unit.
    """
    from mfprofile.view.plots.residuals import INFERRED, residuals

    check_ending(output)
    write(residuals(look, convention or [INFERRED]), "residuals", output, look)
