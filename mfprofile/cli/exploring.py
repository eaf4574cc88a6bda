"""The commands explore count, sample, front, best and list."""

from __future__ import annotations

from typing import Annotated

import typer

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
from mfprofile.cli.querying import (
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
    front_of,
    pair,
    room_of,
    windows,
    work,
)
from mfprofile.spec.problems import InputError

app = typer.Typer(
    name="explore",
    help="Ask a space of variants how many fit a budget, for samples, the front, the extremes: exactly, without a try. "
    "A space is a spec in which values are lists or ranges, [16, 24] or {from: 16, to: 48, step: 8}.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def spaces(as_json: AsJson = False, as_csv: AsCsv = False, as_markdown: AsMarkdown = False) -> None:
    """Show the spaces that ship.

    Example: mfprofile explore spaces
    """
    from mfprofile.view.exploring import spaces_table
    from mfprofile.view.tables import render, show

    show(render(spaces_table(), chosen_form(as_json, as_csv, as_markdown)))


@app.command()
def count(
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


@app.command()
def sample(
    space: SpaceName,
    number: Annotated[int, typer.Option("-n", "--number", metavar="N", min=1, help="How many variants.")] = 10,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="The same seed draws the same variants.")] = 0,
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
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    as_markdown: AsMarkdown = False,
) -> None:
    """Draw different variants within windows, each as likely as any other.

    JSON has each one's full spec; fewer than N come back only where no more exist.

    Example: mfprofile explore sample mf294m-stages -n 20 --seed 1 --madds 290M:300M --out variants
    """
    from mfprofile.explore.sample import sample_space
    from mfprofile.explore.space import read_space
    from mfprofile.view.variants import show_variants

    form = chosen_form(as_json, as_csv, as_markdown)
    limits = windows(madds, params, activations, within)
    found = read_space(space, assigned(settings, input_size))
    with work(workers, dask) as (executor, progress):
        drawn = sample_space(found, number, seed, limits, convention, executor, progress)
    show_variants(drawn, convention, form, out)


@app.command()
def front(
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


@app.command()
def best(
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


@app.command("list")
def list_variants(
    space: SpaceName,
    madds: Madds = None,
    params: Params = None,
    activations: Activations = None,
    within: Within = None,
    settings: Settings = None,
    input_size: Input = None,
    convention: ConventionName = "core",
) -> None:
    """Write every variant within windows as CSV, in constant memory.

    Each line has the variant's choices and what it costs. A space of too many is refused with its size.

    Example: mfprofile explore list mf294m-tokens --madds 290M:300M > variants.csv
    """
    from mfprofile.explore.space import read_space
    from mfprofile.view.listing import listed
    from mfprofile.view.tables import show

    limits = windows(madds, params, activations, within)
    for text in listed(read_space(space, assigned(settings, input_size)), limits, convention):
        show(text)
