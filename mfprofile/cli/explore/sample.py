"""The command explore sample."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.explore.options import OutputFolder, SpaceName, Windows, WorkersGiven
from mfprofile.cli.options import Changes, ConventionName, FormChosen


def command(
    space: SpaceName,
    number: Annotated[int, typer.Option("-n", "--number", metavar="N", min=1, help="How many variants.")] = 10,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="The same seed draws the same variants.")] = 0,
    *,
    limits: Windows,
    output: OutputFolder = None,
    changes: Changes,
    convention: ConventionName = "core",
    labor: WorkersGiven,
    form: FormChosen,
) -> None:
    """Draw different variants within windows, each as likely as any other.

    JSON has each one's full spec; fewer than N come back only where no more exist.

    Example: mfprofile explore sample mf294m-stages -n 20 --seed 1 --madds 290M:300M --output variants
    """
    from mfprofile.explore.sample import sample_space
    from mfprofile.explore.space import read_space
    from mfprofile.view.variants import show_variants

    found = read_space(space, changes)
    with labor.begun() as (executor, progress):
        drawn = sample_space(found, number, seed, limits, convention, executor, progress)
    show_variants(drawn, convention, form, output)
