"""The command plot prediction."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.completion import devices
from mfprofile.cli.plot.options import LookOptions, Output, check_ending, write


def command(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="A file of 'mfprofile calibrate', the name of a shipped latency model, or - for stdin.",
            autocompletion=devices,
        ),
    ],
    output: Output = None,
    *,
    look: LookOptions,
) -> None:
    """Draw predicted against measured latency.

    Examples:
        mfprofile plot prediction example-torch
        mfprofile plot prediction model.json --dark -o prediction.svg

    The networks are those that the latency model was fitted to. Each is predicted by a fit to others. The band is
    ±10 %.
    """
    from mfprofile.view.plots.held_out import read_held_out
    from mfprofile.view.plots.prediction import prediction

    check_ending(output)
    write(prediction(look, *read_held_out(model)), "prediction", output, look)
