"""The command count."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.completion import axes
from mfprofile.cli.counting import Counting
from mfprofile.cli.options import Changes, FormOptions, Specs, TrainingOption, load_all


def command(
    specs: Specs,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            metavar="AXIS",
            help="Group by block, stage, pillar, kind or op (default block; pillar for several specs).",
            autocompletion=axes,
        ),
    ] = None,
    *,
    changes: Changes,
    training: TrainingOption = False,
    convention: Counting,
    form: FormOptions,
) -> None:
    """Count multiply-adds and parameters, exactly.

    Examples:
        mfprofile count mf294m
        mfprofile count mf294m mf294m-mlp --by block --convention paper

    One spec is shown by block, then by pillar. Two or three specs are shown side by side, more with one line each,
    with differences from the first; --columns name,… asks for a line each. With a latency model, so is the predicted
    latency.
    """
    from mfprofile.cost.bill import count
    from mfprofile.spec.content import content_of
    from mfprofile.view.bill import bill_json
    from mfprofile.view.bills import bills_table
    from mfprofile.view.captions import caption_of
    from mfprofile.view.tables import dumps, render, show

    loaded = load_all(specs, changes)
    bills = [count(spec, convention, training=training) for spec in loaded]
    if form.name == "json":
        documents = [
            {**bill_json(bill, by), "content": content_of(spec)} for bill, spec in zip(bills, loaded, strict=True)
        ]
        show(dumps(documents if len(documents) > 1 else documents[0]))
        return
    table = bills_table(bills, by, form)
    if form.name == "latex":
        table = table._replace(caption=caption_of(bills, by))
    show(render(table, form))
