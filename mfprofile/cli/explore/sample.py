"""The command explore sample."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.counting import Counting
from mfprofile.cli.explore.answers import answer_of
from mfprofile.cli.explore.options import OutputFolder, SpaceName, Windows
from mfprofile.cli.explore.resources import WorkerOptions
from mfprofile.cli.options import Changes, FormOptions, report_specs


def command(
    space: SpaceName,
    number: Annotated[int, typer.Option("-n", "--number", metavar="N", min=1, help="Number of variants.")] = 10,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", min=0, help="Random seed. The same seed draws the same variants.")
    ] = 0,
    *,
    limits: Windows,
    output: OutputFolder,
    changes: Changes,
    convention: Counting,
    resources: WorkerOptions,
    form: FormOptions,
) -> None:
    """Draw different variants within windows, all equally likely.

    Examples:
        mfprofile explore sample mf294m-stages --madds 290M:300M
        mfprofile explore sample mf294m-stages -n 20 --params :12M -o variants

    JSON has the full spec of each. Fewer than N are drawn only if there are no more. If there are none, exits with
    1 and names the nearest.
    """
    from mfprofile.explore.sample import sample_space
    from mfprofile.explore.space import read_space
    from mfprofile.view.asked import asked
    from mfprofile.view.variants import show_variants

    loaded = read_space(space, changes)
    drawn = answer_of(
        lambda executor, progress: sample_space(loaded, number, seed, limits, convention, executor, progress),
        loaded, limits, convention, resources, form,
    )  # fmt: skip
    show_variants(drawn, convention, form, output, asked((), limits))
    report_specs(output, len(drawn))
