"""The command report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mfprofile.cli.options import notify

if TYPE_CHECKING:
    pass


def command(
    folder: Annotated[str, typer.Option("-o", "--output", metavar="FOLDER", help="Where to write.")] = "reports",
) -> None:
    """Write the reports: the paper's tables beside our counts, pictures, and the seven models' pages.

    Example: mfprofile report -o reports
    """
    from mfprofile.view.report import write_reports

    for file in write_reports(folder):
        notify(f"wrote {file}")
