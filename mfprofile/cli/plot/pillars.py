"""The command plot pillars."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.completion import specs
from mfprofile.cli.options import Changes, ConventionName, once
from mfprofile.cli.plot.options import LookGiven, Output, checked, written


def command(
    variants: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SPEC...]",
            help="Names of 'mfprofile list' or paths; the seven models if none.",
            autocompletion=specs,
        ),
    ] = None,
    output: Output = None,
    *,
    look: LookGiven,
    changes: Changes,
    convention: ConventionName = "core",
) -> None:
    """Draw the pillars' shares of MAdds and parameters, of several variants.

    Example: mfprofile plot pillars mf294m mf294m-mlp mf294m-mobile -o pillars.pdf
    """
    from mfprofile.cost.bill import count
    from mfprofile.paper.claims import MODELS
    from mfprofile.spec.load import load
    from mfprofile.view.plots.pillars import pillars

    checked(output)
    bills = [count(load(each, changes), convention) for each in once(variants or list(MODELS))]
    written(pillars(look, bills), "pillars", output, look)
