"""The command page."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.counting import LatencyModel
from mfprofile.cli.options import Changes, ConventionName, Spec, report_file


def command(
    spec: Spec,
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", metavar="FILE", help="Output file (default NAME.html), or - for stdout."),
    ] = None,
    *,
    changes: Changes,
    convention: ConventionName = "core",
    device: LatencyModel,
) -> None:
    """Write an HTML page that counts a spec as you edit it.

    Examples:
        mfprofile page mf294m
        mfprofile page mf294m --set width=0.75 -o lean.html

    The page is one file and works offline. It has controls for the input, the tokens, each width, depth and switch, and
    the limits on MAdds and params. The kinds of blocks, a detector and other limits stay as in the spec. It shows the
    exact bill by block and pillar, budgets that turn red, two variants side by side, the spec as YAML, and a link that
    keeps the state. With a latency model, it predicts latency, and has a limit on it.
    """
    from mfprofile.files import check, write
    from mfprofile.spec.load import load
    from mfprofile.view.page.page import page_text
    from mfprofile.view.tables import show

    _check_ending(output)
    loaded = load(spec, changes)
    if output == "-":
        show(page_text(loaded, convention, device))
        return
    place = f"{loaded.name}.html" if output is None else output
    check(place)
    write(place, page_text(loaded, convention, device))
    report_file(place)


def _check_ending(output: str | None) -> None:
    """Raise `InputError` for a file name that does not end in .html or .htm. Devices and pipes have any name."""
    from pathlib import Path

    from mfprofile.errors import InputError
    from mfprofile.files import is_stream

    if output and output != "-" and Path(output).suffix.lower() not in (".html", ".htm") and not is_stream(output):
        raise InputError(f"{output}: must end in .html or .htm")
