"""The commands explore count, sample, front, best and list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from mfprofile.cli.completion import quantities
from mfprofile.cli.completion import spaces as spaces_here
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

if TYPE_CHECKING:
    from mfprofile.explore.front import Aim
    from mfprofile.explore.quantity import Quantity
    from mfprofile.explore.space import Space
    from mfprofile.explore.variant import Variant
    from mfprofile.spec.quantities import Window

app = typer.Typer(
    name="explore",
    help="Ask a space of variants how many fit a budget, for samples, the front, the extremes: exactly, without a try. "
    "A space is a spec in which values are lists or ranges, [16, 24] or {from: 16, to: 48, step: 8}.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

SpaceName = Annotated[
    str,
    typer.Argument(
        metavar="SPACE",
        help="A name of 'mfprofile explore spaces', a path, or - for stdin.",
        autocompletion=spaces_here,
    ),
]
Madds = Annotated[str | None, typer.Option("--madds", metavar="LEAST:MOST", help="Window, as 290M:300M or :0.3G.")]
Params = Annotated[str | None, typer.Option("--params", metavar="LEAST:MOST", help="Window, as :12M.")]
Activations = Annotated[str | None, typer.Option("--activations", metavar="LEAST:MOST", help="Window of elements.")]
Within = Annotated[
    list[str] | None,
    typer.Option(
        "--within",
        metavar="QUANTITY=LEAST:MOST",
        help="Window of another quantity or sum, as 'former.madds + bridge.madds=:30M'. Repeatable.",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option("--workers", metavar="N", min=1, help="Processes; as many as this one may use CPUs, by default."),
]
Dask = Annotated[
    str | None, typer.Option("--dask", metavar="ADDRESS", help="A Dask cluster instead, as tcp://HOST:8786.")
]
Memory = Annotated[
    str, typer.Option("--memory", metavar="BYTES", help="Most that what is exact may take, in each worker.")
]

Out = Annotated[str | None, typer.Option("--out", metavar="DIR", help="Write each as a YAML spec into a new folder.")]
Minimize = Annotated[
    list[str] | None,
    typer.Option(
        "--minimize",
        metavar="QUANTITY",
        help="Least is best: madds, former.params, or a sum.",
        autocompletion=quantities,
    ),
]
Maximize = Annotated[
    list[str] | None,
    typer.Option("--maximize", metavar="QUANTITY", help="Most is best.", autocompletion=quantities),
]


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
    room = _bytes(memory)
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
        variants = best(found, given[0], limits, number, convention, _bytes(memory), executor, progress)
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


def aims(minimize: list[str] | None, maximize: list[str] | None) -> list[Aim]:
    """Return what is to be least, then what is to be most."""
    from mfprofile.explore.front import Aim
    from mfprofile.explore.quantity import quantity_of

    return [
        Aim(quantity_of(name), most) for names, most in ((minimize, False), (maximize, True)) for name in names or ()
    ]


def pair(minimize: list[str] | None, maximize: list[str] | None) -> tuple[Aim, Aim]:
    """Return a front's two quantities: least madds and most params, if none is asked for."""
    given = aims(minimize, maximize) or aims(["madds"], ["params"])
    if len(given) != 2:
        raise InputError(f"a front is of two quantities, not {len(given)}: give --minimize and --maximize twice in all")
    return given[0], given[1]


def front_of(
    space: Space,
    given: tuple[Aim, Aim],
    limits: list[tuple[Quantity, Window]],
    convention: str,
    memory: str,
    workers: int | None,
    dask: str | None,
) -> list[Variant]:
    """Return a space's front, found by the workers that are asked for."""
    from mfprofile.explore.front import front

    room = _bytes(memory)
    with work(workers, dask) as (executor, progress):
        return front(space, given, limits, convention, room, executor, progress)


def windows(
    madds: str | None, params: str | None, activations: str | None, within: list[str] | None
) -> list[tuple[Quantity, Window]]:
    """Return the windows that the options give; raises `InputError` for what is none, and for one given twice."""
    from mfprofile.explore.quantity import quantity_of, refuse_twice
    from mfprofile.spec.quantities import window

    given = [("madds", madds, "--madds"), ("params", params, "--params"), ("activations", activations, "--activations")]
    for text in within or ():
        name, equals, limits = text.rpartition("=")
        if not equals:
            raise InputError(f"--within {text}: must be QUANTITY=LEAST:MOST, as in former.madds=:20M")
        given.append((name, limits, f"--within {text}"))
    found: list[tuple[Quantity, Window]] = []
    for name, limits_text, option in given:
        if limits_text is None:
            continue
        try:
            quantity, limits_found = quantity_of(name), window(limits_text, signed=True)
        except InputError as error:
            raise InputError(f"{option}: {error}" if name in option else f"{option} {error}") from None
        found.append((quantity, limits_found))
    refuse_twice(found)
    return found


@contextmanager
def work(number: int | None, address: str | None) -> Iterator[tuple[Executor | None, Callable[[int, int], None]]]:
    """Give who does the work, and whom to tell of progress."""
    from mfprofile.explore import pools
    from mfprofile.view.progress import told

    if number is not None and address is not None:
        raise InputError("--workers and --dask exclude each other: give one")
    with told() as progress:
        if address is not None:
            with pools.cluster(address) as executor:
                yield executor, progress
        else:
            processes = pools.usable_cpus() if number is None else number
            with pools.workers(processes) as pool:
                yield pool, progress


def _bytes(memory: str) -> int:
    """Return how many bytes each worker may take: answers do not hang on how many workers there are."""
    from mfprofile.spec.quantities import quantity

    try:
        return quantity(memory, in_bytes=True)
    except InputError as error:
        raise InputError(f"--memory {error}") from None
