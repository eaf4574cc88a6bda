"""The command explore count."""

from __future__ import annotations

from mfprofile.cli.explore.options import (
    Activations,
    Dask,
    Madds,
    Memory,
    Params,
    SpaceName,
    Within,
    Workers,
    room_of,
    windows,
    work,
)
from mfprofile.cli.options import (
    AsCsv,
    AsJson,
    AsMarkdown,
    ConventionName,
    Input,
    Settings,
    assigned,
    chosen_form,
)


def command(
    space: SpaceName,
    madds: Madds = None,
    params: Params = None,
    activations: Activations = None,
    within: Within = None,
    settings: Settings = None,
    input_size: Input = None,
    convention: ConventionName = "core",
    workers: Workers = None,
    dask: Dask = None,
    memory: Memory = "2G",
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    as_markdown: AsMarkdown = False,
) -> None:
    """Count the variants, and those within windows.

    Exact as far as --memory goes; beyond it a lower and an upper bound, named as such. Where nothing fits, each window
    is told with the nearest variants on either side.

    Example: mfprofile explore count mf294m-stages --madds 290M:300M --params :12M
    """
    from mfprofile.explore.count import count_space
    from mfprofile.explore.nearest import nearest
    from mfprofile.explore.space import read_space
    from mfprofile.view.exploring import counted_json, counted_table
    from mfprofile.view.tables import dumps, render, show

    form = chosen_form(as_json, as_csv, as_markdown)
    limits = windows(madds, params, activations, within)
    found = read_space(space, assigned(settings, input_size))
    room = room_of(memory)
    with work(workers, dask) as (executor, progress):
        counted = count_space(found, limits, convention, room, executor, progress)
        near = {} if counted.within.upper else nearest(found, limits, convention, room, executor)
    if form == "json":
        show(dumps(counted_json(found.name, counted, limits, convention, near)))
    else:
        show(render(counted_table(found.name, counted, limits, convention, near), form))
