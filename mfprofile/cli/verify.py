"""The command verify."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.completion import counters
from mfprofile.cli.options import Changes, FormOptions, Specs, load_all, need_torch, notify


def command(
    specs: Specs,
    counters: Annotated[
        list[str] | None,
        typer.Option(
            "--counter",
            metavar="NAME",
            help="Use this counter only: torch, fvcore, thop, ptflops… Repeatable.",
            autocompletion=counters,
        ),
    ] = None,
    *,
    changes: Changes,
    form: FormOptions,
) -> None:
    """Compare our counts with other counters on the torch model.

    The total of each tool is explained from our rows to the last unit, and compared by module path if the tool reports
    modules. Exits with 1 if a difference is not explained. Needs torch (pip install '.[torch]') and takes seconds.

    Example: mfprofile verify mf294m --counter fvcore --counter thop
    """
    from mfprofile.view.tables import show

    loaded = load_all(specs, changes)
    need_torch("verify")
    from mfprofile.verify.verify import verify
    from mfprofile.view.verification import failures, verification_text

    results = [verify(spec, counters, notify=notify) for spec in loaded]
    show(verification_text(results, form))
    notes = [f"{result.bill.name}: {line}" for result in results for line in failures(result)]
    if form == "csv" and notes:  # CSV has no place for notes
        notify("\n".join(notes))
    if not all(result.holds for result in results):
        raise typer.Exit(1)
