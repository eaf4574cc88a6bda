"""The command explore spaces."""

from __future__ import annotations

from mfprofile.cli.options import FormOptions


def command(*, form: FormOptions) -> None:
    """List the spaces that come with mfprofile.

    Examples:
        mfprofile explore spaces
        mfprofile explore spaces --json
    """
    from mfprofile.view.exploring import spaces_table
    from mfprofile.view.tables import render, show

    show(render(spaces_table(), form))
