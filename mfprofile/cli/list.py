"""The command list."""

from __future__ import annotations

from mfprofile.cli.options import FormOptions


def command(*, form: FormOptions) -> None:
    """List the specs that come with mfprofile, and their costs.

    Examples:
        mfprofile list
        mfprofile list --markdown
    """
    from mfprofile.view.catalogue import catalogue
    from mfprofile.view.tables import render, show

    show(render(catalogue(), form))
