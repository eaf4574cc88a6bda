"""The command complexity."""

from __future__ import annotations

from mfprofile.cli.options import FormOptions


def command(*, form: FormOptions) -> None:
    """Check the paper's complexities against our counts.

    Examples:
        mfprofile complexity
        mfprofile complexity --markdown
    """
    from mfprofile.view.formula import complexity_table
    from mfprofile.view.tables import render, show

    show(render(complexity_table(), form))
