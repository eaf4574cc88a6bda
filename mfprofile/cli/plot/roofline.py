"""The command plot roofline."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.counting import ModelOption, UnpricedOption, counted
from mfprofile.cli.options import Changes, Spec
from mfprofile.cli.plot.options import LookOptions, Output, check_ending, write
from mfprofile.errors import InputError


def command(
    spec: Spec,
    measured: Annotated[
        str | None,
        typer.Option(
            "--measured", metavar="FILE", help="Draw the peak in this output of 'mfprofile measure … --json'."
        ),
    ] = None,
    latency_model: ModelOption = None,
    allow_unpriced: UnpricedOption = False,
    output: Output = None,
    *,
    look: LookOptions,
    changes: Changes,
) -> None:
    """Draw each op by intensity and rate, and its share of the time.

    Examples:
        mfprofile plot roofline mf294m --latency-model example-torch
        mfprofile plot roofline mf294m --latency-model model.json -o roofline.svg

    The intensity is the MAdds per byte moved, as in 'mfprofile memory --by op'. The rate is the MAdds per second
    that the latency model predicts. Ops without products have no rate. They are in the bars, which show the time by
    kind.
    """
    from mfprofile.cost.bill import count
    from mfprofile.spec.load import load
    from mfprofile.view.plots.roofline import roofline
    from mfprofile.view.plots.timings import read_timings

    check_ending(output)
    if [spec, measured, latency_model].count("-") > 1:
        raise InputError("-: standard input can be read only once")
    convention = counted("core", latency_model, allow_unpriced)
    if isinstance(convention, str):
        raise InputError("plot roofline: predicts each op with a latency model; use --latency-model FILE")
    bill = count(load(spec, changes), convention)
    timings = None if measured is None else read_timings(measured)
    write(roofline(look, bill, timings), "roofline", output, look)
