"""The command report."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.options import report_file


def command(
    folder: Annotated[str, typer.Option("-o", "--output", metavar="FOLDER", help="Output folder.")] = "reports",
) -> None:
    """Write the reports: tables, pictures and pages.

    The folder gets the paper's tables with our counts, the pictures, and a page for each of the seven models.

    Example: mfprofile report -o reports
    """
    from mfprofile.view.report import write_reports

    for file in write_reports(folder):
        report_file(file)
