"""The command explore histogram."""

from __future__ import annotations

from mfprofile.cli.counting import Counting
from mfprofile.cli.explore.answers import end_without_variants
from mfprofile.cli.explore.distribution import BinOptions, Of, distribution
from mfprofile.cli.explore.options import SpaceName, Windows
from mfprofile.cli.explore.resources import ResourceOptions
from mfprofile.cli.options import Changes, FormOptions


def command(
    space: SpaceName,
    of: Of = "madds",
    *,
    bins: BinOptions,
    limits: Windows,
    changes: Changes,
    convention: Counting,
    resources: ResourceOptions,
    form: FormOptions,
) -> None:
    """Show how a quantity is distributed over the variants.

    Examples:
        mfprofile explore histogram mf294m-tokens
        mfprofile explore histogram mf294m-tokens --quantity params --below 12M

    Each line is a bin: the variants with more than 'over' and at most 'up to'. Numbers and quantiles are exact as
    far as --ram allows, else bounds. A quantile is the least amount that so many percent of the variants have at
    most. One window may be on another quantity. If no variant is within the windows, exits with 1 and names the
    nearest.
    """
    from mfprofile.explore.space import read_space
    from mfprofile.view.distribution import distribution_csv, distribution_json, distribution_table
    from mfprofile.view.tables import dumps, render, show

    loaded = read_space(space, changes)
    answer, near = distribution(loaded, of, bins, limits, convention, resources)
    none = not answer.size.upper
    if form.name == "json":
        show(dumps(distribution_json(loaded, answer, limits, convention)))
    elif form.name == "csv":
        show(render(distribution_csv(answer), form))
    elif not none:
        show(render(distribution_table(loaded, answer, limits, convention), form))
    if none:
        end_without_variants(loaded, limits, convention, near)
