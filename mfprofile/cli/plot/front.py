"""The command plot front."""

from __future__ import annotations

from mfprofile.cli.explore.options import (
    Activations,
    Dask,
    Madds,
    Maximize,
    Memory,
    Minimize,
    Params,
    SpaceName,
    Within,
    Workers,
    front_of,
    pair,
    windows,
)
from mfprofile.cli.options import ConventionName, Input, Settings, assigned
from mfprofile.cli.plot.options import Columns, Dark, Output, checked, look_of, written


def command(
    space: SpaceName,
    minimize: Minimize = None,
    maximize: Maximize = None,
    madds: Madds = None,
    params: Params = None,
    activations: Activations = None,
    within: Within = None,
    output: Output = None,
    columns: Columns = 2,
    dark: Dark = False,
    settings: Settings = None,
    input_size: Input = None,
    convention: ConventionName = "core",
    workers: Workers = None,
    dask: Dask = None,
    memory: Memory = "2G",
) -> None:
    """Draw a space's Pareto front beside the seven models.

    The front is that of explore front. Least madds against most params, if nothing else is asked.

    Example: mfprofile plot front mf294m-stages --madds :400M -o front.svg
    """
    from mfprofile.explore.space import read_space
    from mfprofile.view.plots.front import front_picture

    checked(output)
    look = look_of(columns, dark)
    given = pair(minimize, maximize)
    limits = windows(madds, params, activations, within)
    found = read_space(space, assigned(settings, input_size))
    points = front_of(found, given, limits, convention, memory, workers, dask)
    written(front_picture(look, found.name, points, given, convention), "front", output, look)
