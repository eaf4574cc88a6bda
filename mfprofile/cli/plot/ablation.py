"""The command plot ablation."""

from __future__ import annotations

from mfprofile.cli.options import ConventionName
from mfprofile.cli.plot.options import LookOptions, Output, check_ending, write


def command(output: Output = None, *, look: LookOptions, convention: ConventionName = "paper") -> None:
    """Draw top-1 and cost of the ablations, Tables 5 to 9.

    Examples:
        mfprofile plot ablation
        mfprofile plot ablation --convention core --dark -o ablation.svg

    Accuracies are as printed. Multiply-adds and parameters are counted.
    """
    from mfprofile.view.plots.ablation import ablation

    check_ending(output)
    write(ablation(look, convention), "ablation", output, look)
