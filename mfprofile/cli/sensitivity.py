"""The command sensitivity."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.options import (
    AsCsv,
    AsJson,
    AsMarkdown,
    ConventionName,
    Input,
    Settings,
    Spec,
    assigned,
    chosen_form,
)


def command(
    spec: Spec,
    sort: Annotated[
        str, typer.Option("--sort", metavar="QUANTITY", help="madds or params: what the knobs are sorted by.")
    ] = "madds",
    settings: Settings = None,
    input_size: Input = None,
    convention: ConventionName = "core",
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    as_markdown: AsMarkdown = False,
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

    form = chosen_form(as_json, as_csv, as_markdown)
    found = sensitivity(load(spec, assigned(settings, input_size)), convention, sort)
    show(sensitivity_text(found, form))
