"""The command plot latency."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mfprofile.cli.completion import networks
from mfprofile.cli.counting import ModelOption, UnpricedOption, counted
from mfprofile.cli.describing import InferenceOptions
from mfprofile.cli.options import all_expanded
from mfprofile.cli.plot.options import ChartOptions, Only, Output, check_ending, families, write
from mfprofile.cli.subjects import Options, bills_of, refuse_misplaced
from mfprofile.errors import InputError
from mfprofile.spec.words import EMPTY

if TYPE_CHECKING:
    from mfprofile.cost.bill import Bill
    from mfprofile.cost.weights import Counting as Counted

_OR = "give --measured FILE with the output of 'mfprofile measure … --json', or"


def command(
    variants: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SPEC|TARGET",
            help="Predict these: names of 'mfprofile list', paths, globs of either, or targets of 'audit' (default: "
            "the seven models).",
            autocompletion=networks,
            callback=all_expanded,
        ),
    ] = None,
    measured: Annotated[
        list[str] | None,
        typer.Option(
            "--measured", metavar="FILE", help="Output of 'mfprofile measure … --json', - for stdin. Repeatable."
        ),
    ] = None,
    latency_model: ModelOption = None,
    allow_unpriced: UnpricedOption = False,
    only: Only = None,
    output: Output = None,
    *,
    look: ChartOptions,
    options: InferenceOptions,
) -> None:
    """Draw latency against MAdds: measured, predicted, or both.

    Examples:
        mfprofile plot latency --measured desk.json
        mfprofile plot latency mf294m mf26m --latency-model example-torch

    Both axes are logarithmic, with lines of equal ms per 100M MAdds. Networks of --measured have their interval as
    a bar. A latency model predicts those of the command line, which are hollow. Files that were measured in
    different places or ways have different markers. A network in code is imported and run as with 'audit', which
    needs torch.
    """
    from mfprofile.view.plots.latency import latency
    from mfprofile.view.plots.timings import read_timings

    check_ending(output)
    files, names = list(dict.fromkeys(measured or ())), list(dict.fromkeys(variants or ()))
    if [*files, *(variants or ()), latency_model].count("-") > 1:
        raise InputError("-: standard input can be read only once")
    if files and not names and latency_model is None:
        if allow_unpriced or options.settings or options.inputs:
            raise InputError(
                "--set, --input and --allow-unpriced are for predictions; give a SPEC and --latency-model FILE"
            )
        bills = []
    else:
        bills = _bills(names, counted("core", latency_model, allow_unpriced), options)
    picture = latency(look, [read_timings(file) for file in files], bills, families(only))
    write(picture, "latency", output, look)


def _bills(names: list[str], convention: Counted, options: Options) -> list[Bill]:
    """Return the bills of networks, by default the seven models, with a latency model."""
    from mfprofile.paper.claims import MODELS

    refuse_misplaced(names, options, is_mixed_allowed=True)
    if isinstance(convention, str):
        what = (
            f"{names[0] or EMPTY}: cannot be predicted without a latency model; use"
            if names
            else f"nothing to draw; {_OR}"
        )
        raise InputError(f"{what} --latency-model FILE")
    chosen = names or list(MODELS)
    return bills_of("plot latency", chosen, options.divided(chosen), convention)
