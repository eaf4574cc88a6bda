"""The command plot waterfall."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.completion import names_in, specs
from mfprofile.cli.counting import Counting
from mfprofile.cli.plot.options import LookOptions, Output, check_ending, write
from mfprofile.cli.subjects import SpecOptions, bills_to_compare

Quantity = Annotated[
    str,
    typer.Option("--quantity", metavar="QUANTITY", help="Draw madds, params or latency.",
                 autocompletion=names_in("view.plots.waterfall:QUANTITIES")),
]  # fmt: skip


def command(
    a: Annotated[
        str,
        typer.Argument(
            metavar="A",
            help="The first spec: a name of 'mfprofile list', a path, or - for stdin.",
            autocompletion=specs,
        ),
    ],
    b: Annotated[
        str | None,
        typer.Argument(
            metavar="B",
            help="The second spec, in the same form (default: A changed by --set).",
            autocompletion=specs,
        ),
    ] = None,
    by: Annotated[
        str,
        typer.Option(
            "--by",
            metavar="AXIS",
            help="Group by block or pillar.",
            autocompletion=names_in("view.plots.waterfall:AXES"),
        ),
    ] = "block",
    quantity: Quantity = "madds",
    output: Output = None,
    *,
    look: LookOptions,
    options: SpecOptions,
    convention: Counting,
) -> None:
    """Draw how A's total becomes B's, part by part.

    Examples:
        mfprofile plot waterfall mf294m mf214m
        mfprofile plot waterfall mf294m --set width=0.75 --by pillar --dark

    Blocks are aligned even if the depths differ, as in 'mfprofile diff'.
    """
    from mfprofile.budget.difference import difference
    from mfprofile.view.plots.waterfall import waterfall

    check_ending(output)
    before, after = bills_to_compare("plot waterfall", a, b, options, convention)
    write(waterfall(look, difference(before, after), by, quantity), "waterfall", output, look)
