"""The command paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from mfprofile.cli.completion import conventions, tables
from mfprofile.cli.options import FormOptions, need_torch, notify, report_file
from mfprofile.errors import InputError

if TYPE_CHECKING:
    from mfprofile.paper.baselines import Recount


def command(
    tables: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TABLE",
            help="2 to 9 or 11, 'claims' or 'baselines' (default: all tables).",
            autocompletion=tables,
        ),
    ] = None,
    convention: Annotated[
        str | None,
        typer.Option(
            "--convention",
            metavar="NAME",
            help="Count in this convention too.",
            autocompletion=conventions,
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 if a cell no longer matches.")] = False,
    recount: Annotated[
        bool, typer.Option("--recount", help="Build and count the baselines again; needs pip install '.[baselines]'.")
    ] = False,
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write the counts of --recount to this CSV file."),
    ] = None,
    *,
    form: FormOptions,
) -> None:
    """Compare the paper's tables with our counts, cell by cell.

    Examples:
        mfprofile paper 3
        mfprofile paper 7 8 --convention core --markdown

    The conventions are inferred from the tables: paper, and paper-coco for Table 4. 'claims' are the numbers in the
    text of the paper. 'baselines' are the other networks in Tables 2 to 4. Those that can be built are recounted in
    core and shown with the printed numbers. The others are shown as printed.
    """
    from mfprofile.view.paper import paper_text
    from mfprofile.view.tables import show

    if output is not None and not recount:
        raise InputError("-o needs --recount; without it nothing is counted again")
    if output == "-":
        raise InputError("-o -: the counts cannot be written to stdout; use the name of a file")
    recounts = _recount(tables or [], output) if recount else None
    text, lost = paper_text(tables or [], convention, form, recounts)
    show(text)
    if strict and lost:
        notify("\n".join(f"lost: Table {cell.table}, {cell.model}, {cell.column}" for cell in lost))
        raise typer.Exit(1)


def _recount(tables: list[str], output: str | None) -> Sequence[Recount]:
    """Return the counts of the baselines, built and counted again; with `output`, also write them to that file."""
    if "baselines" not in (name.lower() for name in tables):
        raise InputError("--recount needs 'baselines'; use mfprofile paper baselines --recount")
    need_torch("paper baselines --recount", "baselines")
    from mfprofile.files import check, write
    from mfprofile.view.baselines import recount_baselines, recounts_csv

    if output is not None:
        check(output)
    recounts = recount_baselines(notify)
    if output is not None:
        write(output, recounts_csv(recounts))
        report_file(output)
    return recounts
