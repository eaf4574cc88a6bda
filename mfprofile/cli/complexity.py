"""The command complexity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mfprofile.cli.options import (
    AsCsv,
    AsJson,
    AsMarkdown,
    chosen_form,
)

if TYPE_CHECKING:
    pass


def command(as_json: AsJson = False, as_csv: AsCsv = False, as_markdown: AsMarkdown = False) -> None:
    """Test the complexities that the paper states against the arithmetic.

    Example: mfprofile complexity
    """
    from mfprofile.view.formula import complexity_table
    from mfprofile.view.tables import render, show

    show(render(complexity_table(), chosen_form(as_json, as_csv, as_markdown)))
