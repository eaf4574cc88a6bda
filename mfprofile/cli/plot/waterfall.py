"""The command plot waterfall."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.completion import names_in, specs
from mfprofile.cli.options import ConventionName
from mfprofile.cli.plot.options import LookGiven, Output, checked, written
from mfprofile.cli.subjects import SpecsGiven, both

Of = Annotated[
    str,
    typer.Option("--of", metavar="QUANTITY", help="madds or params.",
                 autocompletion=names_in("view.plots.waterfall:QUANTITIES")),
]  # fmt: skip


def command(
    a: Annotated[
        str,
        typer.Argument(
            metavar="A", help="What it was: a name of 'mfprofile list', a path, or - for stdin.", autocompletion=specs
        ),
    ],
    b: Annotated[
        str | None,
        typer.Argument(
            metavar="B",
            help="What it is now, the same; left out, it is A with what --set changes.",
            autocompletion=specs,
        ),
    ] = None,
    by: Annotated[
        str,
        typer.Option(
            "--by", metavar="AXIS", help="block or pillar.", autocompletion=names_in("view.plots.waterfall:AXES")
        ),
    ] = "block",
    of: Of = "madds",
    output: Output = None,
    *,
    look: LookGiven,
    given: SpecsGiven,
    convention: ConventionName = "core",
) -> None:
    """Draw how A's total becomes B's, part by part.

    Blocks are aligned where depth differs, as in 'mfprofile diff'.

    Example: mfprofile plot waterfall mf294m mf214m -o waterfall.svg
    """
    from mfprofile.budget.difference import difference
    from mfprofile.view.plots.waterfall import waterfall

    checked(output)
    before, after = both("plot waterfall", a, b, given, convention)
    written(waterfall(look, difference(before, after), by, of), "waterfall", output, look)
