"""The command explore sample."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.explore.options import (
    Activations,
    Dask,
    Madds,
    Out,
    Params,
    SpaceName,
    Within,
    Workers,
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
