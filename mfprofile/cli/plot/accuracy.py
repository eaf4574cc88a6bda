"""The command plot accuracy."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.completion import conventions, names_in, specs
from mfprofile.cli.counting import LatencyModel
from mfprofile.cli.options import all_expanded
from mfprofile.cli.plot.options import ChartOptions, Only, Output, check_ending, families, write


def command(
    variants: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SPEC",
            help="More variants: names of 'mfprofile list', paths, or globs of either.",
            autocompletion=specs,
            callback=all_expanded,
        ),
    ] = None,
    quantity: Annotated[
        str,
        typer.Option(
            "--quantity",
            metavar="QUANTITY",
            help="Cost axis: madds, params, or latency with --latency-model.",
            autocompletion=names_in("view.plots.networks:COSTS"),
        ),
    ] = "madds",
    measured: Annotated[
        str | None,
        typer.Option(
            "--measured",
            metavar="FILE",
            help="CSV file of your own networks, - for stdin: name, top1, and spec, madds or params.",
        ),
    ] = None,
    recounted: Annotated[
        bool, typer.Option("--recounted", help="Also count the other networks that can be built; all in core.")
    ] = False,
    only: Only = None,
    front: Annotated[
        bool, typer.Option("--front", help="Also draw the Pareto front of your own networks, and label those on it.")
    ] = False,
    output: Output = None,
    *,
    look: ChartOptions,
    convention: Annotated[
        str | None,
        typer.Option(
            "--convention",
            metavar="NAME",
            help="What to count: paper, core, or like a tool: torch, fvcore, thop…",
            show_default="paper; core if --recounted",
            autocompletion=conventions,
        ),
    ] = None,
    device: LatencyModel,
) -> None:
    """Draw ImageNet top-1 against cost, as in Figure 2.

    Examples:
        mfprofile plot accuracy
        mfprofile plot accuracy --quantity params --measured mine.csv

    Mobile-Former is counted. Efficient CNNs and vision transformers are as printed in the paper. With --recounted
    they are as in 'mfprofile paper baselines', and hollow if they cannot be built. Against a predicted latency,
    only Mobile-Former and your variants are drawn. A variant without a measured accuracy is a tick on the cost
    axis.
    """
    from mfprofile.view.plots.accuracy import accuracy

    check_ending(output)
    picture = accuracy(
        look, variants or [], measured, quantity, convention, recounted, device, only=families(only), with_front=front
    )
    write(picture, "accuracy", output, look)
