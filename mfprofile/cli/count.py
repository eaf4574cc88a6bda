"""The command count."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.completion import axes
from mfprofile.cli.options import Changes, ConventionName, FormChosen, Specs, once


def command(
    specs: Specs,
    by: Annotated[
        str | None,
        typer.Option(
            "--by", metavar="AXIS", help="block, stage, pillar, kind or op; side by side: pillar.", autocompletion=axes
        ),
    ] = None,
    *,
    changes: Changes,
    convention: ConventionName = "core",
    form: FormChosen,
) -> None:
    """Count multiply-adds and parameters, exactly.

    One spec is told block by block, then by pillar; several are set side by side, with differences to the first.

    Example: mfprofile count mf294m mf294m-mlp --by block
    """
    from mfprofile.cost.bill import count
    from mfprofile.spec.load import load
    from mfprofile.view.bill import bill_json, bill_table, comparison_table
    from mfprofile.view.tables import dumps, render, show

    bills = [count(load(spec, changes), convention) for spec in once(specs)]
    if form == "json":
        found = [bill_json(bill, by) for bill in bills]
        show(dumps(found if len(found) > 1 else found[0]))
    elif len(bills) == 1:
        show(render(bill_table(bills[0], by or "block"), form))
    else:
        show(render(comparison_table(bills, by or "pillar"), form))
