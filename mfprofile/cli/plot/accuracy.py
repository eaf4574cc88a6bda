"""The command plot accuracy."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.completion import conventions, names_in, specs
from mfprofile.cli.plot.options import LookGiven, Output, checked, written


def command(
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
    measured: Annotated[
        str | None,
        typer.Option(
            "--measured",
            metavar="FILE",
            help="A CSV of your own networks: name, top1, and spec, madds or params.",
        ),
    ] = None,
    recounted: Annotated[
        bool, typer.Option("--recounted", help="Count the others too, where a library builds them: all in core.")
    ] = False,
    output: Output = None,
    *,
    look: LookGiven,
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
    written(accuracy(look, variants or [], measured, against, convention, recounted), "accuracy", output, look)
