"""The command plot front."""

from __future__ import annotations

from mfprofile.cli.explore.options import LaborGiven, Maximize, Minimize, SpaceName, Windows, front_of, pair
from mfprofile.cli.options import Changes, ConventionName
from mfprofile.cli.plot.options import LookGiven, Output, checked, written


def command(
    space: SpaceName,
    minimize: Minimize = None,
    maximize: Maximize = None,
    *,
    limits: Windows,
    output: Output = None,
    look: LookGiven,
    changes: Changes,
    convention: ConventionName = "core",
    labor: LaborGiven,
) -> None:
    """Draw a space's Pareto front beside the seven models.

    The front is that of explore front. Least madds against most params, if nothing else is asked.

    Example: mfprofile plot front mf294m-stages --madds :400M -o front.svg
    """
    from mfprofile.explore.space import read_space
    from mfprofile.view.plots.front import front_picture

    checked(output)
    given = pair(minimize, maximize)
    found = read_space(space, changes)
    points = front_of(found, given, limits, convention, labor)
    written(front_picture(look, found.name, points, given, convention), "front", output, look)
