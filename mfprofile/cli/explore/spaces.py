"""The command explore spaces."""

from __future__ import annotations

from mfprofile.cli.options import (
    AsCsv,
    AsJson,
    AsMarkdown,
    chosen_form,
)


def command(as_json: AsJson = False, as_csv: AsCsv = False, as_markdown: AsMarkdown = False) -> None:
    """Show the spaces that ship.

    Example: mfprofile explore spaces
    """
    from mfprofile.view.exploring import spaces_table
    from mfprofile.view.tables import render, show

    show(render(spaces_table(), chosen_form(as_json, as_csv, as_markdown)))
