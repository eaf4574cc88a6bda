"""The command paper."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from mfprofile.cli.completion import conventions, tables
from mfprofile.cli.options import FormChosen, need_torch, notify
from mfprofile.spec.problems import InputError

if TYPE_CHECKING:
    from mfprofile.paper.baselines import Recount


def command(
    tables: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TABLE...]",
            help="2 to 9 or 11, 'claims' or 'baselines'; all tables if none.",
            autocompletion=tables,
        ),
    ] = None,
    convention: Annotated[
        str | None,
        typer.Option(
            "--convention",
            metavar="NAME",
            help="Count in this one too, beside the inferred one.",
            autocompletion=conventions,
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 if a cell that held is lost.")] = False,
    recount: Annotated[
        bool, typer.Option("--recount", help="Build and count the baselines anew: needs pip install '.[baselines]'.")
    ] = False,
    *,
    form: FormChosen,
) -> None:
    """Set the paper's tables beside our counts, cell by cell.

    Counted in the conventions that were inferred from the tables themselves: paper, and paper-coco for Table 4.
    'claims' are the numbers in its text. 'baselines' are the networks of others in Tables 2 to 4: those that a library
    builds are recounted in core, beside what is printed; the others stand as printed.

    Example: mfprofile paper 7 8 --convention core
    """
    from mfprofile.view.paper import paper_text
    from mfprofile.view.tables import show

    found = _recounted(tables or []) if recount else None
    text, lost = paper_text(tables or [], convention, form, found)
    show(text)
    if strict and lost:
        sys.stderr.write("".join(f"lost: Table {cell.table}, {cell.model}, {cell.column}\n" for cell in lost))
        raise typer.Exit(1)


def _recounted(tables: list[str]) -> Sequence[Recount]:
    """Return the baselines' counts, made anew."""
    if "baselines" not in (name.lower() for name in tables):
        raise InputError("--recount is for baselines alone: mfprofile paper baselines --recount")
    need_torch("paper baselines --recount", "baselines")
    from mfprofile.view.baselines import recount_anew

    return recount_anew(notify)
