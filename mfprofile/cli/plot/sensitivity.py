"""The command plot sensitivity."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.completion import names_in
from mfprofile.cli.counting import Counting
from mfprofile.cli.options import Changes, Spec
from mfprofile.cli.plot.options import LookOptions, Output, check_ending, write


def command(
    spec: Spec,
    sort: Annotated[
        str,
        typer.Option(
            "--sort",
            metavar="QUANTITY",
            help="Draw the change in madds, params or latency, the largest first.",
            autocompletion=names_in("budget.sensitivity:QUANTITIES"),
        ),
    ] = "madds",
    most: Annotated[
        int, typer.Option("--top", metavar="N", min=1, help="Number of knobs, those that change most.")
    ] = 20,
    output: Output = None,
    *,
    look: LookOptions,
    changes: Changes,
    convention: Counting,
) -> None:
    """Draw what one step of each knob changes, as a tornado.

    Examples:
        mfprofile plot sensitivity mf294m
        mfprofile plot sensitivity mf294m --sort params --top 12 -o knobs.svg
    """
    from mfprofile.budget.sensitivity import sensitivity
    from mfprofile.spec.load import load
    from mfprofile.view.plots.tornado import tornado

    check_ending(output)
    steps = sensitivity(load(spec, changes), convention, sort)
    write(tornado(look, steps, most), "sensitivity", output, look)
