"""The command explore count."""

from __future__ import annotations

from mfprofile.cli.counting import Counting
from mfprofile.cli.explore.options import SpaceName, Windows
from mfprofile.cli.explore.resources import ResourceOptions
from mfprofile.cli.options import Changes, FormOptions


def command(
    space: SpaceName,
    *,
    limits: Windows,
    changes: Changes,
    convention: Counting,
    resources: ResourceOptions,
    form: FormOptions,
) -> None:
    """Count the variants, and those within windows.

    Examples:
        mfprofile explore count mf294m-stages --madds 290M:300M
        mfprofile explore count mf294m-stages --within 'former.madds=:20M'

    Counts are exact as far as --ram allows. Beyond it they are a lower and an upper bound, marked as such, with an
    estimate from fair draws. If no variant fits, each window is shown with the nearest variants on both sides.
    """
    from mfprofile.explore.count import count_space
    from mfprofile.explore.estimate import estimated
    from mfprofile.explore.nearest import nearest
    from mfprofile.explore.space import read_space
    from mfprofile.view.exploring import counted_json, counted_table
    from mfprofile.view.tables import dumps, remarks, render, show

    loaded = read_space(space, changes)
    with resources.start(loaded) as (executor, progress):
        counted = count_space(loaded, limits, convention, resources.ram_bytes, executor, progress)
        is_estimated = len(limits) > 1 and not counted.within.exact
        estimate = estimated(loaded, limits, counted, convention, executor) if is_estimated else None
        near = (
            {} if counted.within.upper else nearest(loaded, limits, convention, resources.ram_bytes, executor, progress)
        )
    if form.name == "json":
        show(dumps(counted_json(loaded, counted, limits, convention, near, estimate)))
        return
    table = counted_table(loaded, counted, limits, convention, near, estimate)
    is_size = form.name in ("text", "markdown") and not (limits or form.columns or form.sort)
    show("".join(f"{line}\n" for line in remarks(table.above, form)) if is_size else render(table, form))
