"""The command list."""

from __future__ import annotations

from mfprofile.cli.options import (
    AsCsv,
    AsJson,
    AsMarkdown,
    chosen_form,
)


def command(as_json: AsJson = False, as_csv: AsCsv = False, as_markdown: AsMarkdown = False) -> None:
    """Show the specs that ship, with their costs.

    Example: mfprofile list --markdown
    """
    from mfprofile.view.catalogue import catalogue
    from mfprofile.view.tables import render, show

    show(render(catalogue(), chosen_form(as_json, as_csv, as_markdown)))
