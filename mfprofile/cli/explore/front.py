"""The command explore front."""

from __future__ import annotations

from mfprofile.cli.explore.options import (
    Activations,
    Dask,
    Madds,
    Maximize,
    Memory,
    Minimize,
    Out,
    Params,
    SpaceName,
    Within,
    Workers,
    front_of,
    pair,
    windows,
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
    minimize: Minimize = None,
    maximize: Maximize = None,
    madds: Madds = None,
    params: Params = None,
    activations: Activations = None,
    within: Within = None,
    out: Out = None,
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
    """Find the Pareto front: the variants that no other beats in both of two quantities.

    Least madds against most params, if nothing else is asked; two quantities in all.

    Example: mfprofile explore front mf294m-stages --minimize madds --maximize former.params
    """
    from mfprofile.explore.space import read_space
    from mfprofile.view.variants import show_variants

    form = chosen_form(as_json, as_csv, as_markdown)
    given = pair(minimize, maximize)
    limits = windows(madds, params, activations, within)
    found = read_space(space, assigned(settings, input_size))
    points = front_of(found, given, limits, convention, memory, workers, dask)
    show_variants(points, convention, form, out)
