"""The command plot ablation."""

from __future__ import annotations

from mfprofile.cli.options import ConventionName
from mfprofile.cli.plot.options import LookOptions, Output, check_ending, write


def command(output: Output = None, *, look: LookOptions, convention: ConventionName = "paper") -> None:
    """Draw top-1 and cost of the ablations, Tables 5 to 9.

    Accuracies are as printed. Multiply-adds and parameters are counted.

    Example: mfprofile plot ablation -o ablation.svg
    """
    from mfprofile.view.plots.ablation import ablation

    check_ending(output)
    write(ablation(look, convention), "ablation", output, look)
