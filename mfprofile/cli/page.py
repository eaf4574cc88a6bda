"""The command page."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.options import Changes, ConventionName, Spec, notify


def command(
    spec: Spec,
    output: Annotated[
        str | None, typer.Option("-o", "--output", metavar="FILE", help="Where to write; NAME.html by default.")
    ] = None,
    *,
    changes: Changes,
    convention: ConventionName = "core",
) -> None:
    """Write a page whose knobs count at once: one HTML file, which needs no network.

    Sliders and fields for the input, the tokens, each width, depth and switch, and the most MAdds and params; the kinds
    of blocks, a detector and other limits stay as the spec has them. The exact bill by block and pillar, budgets that
    turn red, the spec as YAML, and a link that keeps the state.

    Example: mfprofile page mf294m -o mf294m.html
    """
    from pathlib import Path

    from mfprofile.spec.load import load
    from mfprofile.view.files import write
    from mfprofile.view.page.page import page_text

    _check_ending(output)
    loaded = load(spec, changes)
    place = Path(output or f"{loaded.name}.html")
    write(place, page_text(loaded, convention))
    notify(f"wrote {place}")


def _check_ending(output: str | None) -> None:
    """Raise `InputError` for a file that is not called a page, before it is written."""
    from pathlib import Path

    from mfprofile.spec.problems import InputError

    if output is not None and Path(output).suffix.lower() not in (".html", ".htm"):
        raise InputError(f"{output}: the ending must be .html or .htm: a page is what is written")
