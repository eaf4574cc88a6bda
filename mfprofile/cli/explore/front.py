"""The command explore front."""

from __future__ import annotations

from mfprofile.cli.explore.options import (
    LaborGiven,
    Maximize,
    Minimize,
    OutputFolder,
    SpaceName,
    Windows,
    front_of,
    pair,
)
from mfprofile.cli.options import Changes, ConventionName, FormChosen


def command(
    space: SpaceName,
    minimize: Minimize = None,
    maximize: Maximize = None,
    *,
    limits: Windows,
    output: OutputFolder = None,
    changes: Changes,
    convention: ConventionName = "core",
    labor: LaborGiven,
    form: FormChosen,
) -> None:
    """Find the Pareto front: the variants that no other beats in both of two quantities.

    Least madds against most params, if nothing else is asked; two quantities in all.

    Example: mfprofile explore front mf294m-stages --minimize madds --maximize former.params
    """
    from mfprofile.explore.space import read_space
    from mfprofile.view.variants import show_variants

    given = pair(minimize, maximize)
    found = read_space(space, changes)
    points = front_of(found, given, limits, convention, labor)
    show_variants(points, convention, form, output)
