"""The command complexity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mfprofile.cli.options import FormChosen

if TYPE_CHECKING:
    pass


def command(*, form: FormChosen) -> None:
    """Test the complexities that the paper states against the arithmetic.

    Example: mfprofile complexity
    """
    from mfprofile.view.formula import complexity_table
    from mfprofile.view.tables import render, show

    show(render(complexity_table(), form))
