"""The command explore count."""

from __future__ import annotations

from mfprofile.cli.explore.options import LaborGiven, SpaceName, Windows
from mfprofile.cli.options import Changes, ConventionName, FormChosen


def command(
    space: SpaceName,
    *,
    limits: Windows,
    changes: Changes,
    convention: ConventionName = "core",
    labor: LaborGiven,
    form: FormChosen,
) -> None:
    """Count the variants, and those within windows.

    Exact as far as --ram goes; beyond it a lower and an upper bound, named as such. Where nothing fits, each window
    is told with the nearest variants on either side.

    Example: mfprofile explore count mf294m-stages --madds 290M:300M --params :12M
    """
    from mfprofile.explore.count import count_space
    from mfprofile.explore.nearest import nearest
    from mfprofile.explore.space import read_space
    from mfprofile.view.exploring import counted_json, counted_table
    from mfprofile.view.tables import dumps, render, show

    found = read_space(space, changes)
    with labor.begun() as (executor, progress):
        counted = count_space(found, limits, convention, labor.room, executor, progress)
        near = {} if counted.within.upper else nearest(found, limits, convention, labor.room, executor)
    if form == "json":
        show(dumps(counted_json(found.name, counted, limits, convention, near)))
    else:
        show(render(counted_table(found.name, counted, limits, convention, near), form))
