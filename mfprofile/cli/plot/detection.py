"""The command plot detection."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.completion import names_in
from mfprofile.cli.options import ConventionName
from mfprofile.cli.plot.options import LookGiven, Output, checked, written


def command(
    against: Annotated[
        str,
        typer.Option(
            "--against", metavar="COST", help="madds or params.", autocompletion=names_in("view.plots.networks:COSTS")
        ),
    ] = "madds",
    whole: Annotated[bool, typer.Option("--whole", help="Of the whole detector, not of its backbone.")] = False,
    output: Output = None,
    *,
    look: LookGiven,
    convention: ConventionName = "paper-coco",
) -> None:
    """Draw COCO AP against cost, from Table 4.

    The cost is the backbone's in RetinaNet, or the whole detector's. Mobile-Former is counted; the other
    backbones are as the paper prints them.

    Example: mfprofile plot detection --against params -o detection.pdf
    """
    from mfprofile.view.plots.detection import detection

    checked(output)
    written(detection(look, against, whole, convention), "detection", output, look)
