"""Options that the commands of `plot` share, and how they write the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mfprofile.cli.completion import words
from mfprofile.cli.groups import Group
from mfprofile.cli.options import report_file

if TYPE_CHECKING:
    from mfprofile.view.plots.look import Look
    from mfprofile.view.plots.picture import Picture

Output = Annotated[
    str | None,
    typer.Option("-o", "--output", metavar="FILE", help="Output file: .png, .svg or .pdf (default NAME.png)."),
]


def _look(span: int, dark: bool) -> Look:
    """Return the look of the options."""
    from mfprofile.view.plots.look import Look

    return Look(span, dark)


LookOptions = Annotated[
    Any,
    Group(
        {
            "span": (
                Annotated[
                    int,
                    typer.Option(
                        "--span",
                        metavar="1|2",
                        min=1,
                        max=2,
                        help="Width: one or two columns of a paper.",
                        autocompletion=words("1", "2"),
                    ),
                ],
                2,
            ),
            "dark": (Annotated[bool, typer.Option("--dark", help="Draw for a dark background.")], False),
        },
        _look,
    ),
]
"""The look of a picture."""


def write(picture: Picture, name: str, output: str | None, look: Look) -> None:
    """Write a picture and report its file on stderr."""
    from mfprofile.view.plots.picture import save

    report_file(save(picture, f"{name}.png" if output is None else output, look))


def check_ending(output: str | None) -> None:
    """Raise `InputError` for a file whose ending is not a picture format, before anything is drawn.

    Also raise it, or `OutputError`, for a file that cannot be written. Without a name that is any file of this folder.
    """
    from mfprofile.errors import InputError
    from mfprofile.files import check
    from mfprofile.view.plots.picture import format_of

    if output == "-":
        raise InputError("-o -: a picture cannot be written to stdout; use a file that ends in .png, .svg or .pdf")
    if output:
        format_of(output)
    check("picture.png" if output is None else output)
