"""The command plot contour."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.completion import specs
from mfprofile.cli.options import Changes, ConventionName
from mfprofile.cli.plot.options import LookGiven, Output, checked, written


def command(
    space: Annotated[
        str,
        typer.Argument(
            metavar="SPACE|SPEC",
            help="A name of 'mfprofile list' or 'explore spaces', a path, or - for stdin.",
            autocompletion=specs,
        ),
    ],
    x: Annotated[str, typer.Option("--x", metavar="KEY", help="Across: a key, or KEY=FROM:TO[:STEP].")],
    y: Annotated[str, typer.Option("--y", metavar="KEY", help="Upwards: the same.")],
    at: Annotated[
        list[str] | None, typer.Option("--at", metavar="MADDS", help="Draw this line, as 300M. Repeatable.")
    ] = None,
    output: Output = None,
    *,
    look: LookGiven,
    changes: Changes,
    convention: ConventionName = "core",
) -> None:
    """Draw lines of equal MAdds over two keys.

    A key that a space leaves open has its choices; another that is a knob of 'mfprofile sensitivity' the values around
    its own, unless a range is given. All valid points are counted.

    Example: mfprofile plot contour mf294m --x tokens.count --y tokens.dim
    """
    from mfprofile.explore.space import read_space
    from mfprofile.spec.quantities import quantity
    from mfprofile.view.plots.contour import contour

    checked(output)
    levels = [quantity(text) for text in at or ()]
    found = read_space(space, changes)
    written(contour(look, found, x, y, convention, levels), "contour", output, look)
