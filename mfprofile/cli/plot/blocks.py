"""The command plot blocks."""

from __future__ import annotations

from mfprofile.cli.options import ConventionName, Input, Settings, Spec, assigned
from mfprofile.cli.plot.options import Columns, Dark, Output, checked, look_of, written


def command(
    spec: Spec,
    output: Output = None,
    columns: Columns = 2,
    dark: Dark = False,
    settings: Settings = None,
    input_size: Input = None,
    convention: ConventionName = "core",
) -> None:
    """Draw MAdds and parameters by block, stacked by pillar.

    Example: mfprofile plot blocks mf294m -o blocks.svg
    """
    from mfprofile.cost.bill import count
    from mfprofile.spec.load import load
    from mfprofile.view.plots.blocks import blocks

    checked(output)
    look = look_of(columns, dark)
    bill = count(load(spec, assigned(settings, input_size)), convention)
    written(blocks(look, bill), "blocks", output, look)
