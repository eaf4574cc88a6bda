"""The command plot sensitivity."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.completion import names_in
from mfprofile.cli.options import Changes, ConventionName, Spec
from mfprofile.cli.plot.options import LookGiven, Output, checked, written


def command(
    spec: Spec,
    sort: Annotated[
        str,
        typer.Option(
            "--sort",
            metavar="QUANTITY",
            help="madds or params: what is drawn, the largest first.",
            autocompletion=names_in("budget.sensitivity:QUANTITIES"),
        ),
    ] = "madds",
    most: Annotated[int, typer.Option("--top", metavar="N", min=1, help="So many knobs, those that change most.")] = 20,
    output: Output = None,
    *,
    look: LookGiven,
    changes: Changes,
    convention: ConventionName = "core",
) -> None:
    """Draw what one step of each knob is worth, as a tornado.

    Example: mfprofile plot sensitivity mf294m --top 12 -o sensitivity.svg
    """
    from mfprofile.budget.sensitivity import sensitivity
    from mfprofile.spec.load import load
    from mfprofile.view.plots.tornado import tornado

    checked(output)
    found = sensitivity(load(spec, changes), convention, sort)
    written(tornado(look, found, most), "sensitivity", output, look)
