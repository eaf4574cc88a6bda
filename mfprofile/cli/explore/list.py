"""The command explore list."""

from __future__ import annotations

from mfprofile.cli.counting import Counting
from mfprofile.cli.explore.answers import end_without_variants
from mfprofile.cli.explore.measured import EitherWindows, Measured, list_trained
from mfprofile.cli.explore.options import SpaceName
from mfprofile.cli.options import Changes


def command(
    space: SpaceName,
    measured: Measured = None,
    *,
    limits: EitherWindows,
    changes: Changes,
    convention: Counting,
) -> None:
    """List every variant within windows as CSV.

    Examples:
        mfprofile explore list mf294m-tokens --madds 290M:300M
        mfprofile explore list mf294m-tokens --params :12M > variants.csv

    Each line has the choices of a variant and its costs. Memory use is constant. A space with too many variants is
    refused, with its size. If no variant is within the windows, exits with 1 and names the nearest. With
    --measured, lists only variants that were trained, with all columns of numbers in the file.
    """
    from mfprofile.explore.nearest import nearest
    from mfprofile.explore.space import read_space
    from mfprofile.view.listing import listing
    from mfprofile.view.streams import stdout_is_read
    from mfprofile.view.tables import show

    loaded = read_space(space, changes)
    if measured is not None:
        list_trained(loaded, measured, limits, convention)
        return
    lines = 0
    for text in listing(loaded, limits, convention):
        lines += text.count("\n")
        show(text)
        if not stdout_is_read():
            return
    if lines <= 1:  # only the header
        end_without_variants(loaded, limits, convention, nearest(loaded, limits, convention))
