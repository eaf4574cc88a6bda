"""The command explore best."""

from __future__ import annotations

from typing import Annotated

import typer

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
    aims,
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
from mfprofile.spec.problems import InputError


def command(
    space: SpaceName,
    minimize: Minimize = None,
    maximize: Maximize = None,
    number: Annotated[
        int, typer.Option("-n", "--number", metavar="N", min=1, help="The N best; more than one of a small space only.")
    ] = 1,
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
    """Find the variant with the most, or the least, of a quantity within windows.

    Exact, or refused where that would take more than --memory. The quantity may be a sum.

    Example: mfprofile explore best mf294m-blocks --maximize params --madds :300M
    """
    from mfprofile.explore.best import best
    from mfprofile.explore.space import read_space
    from mfprofile.view.variants import show_variants

    form = chosen_form(as_json, as_csv, as_markdown)
    given = aims(minimize, maximize)
    if len(given) != 1:
        raise InputError("the best is of one quantity: give --minimize or --maximize once")
    limits = windows(madds, params, activations, within)
    found = read_space(space, assigned(settings, input_size))
    with work(workers, dask) as (executor, progress):
        variants = best(found, given[0], limits, number, convention, room_of(memory), executor, progress)
    show_variants(variants, convention, form, out)
