"""The command verify."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.completion import counters
from mfprofile.cli.options import Changes, FormChosen, Specs, need_torch, notify, once


def command(
    specs: Specs,
    counters: Annotated[
        list[str] | None,
        typer.Option(
            "--counter", metavar="NAME", help="Only this one: torch, fvcore, thop, ptflops…", autocompletion=counters
        ),
    ] = None,
    *,
    changes: Changes,
    form: FormChosen,
) -> None:
    """Hold the counts against other counters, run on the torch model.

    Each tool's total is explained from our rows to the last unit, and compared at each module path where it tells them.
    Exit code 1 if anything is left unexplained. Needs the extra torch (pip install '.[torch]'), and takes seconds.

    Example: mfprofile verify mf294m --counter fvcore --counter thop
    """
    from mfprofile.spec.load import load
    from mfprofile.view.tables import show

    loaded = [load(spec, changes) for spec in once(specs)]
    need_torch("verify")
    from mfprofile.verify.verify import verify
    from mfprofile.view.verification import failures, verification_text

    found = [verify(spec, counters, notify=notify) for spec in loaded]
    show(verification_text(found, form))
    beside = [f"{one.bill.name}: {line}" for one in found for line in failures(one)]
    if form == "csv" and beside:  # which has a place for figures alone
        notify("\n".join(beside))
    if not all(one.holds for one in found):
        raise typer.Exit(1)
