"""The command sensitivity."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.completion import names_in
from mfprofile.cli.options import Changes, ConventionName, FormChosen, Spec


def command(
    spec: Spec,
    sort: Annotated[
        str,
        typer.Option(
            "--sort",
            metavar="QUANTITY",
            help="madds or params: what the knobs are sorted by.",
            autocompletion=names_in("budget.sensitivity:QUANTITIES"),
        ),
    ] = "madds",
    *,
    changes: Changes,
    convention: ConventionName = "core",
    form: FormChosen,
) -> None:
    """Tell what one step of each knob is worth.

    Each is turned one step down and one step up: MAdds and parameters gained or lost, exactly; the elasticity, percent
    of change for each percent of the knob; and the pillars that the change falls on. The knob that changes most comes
    first. A step of width that rounding swallows is passed over.

    Example: mfprofile sensitivity mf294m --sort params
    """
    from mfprofile.budget.sensitivity import sensitivity
    from mfprofile.spec.load import load
    from mfprofile.view.sensitivity import sensitivity_text
    from mfprofile.view.tables import show

    found = sensitivity(load(spec, changes), convention, sort)
    show(sensitivity_text(found, form))
