"""The command list."""

from __future__ import annotations

from mfprofile.cli.options import FormChosen


def command(*, form: FormChosen) -> None:
    """Show the specs that ship, with their costs.

    Example: mfprofile list --markdown
    """
    from mfprofile.view.catalogue import catalogue
    from mfprofile.view.tables import render, show

    show(render(catalogue(), form))
