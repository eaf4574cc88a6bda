"""The command plot front."""

from __future__ import annotations

from mfprofile.cli.counting import Counting
from mfprofile.cli.explore.answers import front_of
from mfprofile.cli.explore.options import Maximize, Minimize, ResourceOptions, SpaceName, Windows, goals_of_front
from mfprofile.cli.options import Changes
from mfprofile.cli.plot.options import LookOptions, Output, check_ending, write
from mfprofile.errors import InputError


def command(
    space: SpaceName,
    minimize: Minimize = None,
    maximize: Maximize = None,
    *,
    limits: Windows,
    output: Output = None,
    look: LookOptions,
    changes: Changes,
    convention: Counting,
    resources: ResourceOptions,
) -> None:
    """Draw a space's Pareto front and the seven models.

    The front is that of 'mfprofile explore front'. By default, madds are minimized and params are maximized. If no
    variant is within the windows, nothing is drawn: exits with 1 and names the nearest.

    Example: mfprofile plot front mf294m-stages --madds :400M -o front.svg
    """
    from mfprofile.explore.space import read_space
    from mfprofile.view.plots.front import front_picture

    check_ending(output)
    goals = goals_of_front(minimize, maximize)
    if len(goals) != 2:
        raise InputError("a picture has two quantities, not 3; 'mfprofile explore front' lists a front of three")
    loaded = read_space(space, changes)
    points = front_of(loaded, goals, limits, convention, resources)
    write(front_picture(look, loaded.name, points, (goals[0], goals[1]), convention), "front", output, look)
