"""The command plot pillars."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.completion import specs
from mfprofile.cli.counting import Counting
from mfprofile.cli.options import Changes, all_expanded, load_all
from mfprofile.cli.plot.options import LookOptions, Output, check_ending, write


def command(
    variants: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SPEC",
            help="Names of 'mfprofile list', paths, or globs of either (default: the seven models).",
            autocompletion=specs,
            callback=all_expanded,
        ),
    ] = None,
    output: Output = None,
    *,
    look: LookOptions,
    changes: Changes,
    convention: Counting,
) -> None:
    """Draw each pillar's share of the MAdds and parameters.

    Examples:
        mfprofile plot pillars
        mfprofile plot pillars mf294m mf294m-mlp mf294m-mobile -o pillars.pdf
    """
    from mfprofile.cost.bill import count
    from mfprofile.paper.claims import MODELS
    from mfprofile.view.plots.pillars import pillars

    check_ending(output)
    bills = [count(spec, convention) for spec in load_all(variants or list(MODELS), changes)]
    write(pillars(look, bills), "pillars", output, look)
