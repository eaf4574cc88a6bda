"""The command verify."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.options import (
    AsCsv,
    AsJson,
    AsMarkdown,
    Input,
    Settings,
    Specs,
    assigned,
    chosen_form,
    need_torch,
    tell,
)


def verify(
    specs: Specs,
    counters: Annotated[
        list[str] | None, typer.Option("--counter", metavar="NAME", help="Only this one: torch, fvcore, thop, ptflops…")
    ] = None,
    settings: Settings = None,
    input_size: Input = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    as_markdown: AsMarkdown = False,
) -> None:
    """Hold the counts against other counters, run on the torch model.

    Each tool's total is explained from our rows to the last unit, and compared at each module path where it tells them.
    Exit code 1 if anything is left unexplained. Needs pip install 'mfprofile[torch]', and takes seconds.

    Example: mfprofile verify mf294m --counter fvcore --counter thop
    """
    from mfprofile.spec.load import load
    from mfprofile.view.tables import dumps, render, show

    form = chosen_form(as_json, as_csv, as_markdown)
    loaded = [load(spec, assigned(settings, input_size)) for spec in specs]
    need_torch("verify")
    from mfprofile.audit.verify import verify
    from mfprofile.view.verification import verification_json, verification_table

    found = [verify(spec, counters, tell=tell) for spec in loaded]
    if form == "json":
        every = [verification_json(one) for one in found]
        show(dumps(every if len(every) > 1 else every[0]))
    else:
        show("\n".join(render(verification_table(one), form) for one in found))
    if not all(one.holds for one in found):
        raise typer.Exit(1)
