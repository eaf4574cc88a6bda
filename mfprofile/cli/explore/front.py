"""The command explore front."""

from __future__ import annotations

from mfprofile.cli.counting import Counting
from mfprofile.cli.explore.answers import front_of
from mfprofile.cli.explore.measured import EitherWindows, Measured, show_trained
from mfprofile.cli.explore.options import Maximize, Minimize, OutputFolder, SpaceName, goals_of_front
from mfprofile.cli.explore.resources import ResourceOptions
from mfprofile.cli.options import Changes, FormOptions, report_specs


def command(
    space: SpaceName,
    minimize: Minimize = None,
    maximize: Maximize = None,
    measured: Measured = None,
    *,
    limits: EitherWindows,
    output: OutputFolder,
    changes: Changes,
    convention: Counting,
    resources: ResourceOptions,
    form: FormOptions,
) -> None:
    """Find the Pareto front of two or three quantities.

    Examples:
        mfprofile explore front mf294m-tokens
        mfprofile explore front tiny --minimize madds --maximize former.params

    A variant is on the front if no other one within the windows is as good in each quantity and better in one. By
    default, madds are minimized and params are maximized. If no variant is within the windows, exits with 1 and
    names the nearest. With --measured, the front is that of the variants that were trained, and a quantity may be a
    column of the file.
    """
    from mfprofile.explore.space import read_space
    from mfprofile.view.asked import asked
    from mfprofile.view.variants import show_variants

    if measured is not None:
        resources.refuse_with("--measured")
        loaded = read_space(space, changes)
        show_trained(loaded, measured, minimize, maximize, limits, convention, form, output)
        return
    goals = goals_of_front(minimize, maximize)
    points = front_of(read_space(space, changes), goals, limits, convention, resources, form)
    show_variants(points, convention, form, output, asked(goals, limits))
    report_specs(output, len(points))
