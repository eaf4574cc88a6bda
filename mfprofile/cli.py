"""The command line: each command is one call of the library and a print."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from mfprofile.spec.problems import InputError

if TYPE_CHECKING:
    from mfprofile.view.tables import Form

app = typer.Typer(
    name="mfprofile",
    help="Where every multiply-add and every parameter of a Mobile-Former goes.",
    epilog="SPEC is a name of 'mfprofile list', a path, or - for standard input. Exit codes: 0 fine, 1 a budget or a "
    "verification failed, 2 the input is wrong, 130 interrupted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)

Spec = Annotated[str, typer.Argument(metavar="SPEC", help="A name of 'mfprofile list', a path, or - for stdin.")]
Specs = Annotated[
    list[str], typer.Argument(metavar="SPEC...", help="Names of 'mfprofile list', paths, or - for stdin.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a key, as tokens.dim=128 or blocks.8.out=112."),
]
Input = Annotated[str | None, typer.Option("--input", metavar="PIXELS", help="Another input: 192, or HEIGHTxWIDTH.")]
ConventionName = Annotated[
    str,
    typer.Option(
        "--convention", metavar="NAME", help="What is counted: core, paper, or as torch, fvcore, thop, ptflops… do."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV.")]
AsMarkdown = Annotated[bool, typer.Option("--markdown", help="Print a Markdown table.")]


def main() -> None:
    """Run the command line; whatever goes wrong is one message and an exit code."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # their discovery would cost a tenth of the start-up
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        app()
    except InputError as error:
        _fail(str(error), 2)
    except KeyboardInterrupt:
        _fail("interrupted", 130)
    except Exception as error:
        if os.environ.get("MFPROFILE_DEBUG"):
            raise
        _fail(f"{type(error).__name__}: {error}; this is a fault of mfprofile, MFPROFILE_DEBUG=1 shows where", 70)


def _fail(message: str, code: int) -> NoReturn:
    lines = message.splitlines() or [""]
    sys.stderr.write("".join(f"error: {line}\n" for line in lines))
    raise SystemExit(code)


@app.callback(invoke_without_command=True)
def version(
    print_version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", is_eager=True)
    ] = False,
) -> None:
    """Where every multiply-add and every parameter of a Mobile-Former goes."""
    if print_version:
        from mfprofile import __version__

        typer.echo(f"mfprofile {__version__}")
        raise typer.Exit


@app.command("list")
def list_specs(as_json: AsJson = False, as_csv: AsCsv = False, as_markdown: AsMarkdown = False) -> None:
    """Show the specs that ship, with their costs.

    Example: mfprofile list --markdown
    """
    from mfprofile.view.catalogue import catalogue
    from mfprofile.view.tables import render, show

    show(render(catalogue(), _form(as_json, as_csv, as_markdown)))


@app.command("show")
def show_spec(spec: Spec, settings: Settings = None, input_size: Input = None, as_json: AsJson = False) -> None:
    """Print one spec, resolved, as YAML.

    What it extends, --set and width are applied and every default is written out, so that the result stands alone.

    Example: mfprofile show mf26m > mine.yaml
    """
    from mfprofile.spec.load import load
    from mfprofile.spec.width import scaled
    from mfprofile.spec.writing import mapping, yaml_text
    from mfprofile.view.tables import dumps, show

    resolved = scaled(load(spec, _settings(settings, input_size)))
    show(dumps(mapping(resolved)) if as_json else yaml_text(resolved))


@app.command()
def count(
    specs: Specs,
    by: Annotated[
        str | None, typer.Option("--by", metavar="AXIS", help="block, stage, pillar, kind or op; side by side: pillar.")
    ] = None,
    settings: Settings = None,
    input_size: Input = None,
    convention: ConventionName = "core",
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    as_markdown: AsMarkdown = False,
) -> None:
    """Count multiply-adds and parameters, exactly.

    One spec is told block by block, then by pillar; several are set side by side, with differences to the first.

    Example: mfprofile count mf294m mf294m-mlp --by block
    """
    from mfprofile.cost.counts import count
    from mfprofile.spec.load import load
    from mfprofile.view.bill import bill_json, bill_table, comparison_table
    from mfprofile.view.tables import dumps, render, show

    form = _form(as_json, as_csv, as_markdown)
    bills = [count(load(spec, _settings(settings, input_size)), convention) for spec in specs]
    if form == "json":
        found = [bill_json(bill, by) for bill in bills]
        show(dumps(found if len(found) > 1 else found[0]))
    elif len(bills) == 1:
        show(render(bill_table(bills[0], by or "block"), form))
    else:
        show(render(comparison_table(bills, by or "pillar"), form))


@app.command()
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

    form = _form(as_json, as_csv, as_markdown)
    loaded = [load(spec, _settings(settings, input_size)) for spec in specs]
    _need_torch("verify")
    from mfprofile.audit.verify import verify
    from mfprofile.view.verification import verification_json, verification_table

    found = [verify(spec, counters, tell=_tell) for spec in loaded]
    if form == "json":
        every = [verification_json(one) for one in found]
        show(dumps(every if len(every) > 1 else every[0]))
    else:
        show("\n".join(render(verification_table(one), form) for one in found))
    if not all(one.holds for one in found):
        raise typer.Exit(1)


@app.command()
def schema() -> None:
    """Print the JSON Schema of specs, for editors.

    Example: mfprofile schema > mfprofile.schema.json
    """
    from mfprofile.spec.schema import json_schema
    from mfprofile.view.tables import dumps, show

    show(dumps(json_schema()))


def _tell(message: str) -> None:
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()


def _need_torch(command: str) -> None:
    from importlib.util import find_spec

    if find_spec("torch") is None:
        raise InputError(f"{command} needs torch: pip install 'mfprofile[torch]'")


def _settings(settings: list[str] | None, input_size: str | None) -> list[str]:
    return (settings or []) + ([f"input={input_size}"] if input_size is not None else [])


def _form(as_json: bool, as_csv: bool, as_markdown: bool) -> Form:
    wanted: dict[Form, bool] = {"json": as_json, "csv": as_csv, "markdown": as_markdown}
    chosen = [form for form, given in wanted.items() if given]
    if len(chosen) > 1:
        raise InputError(f"--{chosen[0]} and --{chosen[1]} exclude each other: give one")
    return chosen[0] if chosen else "text"
