"""The command scale."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.completion import names_in
from mfprofile.cli.counting import Counting
from mfprofile.cli.options import Changes, FormOptions, Spec, notify, report_file
from mfprofile.errors import InputError, QuantityError
from mfprofile.spec.names import LATENCY, unit_of


def command(
    spec: Spec,
    to_madds: Annotated[
        str | None, typer.Option("--to-madds", metavar="AMOUNT", help="Budget of multiply-adds, such as 200M.")
    ] = None,
    to_params: Annotated[
        str | None, typer.Option("--to-params", metavar="AMOUNT", help="Or the budget of parameters, such as 8M.")
    ] = None,
    to_latency: Annotated[
        str | None,
        typer.Option("--to-latency", metavar="TIME", help="Or the budget of predicted latency: 12ms."),
    ] = None,
    by: Annotated[
        str,
        typer.Option(
            "--by",
            metavar="KEY",
            help="Key to scale: width, tokens.dim, input, depth or head.fc.",
            autocompletion=names_in("budget.families:FAMILIES"),
        ),
    ] = "width",
    output: Annotated[
        str | None, typer.Option("-o", "--output", metavar="FILE", help="Write the spec to this .yaml file.")
    ] = None,
    *,
    changes: Changes,
    convention: Counting,
    form: FormOptions,
) -> None:
    """Find the largest variant within a budget.

    Examples:
        mfprofile scale mf294m --to-madds 200M
        mfprofile scale mf294m --to-params 10M --by tokens.dim | mfprofile count -

    Only one key is scaled. The output is a spec that 'count' accepts. Comments above it show its cost, and that the
    next step up is over the budget. Steps are 0.01 of width, 16 of tokens.dim, 32 pixels of input, 64 of head.fc,
    and one stride-1 mf block of depth. If no variant fits, exits with 1 and names the nearest. --markdown, --latex
    and --csv print its cost as a table, not the spec; -o writes the spec all the same.
    """
    from mfprofile.budget.scale import scale
    from mfprofile.files import check, check_spec_name, write
    from mfprofile.spec.load import load
    from mfprofile.spec.sources import shipped
    from mfprofile.view.scaling import scaled_spec, scaling_json, scaling_lines, scaling_table, unreachable
    from mfprofile.view.tables import dumps, render, show
    from mfprofile.view.terminal import stdout_width

    if form.name == "text" and (form.columns or form.sort):
        option = "--columns" if form.columns else "--sort"
        raise InputError(f"{option} is for tables, and this is a spec; use --csv, --markdown or --latex")
    output = None if output == "-" else output  # stdout is the default
    if output is not None:
        check_spec_name(output, "-o ")
        check(output)
    scaling = scale(load(spec, changes), *_budget(to_madds, to_params, to_latency), by, convention)
    if form.name == "json":
        show(dumps(scaling_json(scaling)))
    if scaling.largest is None:
        notify(unreachable(scaling))
        raise typer.Exit(1)
    width = stdout_width() if output is None else None
    text = scaled_spec(scaling, spec if spec in shipped() and not changes else None, width)
    if output is not None:
        write(output, text)
        report_file(output)
    if form.name == "text":
        show(text if output is None else "\n".join([*scaling_lines(scaling), ""]))
    elif form.name != "json":
        show(render(scaling_table(scaling), form))


def _budget(to_madds: str | None, to_params: str | None, to_latency: str | None) -> tuple[str, int]:
    """Return the quantity and its budget. Raise `InputError` unless exactly one is given."""
    from mfprofile.spec.quantities import quantity

    given = {"madds": to_madds, "params": to_params, LATENCY: to_latency}
    chosen = [(name, amount) for name, amount in given.items() if amount is not None]
    if len(chosen) != 1:
        raise InputError("use one budget, --to-madds 200M, --to-params 8M or --to-latency 12ms")
    name, text = chosen[0]
    try:
        return name, quantity(text, unit_of(name))
    except QuantityError as error:
        raise InputError(f"--to-{name} {error}") from None
