"""The command plot histogram."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.completion import spaces
from mfprofile.cli.counting import Counting
from mfprofile.cli.explore.answers import end_without_variants
from mfprofile.cli.explore.distribution import BinOptions, Of, distribution
from mfprofile.cli.explore.options import Windows
from mfprofile.cli.explore.resources import ResourceOptions
from mfprofile.cli.options import Changes, checked_specs
from mfprofile.cli.plot.options import LookOptions, Output, check_ending, write


def command(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="SPACE",
            help="Names of 'mfprofile explore spaces', paths, or - for stdin.",
            autocompletion=spaces,
        ),
    ],
    of: Of = "madds",
    *,
    bins: BinOptions,
    limits: Windows,
    output: Output = None,
    look: LookOptions,
    changes: Changes,
    convention: Counting,
    resources: ResourceOptions,
) -> None:
    """Draw how a quantity is distributed over spaces.

    Examples:
        mfprofile plot histogram mf294m-tokens
        mfprofile plot histogram mf294m-tokens --quantity params --below 12M --dark

    One space has bars, and a line for the share of variants with at most an amount. Several spaces have a line
    each. Budgets of --below are marked. The numbers are those of 'mfprofile explore histogram'.
    """
    from mfprofile.explore.space import read_space
    from mfprofile.explore.unpriced import kinds_in
    from mfprofile.view.plots.histogram import histogram_picture
    from mfprofile.view.variants import device_of

    check_ending(output)
    answers, kinds = [], dict[str, bool]()
    for space in [read_space(name, changes) for name in checked_specs(names)]:
        answer, near = distribution(space, of, bins, limits, convention, resources)
        if not answer.size.upper:
            end_without_variants(space, limits, convention, near)
        answers.append((space.name, answer))
        kinds |= kinds_in(space, device_of(convention))
    write(histogram_picture(look, answers, convention, kinds), "histogram", output, look)
