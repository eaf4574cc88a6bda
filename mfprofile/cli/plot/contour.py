"""The command plot contour."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.completion import keys, quantities, spaces_and_specs
from mfprofile.cli.counting import Counting
from mfprofile.cli.options import Changes
from mfprofile.cli.plot.options import LookOptions, Output, check_ending, write


def command(
    space: Annotated[
        str,
        typer.Argument(
            metavar="SPACE|SPEC",
            help="A name of 'mfprofile list' or 'explore spaces', a path, or - for stdin.",
            autocompletion=spaces_and_specs,
        ),
    ],
    x: Annotated[
        str,
        typer.Option(
            "--x",
            metavar="KEY[=FROM:TO]",
            help="Horizontal axis: KEY, KEY=FROM:TO or KEY=FROM:TO:STEP.",
            autocompletion=keys,
        ),
    ],
    y: Annotated[
        str,
        typer.Option("--y", metavar="KEY[=FROM:TO]", help="Vertical axis, in the same form.", autocompletion=keys),
    ],
    at: Annotated[
        list[str] | None,
        typer.Option("--at", metavar="AMOUNT", help="Draw the line of this cost, such as 300M. Repeatable."),
    ] = None,
    quantity: Annotated[
        str,
        typer.Option(
            "--quantity",
            metavar="QUANTITY",
            help="Lines of this quantity: madds, params, latency, former.madds…",
            autocompletion=quantities,
        ),
    ] = "madds",
    output: Output = None,
    *,
    look: LookOptions,
    changes: Changes,
    convention: Counting,
) -> None:
    """Draw lines of equal MAdds, or another cost, over two keys.

    Examples:
        mfprofile plot contour mf294m --x tokens.count --y tokens.dim
        mfprofile plot contour mf294m --x tokens.dim=96:256:32 --y input --at 300M

    A key that the space leaves open takes its choices. Any other key must be a knob of 'mfprofile sensitivity' and
    takes the values around its own, unless a range is given. All valid points are counted.
    """
    from mfprofile.explore.space import read_space
    from mfprofile.spec.names import unit_of
    from mfprofile.spec.quantities import quantity as read
    from mfprofile.view.plots.contour import contour

    check_ending(output)
    levels = [read(text, unit_of(quantity)) for text in at or ()]
    loaded = read_space(space, changes)
    write(contour(look, loaded, x, y, convention, levels, quantity), "contour", output, look)
