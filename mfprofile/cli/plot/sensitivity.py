"""The command plot sensitivity."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.completion import names_in
from mfprofile.cli.options import ConventionName, Input, Settings, Spec, assigned
from mfprofile.cli.plot.options import Columns, Dark, Output, checked, look_of, written

Of = Annotated[
    str,
    typer.Option("--of", metavar="QUANTITY", help="madds or params.",
                 autocompletion=names_in("view.plots.waterfall:QUANTITIES")),
]  # fmt: skip


def command(
    spec: Spec,
    of: Of = "madds",
    most: Annotated[int, typer.Option("--top", metavar="N", min=1, help="So many knobs, those that change most.")] = 20,
    output: Output = None,
    columns: Columns = 2,
    dark: Dark = False,
    settings: Settings = None,
    input_size: Input = None,
    convention: ConventionName = "core",
) -> None:
    """Draw what one step of each knob is worth, as a tornado.

    Example: mfprofile plot sensitivity mf294m --top 12 -o sensitivity.svg
    """
    from mfprofile.budget.sensitivity import sensitivity
    from mfprofile.spec.load import load
    from mfprofile.view.plots.tornado import tornado

    checked(output)
    look = look_of(columns, dark)
    found = sensitivity(load(spec, assigned(settings, input_size)), convention, of)
    written(tornado(look, found, most), "sensitivity", output, look)
