"""The command explore list."""

from __future__ import annotations

from mfprofile.cli.explore.options import (
    Activations,
    Madds,
    Params,
    SpaceName,
    Within,
    windows,
)
from mfprofile.cli.options import (
    ConventionName,
    Input,
    Settings,
    assigned,
)


def command(
    space: SpaceName,
    madds: Madds = None,
    params: Params = None,
    activations: Activations = None,
    within: Within = None,
    settings: Settings = None,
    input_size: Input = None,
    convention: ConventionName = "core",
) -> None:
    """Write every variant within windows as CSV, in constant memory.

    Each line has the variant's choices and what it costs. A space of too many is refused with its size.

    Example: mfprofile explore list mf294m-tokens --madds 290M:300M > variants.csv
    """
    from mfprofile.explore.space import read_space
    from mfprofile.view.listing import listed
    from mfprofile.view.tables import show

    limits = windows(madds, params, activations, within)
    for text in listed(read_space(space, assigned(settings, input_size)), limits, convention):
        show(text)
