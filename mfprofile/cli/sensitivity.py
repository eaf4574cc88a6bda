"""The command sensitivity."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.completion import columns
from mfprofile.cli.counting import Counting
from mfprofile.cli.form import refuse_empty
from mfprofile.cli.options import Changes, FormOptions, Spec


def command(
    spec: Spec,
    sort: Annotated[
        str,
        typer.Option(
            "--sort",
            metavar="COLUMN",
            help="Sort knobs by the size of their change in madds, params or latency; or lines by another COLUMN or "
            "-COLUMN.",
            autocompletion=columns,
        ),
    ] = "madds",
    *,
    changes: Changes,
    convention: Counting,
    form: FormOptions,
) -> None:
    """Report what one step of each knob changes.

    Examples:
        mfprofile sensitivity mf294m
        mfprofile sensitivity mf294m --sort params --markdown

    Each knob is turned one step down and one step up. The table has the exact change in MAdds and parameters, that
    of the predicted latency if there is a latency model, the elasticity (percent of change for each percent of the
    knob), and the pillars that change. The knob that changes most comes first. A step of width that rounding undoes
    is skipped.
    """
    from mfprofile.budget.sensitivity import QUANTITIES, sensitivity
    from mfprofile.spec.load import load
    from mfprofile.view.sensitivity import sensitivity_text
    from mfprofile.view.tables import show

    refuse_empty("--sort", sort)
    if sort not in QUANTITIES and form.name != "json":
        form, sort = form._replace(sort=sort), QUANTITIES[0]
    show(sensitivity_text(sensitivity(load(spec, changes), convention, sort), form))
