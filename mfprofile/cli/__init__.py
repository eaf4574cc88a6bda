"""The command line: each command is one call of the library and a print."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, NoReturn

import typer

from mfprofile.spec.problems import InputError, printable
from mfprofile.view.tables import OutputError

app = typer.Typer(
    name="mfprofile",
    help="Where every multiply-add and every parameter of a Mobile-Former goes.",
    epilog="SPEC is a name of 'mfprofile list', a path, or - for standard input. Exit codes: 0 fine, 1 a budget or a "
    "verification failed, 2 the input is wrong, 70 a fault of mfprofile, 74 output cannot be written, 130 interrupted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


COMMANDS = {
    "list": "counting:list_specs",
    "show": "counting:show_spec",
    "count": "counting:count",
    "check": "budgets:check",
    "memory": "memory:memory",
    "scale": "scaling:scale",
    "sensitivity": "sensitivity:sensitivity",
    "diff": "comparing:diff",
    "verify": "verifying:verify",
    "audit": "auditing:audit",
    "paper": "paper:paper",
    "formula": "paper:formula",
    "complexity": "paper:complexity",
    "explain": "paper:explain",
    "report": "paper:report",
    "explore": "exploring:app",
    "plot": "plotting:app",
    "page": "pages:page",
    "schema": "counting:schema",
}


def register(arguments: Sequence[str]) -> None:
    """Add to the application the command that is asked for, or all of them where none is: for help and completion."""
    asked = next((argument for argument in arguments if not argument.startswith("-")), "")
    completing = "_MFPROFILE_COMPLETE" in os.environ
    if completing:
        os.environ["COLUMNS"] = "1000"  # typer folds help at this width, and a shell takes each line for an offer
    for name in [asked] if asked in COMMANDS and not completing else COMMANDS:
        module, _, function = COMMANDS[name].partition(":")
        command = getattr(import_module(f"mfprofile.cli.{module}"), function)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name)(command)


def main() -> None:
    """Run the command line; whatever goes wrong is one message and an exit code."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # their discovery would cost a tenth of the start-up
    for stream in (sys.stdout, sys.stderr):  # either may be closed, and then None
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        register(sys.argv[1:])
        app()
    except InputError as error:
        _fail(str(error), 2)
    except OutputError as error:
        _fail(str(error), 74)
    except Exception as error:
        if os.environ.get("MFPROFILE_DEBUG"):
            raise
        _fail(f"{type(error).__name__}: {error}; this is a fault of mfprofile, MFPROFILE_DEBUG=1 shows where", 70)


def _fail(message: str, code: int) -> NoReturn:
    lines = [printable(line) for line in message.rstrip("\n").split("\n")]
    if sys.stderr is not None:
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
