"""The command plot ablation."""

from __future__ import annotations

from mfprofile.cli.options import ConventionName
from mfprofile.cli.plot.options import Columns, Dark, Output, checked, look_of, written


def command(
    output: Output = None, columns: Columns = 2, dark: Dark = False, convention: ConventionName = "paper"
) -> None:
    """Draw the ablations, Tables 5 to 9: top-1 and cost.

    Accuracies are as printed, multiply-adds and parameters are counted.

    Example: mfprofile plot ablation -o ablation.svg
    """
    from mfprofile.view.plots.ablation import ablation

    checked(output)
    look = look_of(columns, dark)
    written(ablation(look, convention), "ablation", output, look)
