"""The command plot: a picture a subcommand, written as PNG, SVG or PDF."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mfprofile.cli.completion import names_in, specs
from mfprofile.cli.options import ConventionName, tell

if TYPE_CHECKING:
    from mfprofile.view.plots.look import Look
    from mfprofile.view.plots.picture import Picture

app = typer.Typer(
    name="plot",
    help="Draw pictures for a paper or a report: PNG, SVG or PDF by the file's ending. They need no display and, but "
    "for attention, no torch; each carries its numbers, as JSON in its metadata.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Output = Annotated[
    str | None,
    typer.Option("-o", "--output", metavar="FILE", help="Where to write: .png, .svg or .pdf; NAME.png by default."),
]
Columns = Annotated[
    int, typer.Option("--columns", metavar="1|2", min=1, max=2, help="As wide as one or two columns of a paper.")
]
Dark = Annotated[bool, typer.Option("--dark", help="For a dark ground.")]


def look_of(columns: int, dark: bool) -> Look:
    """Return the look that the options ask for."""
    from mfprofile.view.plots.look import Look

    return Look(columns, dark)


def written(picture: Picture, name: str, output: str | None, look: Look) -> None:
    """Write a picture, and say where."""
    from mfprofile.view.plots.picture import save

    tell(f"wrote {save(picture, output or f'{name}.png', look)}")


def checked(output: str | None) -> None:
    """Raise `InputError` for an ending that says no format, before anything is drawn."""
    from mfprofile.view.plots.picture import format_of

    if output is not None:
        format_of(output)


@app.command("accuracy")
def plot_accuracy(
    variants: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SPEC...]", help="Further variants: names of 'mfprofile list' or paths.", autocompletion=specs
        ),
    ] = None,
    against: Annotated[
        str,
        typer.Option(
            "--against", metavar="COST", help="madds or params.", autocompletion=names_in("view.plots.accuracy:COSTS")
        ),
    ] = "madds",
    csv: Annotated[
        str | None,
        typer.Option("--csv", metavar="FILE", help="Your own networks: columns name, top1, and spec, madds or params."),
    ] = None,
    output: Output = None,
    columns: Columns = 2,
    dark: Dark = False,
    convention: ConventionName = "paper",
) -> None:
    """Draw ImageNet top-1 against cost, as the paper's Figure 2.

    Mobile-Former is counted; efficient CNNs and vision transformers are as the paper prints them. A variant whose
    accuracy nobody measured is a tick on the axis of cost.

    Example: mfprofile plot accuracy -o accuracy.svg
    """
    from mfprofile.view.plots.accuracy import accuracy

    checked(output)
    look = look_of(columns, dark)
    written(accuracy(look, variants or [], csv, against, convention), "accuracy", output, look)
