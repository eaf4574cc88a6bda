"""The command plot ablation."""

from __future__ import annotations

from mfprofile.cli.options import ConventionName
from mfprofile.cli.plot.options import LookGiven, Output, checked, written


def command(output: Output = None, *, look: LookGiven, convention: ConventionName = "paper") -> None:
    """Draw the ablations, Tables 5 to 9: top-1 and cost.

    Accuracies are as printed, multiply-adds and parameters are counted.

    Example: mfprofile plot ablation -o ablation.svg
    """
    from mfprofile.view.plots.ablation import ablation

    checked(output)
    written(ablation(look, convention), "ablation", output, look)
