"""The commands list, show, count and schema."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.completion import axes
from mfprofile.cli.options import (
    AsCsv,
    AsJson,
    AsMarkdown,
    ConventionName,
    Input,
    Settings,
    Spec,
    Specs,
    assigned,
    chosen_form,
    once,
)


def list_specs(as_json: AsJson = False, as_csv: AsCsv = False, as_markdown: AsMarkdown = False) -> None:
    """Show the specs that ship, with their costs.

    Example: mfprofile list --markdown
    """
    from mfprofile.view.catalogue import catalogue
    from mfprofile.view.tables import render, show

    show(render(catalogue(), chosen_form(as_json, as_csv, as_markdown)))


def show_spec(spec: Spec, settings: Settings = None, input_size: Input = None, as_json: AsJson = False) -> None:
    """Print one spec, resolved, as YAML.

    What it extends, --set and width are applied and every default is written out, so that the result stands alone.

    Example: mfprofile show mf26m > mine.yaml
    """
    from mfprofile.spec.load import load
    from mfprofile.spec.width import scaled
    from mfprofile.spec.writing import mapping, yaml_text
    from mfprofile.view.tables import dumps, show

    resolved = scaled(load(spec, assigned(settings, input_size)))
    show(dumps(mapping(resolved)) if as_json else yaml_text(resolved))


def count(
    specs: Specs,
    by: Annotated[
        str | None,
        typer.Option(
            "--by", metavar="AXIS", help="block, stage, pillar, kind or op; side by side: pillar.", autocompletion=axes
        ),
    ] = None,
    settings: Settings = None,
    input_size: Input = None,
    convention: ConventionName = "core",
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    as_markdown: AsMarkdown = False,
) -> None:
    """Count multiply-adds and parameters, exactly.

    One spec is told block by block, then by pillar; several are set side by side, with differences to the first.

    Example: mfprofile count mf294m mf294m-mlp --by block
    """
    from mfprofile.cost.counts import count
    from mfprofile.spec.load import load
    from mfprofile.view.bill import bill_json, bill_table, comparison_table
    from mfprofile.view.tables import dumps, render, show

    form = chosen_form(as_json, as_csv, as_markdown)
    bills = [count(load(spec, assigned(settings, input_size)), convention) for spec in once(specs)]
    if form == "json":
        found = [bill_json(bill, by) for bill in bills]
        show(dumps(found if len(found) > 1 else found[0]))
    elif len(bills) == 1:
        show(render(bill_table(bills[0], by or "block"), form))
    else:
        show(render(comparison_table(bills, by or "pillar"), form))


def schema() -> None:
    """Print the JSON Schema of specs, for editors.

    Example: mfprofile schema > mfprofile.schema.json
    """
    from mfprofile.spec.schema import json_schema
    from mfprofile.view.tables import dumps, show

    show(dumps(json_schema()))
