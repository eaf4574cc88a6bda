"""The command report."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.options import report_file


def command(
    folder: Annotated[str, typer.Option("-o", "--output", metavar="DIR", help="Output folder.")] = "reports",
) -> None:
    """Write the reports: tables, pictures and pages.

    Examples:
        mfprofile report
        mfprofile report -o figures

    The folder gets the paper's tables with our counts, the pictures, and a page for each of the seven models.
    """
    from mfprofile.errors import InputError
    from mfprofile.view.report import write_reports

    if folder == "-":
        raise InputError("-o -: reports cannot be written to stdout; use the name of a folder")
    for file in write_reports(folder):
        report_file(file)
