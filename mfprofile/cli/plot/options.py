"""What the commands of `plot` share: the options of a picture's looks and place, and the writing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mfprofile.cli.groups import Group
from mfprofile.cli.options import notify

if TYPE_CHECKING:
    from mfprofile.view.plots.look import Look
    from mfprofile.view.plots.picture import Picture

Output = Annotated[
    str | None,
    typer.Option("-o", "--output", metavar="FILE", help="Where to write: .png, .svg or .pdf; NAME.png by default."),
]


def _look(span: int, dark: bool) -> Look:
    """Return the look that the options ask for."""
    from mfprofile.view.plots.look import Look

    return Look(span, dark)


LookGiven = Annotated[
    Any,
    Group(
        {
            "span": (
                Annotated[
                    int,
                    typer.Option("--span", metavar="1|2", min=1, max=2, help="Width: one or two columns of a paper."),
                ],
                2,
            ),
            "dark": (Annotated[bool, typer.Option("--dark", help="For a dark background.")], False),
        },
        _look,
    ),
]
"""How a picture looks."""


def written(picture: Picture, name: str, output: str | None, look: Look) -> None:
    """Write a picture, and say where."""
    from mfprofile.view.plots.picture import save

    notify(f"wrote {save(picture, output or f'{name}.png', look)}")


def checked(output: str | None) -> None:
    """Raise `InputError` for an ending that says no format, before anything is drawn."""
    from mfprofile.view.plots.picture import format_of

    if output is not None:
        format_of(output)
