"""Options that the commands of `plot` share, and how they write the picture."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mfprofile.cli.completion import names_in
from mfprofile.cli.form import span_option
from mfprofile.cli.groups import Group
from mfprofile.cli.options import notify, report_file
from mfprofile.errors import InputError, LettersWarning
from mfprofile.spec.words import EMPTY, printable

if TYPE_CHECKING:
    from mfprofile.view.plots.look import Look
    from mfprofile.view.plots.picture import Picture

Output = Annotated[
    str | None,
    typer.Option("-o", "--output", metavar="FILE", help="Output file: .png, .svg or .pdf (default NAME.png)."),
]

Only = Annotated[
    list[str] | None,
    typer.Option(
        "--only",
        metavar="FAMILY,...",
        help="Draw only these networks: mine, mobile-former, cnn, vit…",
        autocompletion=names_in("view.plots.networks:FAMILIES"),
    ),
]


def families(only: list[str] | None) -> list[str]:
    """Return the names of families in --only, which can be repeated. Raise `InputError` for an empty one."""
    names = [name.strip() for text in only or () for name in text.split(",")]
    if not all(names):
        raise InputError(f"--only {','.join(only or ()) or EMPTY}: has an empty name; use names such as mine")
    return names


def _look(
    span: int,
    dark: bool,
    title: str | None,
    no_title: bool,
    labels: bool | None = None,
    xlim: str | None = None,
    ylim: str | None = None,
) -> Look:
    """Return the look of the options. Raise `InputError` for a title that is left out."""
    from mfprofile.view.plots.look import Look

    if title is not None and no_title:
        raise InputError("--title and --no-title: remove one of them")
    if title is not None and not title.strip():
        raise InputError("--title: is empty; use --no-title for a picture without one")
    return Look(span, dark, "" if no_title else title and printable(title), labels, xlim, ylim)


_LOOK: Mapping[str, tuple[Any, Any]] = {
    "span": (
        Annotated[int, span_option("Width in columns of a paper: 1 or 2.")],
        2,
    ),
    "dark": (Annotated[bool, typer.Option("--dark", help="Draw for a dark background.")], False),
    "title": (
        Annotated[str | None, typer.Option("--title", metavar="TEXT", help="Title in place of the picture's own.")],
        None,
    ),
    "no_title": (Annotated[bool, typer.Option("--no-title", help="Draw no title; a caption says it.")], False),
}
_CHART: Mapping[str, tuple[Any, Any]] = {
    "labels": (
        Annotated[
            bool | None,
            typer.Option(
                "--labels/--no-labels",
                help="Label all points that fit, or none.",
                show_default="those with room nearby",
            ),
        ],
        None,
    ),
    "xlim": (
        Annotated[
            str | None, typer.Option("--xlim", metavar="LEAST:MOST", help="Limits of the horizontal axis: 100M:600M.")
        ],
        None,
    ),
    "ylim": (
        Annotated[str | None, typer.Option("--ylim", metavar="LEAST:MOST", help="Limits of the vertical axis: 70:80.")],
        None,
    ),
}
LookOptions = Annotated[Any, Group(_LOOK, _look)]
"""The look of a picture."""
ChartOptions = Annotated[Any, Group({**_LOOK, **_CHART}, _look)]
"""The look of a picture with points: also which have labels, and the limits of the axes."""


def write(picture: Picture, name: str, output: str | None, look: Look) -> None:
    """Write a picture, print what it does not show, and report its file, both on stderr."""
    from mfprofile.view.plots.picture import save

    for note in picture.notes:
        notify(f"note: {note}")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", LettersWarning)
        file = save(picture, f"{name}.png" if output is None else output, look)
    for each in caught:
        notify(f"warning: {each.message}")
    report_file(file)


def check_ending(output: str | None) -> None:
    """Raise `InputError` for a file whose ending is not a picture format, before anything is drawn.

    Also raise it, or `OutputError`, for a file that cannot be written. Without a name that is any file of this folder.
    """
    from mfprofile.files import check
    from mfprofile.view.plots.picture import format_of

    if output == "-":
        raise InputError("-o -: a picture cannot be written to stdout; use a file that ends in .png, .svg or .pdf")
    if output:
        format_of(output)
    check("picture.png" if output is None else output)
