"""The command explore spaces."""

from __future__ import annotations

from mfprofile.cli.options import FormChosen


def command(*, form: FormChosen) -> None:
    """Show the spaces that ship.

    Example: mfprofile explore spaces
    """
    from mfprofile.view.exploring import spaces_table
    from mfprofile.view.tables import render, show

    show(render(spaces_table(), form))
