"""The command plot blocks."""

from __future__ import annotations

from mfprofile.cli.counting import Counting
from mfprofile.cli.options import Changes, Spec
from mfprofile.cli.plot.options import LookOptions, Output, check_ending, write


def command(
    spec: Spec,
    output: Output = None,
    *,
    look: LookOptions,
    changes: Changes,
    convention: Counting,
) -> None:
    """Draw MAdds and parameters by block, stacked by pillar.

    Examples:
        mfprofile plot blocks mf294m
        mfprofile plot blocks mf294m --latency-model example-torch -o blocks.svg

    With a latency model, the predicted latency is drawn too.
    """
    from mfprofile.cost.bill import count
    from mfprofile.spec.load import load
    from mfprofile.view.plots.blocks import blocks

    check_ending(output)
    bill = count(load(spec, changes), convention)
    write(blocks(look, bill), "blocks", output, look)
