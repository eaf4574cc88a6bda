"""The command plot detection."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.completion import names_in
from mfprofile.cli.counting import LatencyModel
from mfprofile.cli.options import ConventionName
from mfprofile.cli.plot.options import ChartOptions, Only, Output, check_ending, families, write


def command(
    quantity: Annotated[
        str,
        typer.Option(
            "--quantity",
            metavar="QUANTITY",
            help="Cost axis: madds, params, or latency with --latency-model.",
            autocompletion=names_in("view.plots.networks:COSTS"),
        ),
    ] = "madds",
    whole: Annotated[bool, typer.Option("--whole", help="Use the cost of the whole detector.")] = False,
    only: Only = None,
    output: Output = None,
    *,
    look: ChartOptions,
    convention: ConventionName = "paper-coco",
    device: LatencyModel,
) -> None:
    """Draw COCO AP against cost, from Table 4.

    Examples:
        mfprofile plot detection
        mfprofile plot detection --quantity params --whole -o detection.pdf

    The cost is that of the backbone in RetinaNet, or of the whole detector. Mobile-Former is counted. The other
    backbones are as printed in the paper, and not drawn against a predicted latency.
    """
    from mfprofile.view.plots.detection import detection

    check_ending(output)
    picture = detection(look, quantity, whole, convention, device, families(only))
    write(picture, "detection", output, look)
