"""The command plot latency."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mfprofile.cli.completion import specs
from mfprofile.cli.counting import ModelOption, UnpricedOption, counted
from mfprofile.cli.options import Changes, load_all
from mfprofile.cli.plot.options import LookOptions, Output, check_ending, write
from mfprofile.errors import InputError

if TYPE_CHECKING:
    from mfprofile.cost.bill import Bill
    from mfprofile.spec.merge import Setting

_NOTHING = "give --measured FILE with the output of 'mfprofile measure … --json', or --latency-model FILE"


def command(
    variants: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SPEC...]",
            help="Specs to predict: names of 'mfprofile list' or paths (default: the seven models).",
            autocompletion=specs,
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
    output: Output = None,
    *,
    look: LookOptions,
    changes: Changes,
) -> None:
    """Draw latency against MAdds: measured, predicted, or both.

    Both axes are logarithmic, with lines of equal ms per 100M MAdds. Networks of --measured have their interval as a
    bar. SPECs are predicted by a latency model, and hollow. Files that were measured in different places or ways have
    different markers.

    Example: mfprofile plot latency --measured desk.json -o latency.svg
    """
    from mfprofile.view.plots.latency import latency
    from mfprofile.view.plots.timings import read_timings

    check_ending(output)
    files = list(dict.fromkeys(measured or ()))
    if [*files, *(variants or ()), latency_model].count("-") > 1:
        raise InputError("-: standard input can be read only once")
    bills = (
        [] if files and not (variants or latency_model) else _bills(variants, latency_model, allow_unpriced, changes)
    )
    if not bills and (allow_unpriced or changes):
        raise InputError(
            "--set, --input and --allow-unpriced are for predictions; give a SPEC and --latency-model FILE"
        )
    write(latency(look, [read_timings(file) for file in files], bills), "latency", output, look)


def _bills(
    variants: list[str] | None, latency_model: str | None, allow_unpriced: bool, changes: list[Setting]
) -> list[Bill]:
    """Return the bills of specs, by default the seven models, with a latency model."""
    from mfprofile.cost.bill import count
    from mfprofile.paper.claims import MODELS

    convention = counted("core", latency_model, allow_unpriced)
    if isinstance(convention, str):
        what = (
            f"{variants[0]}: cannot be predicted without a latency model; use"
            if variants
            else f"nothing to draw; {_NOTHING}"
        )
        raise InputError(f"{what} --latency-model FILE" if variants else what)
    return [count(spec, convention) for spec in load_all(list(dict.fromkeys(variants or MODELS)), changes)]
