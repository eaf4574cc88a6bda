"""The command plot residuals."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.completion import conventions
from mfprofile.cli.plot.options import LookGiven, Output, checked, written


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
    look: LookGiven,
) -> None:
    """Draw counted minus printed, for every cost in the paper.

    Differences are in steps of the last printed digit. A cell is within its rounding where it lies in the band
    of half a step.

    Example: mfprofile plot residuals --convention inferred --convention core -o residuals.svg
    """
    from mfprofile.view.plots.residuals import INFERRED, residuals

    checked(output)
    written(residuals(look, convention or [INFERRED]), "residuals", output, look)
