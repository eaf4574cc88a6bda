"""The command explore list."""

from __future__ import annotations

from mfprofile.cli.explore.options import SpaceName, Windows
from mfprofile.cli.options import Changes, ConventionName


def command(
    space: SpaceName,
    *,
    limits: Windows,
    changes: Changes,
    convention: ConventionName = "core",
) -> None:
    """List every variant within windows as CSV.

    Each line has the choices of a variant and its costs. Memory use is constant. A space with too many variants is
    refused, with its size.

    Example: mfprofile explore list mf294m-tokens --madds 290M:300M > variants.csv
    """
    from mfprofile.explore.space import read_space
    from mfprofile.view.listing import listing
    from mfprofile.view.streams import stdout_is_read
    from mfprofile.view.tables import show

    for text in listing(read_space(space, changes), limits, convention):
        show(text)
        if not stdout_is_read():
            break
