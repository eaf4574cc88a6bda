"""The program: the tree of commands, and how it ends. Only the command that is asked for is imported."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import Annotated, Any, NoReturn

import typer

from mfprofile.cli.groups import expanded
from mfprofile.cli.renamed import modernized
from mfprofile.spec.problems import InputError
from mfprofile.spec.words import printable
from mfprofile.view.tables import OutputError

COMMANDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "list": (),
        "show": (),
        "count": (),
        "check": (),
        "memory": (),
        "scale": (),
        "sensitivity": (),
        "diff": (),
        "verify": (),
        "audit": (),
        "paper": (),
        "formula": (),
        "complexity": (),
        "explain": (),
        "report": (),
        "explore": ("spaces", "count", "sample", "front", "best", "list"),
        "plot": (
            *("attention", "accuracy", "detection", "ablation", "residuals", "front", "contour"),
            *("blocks", "pillars", "sensitivity", "waterfall"),
        ),
        "page": (),
        "schema": (),
    }
)
"""Each command in the order of the help, with its own commands. A command is the function `command` of a file that has
its name: `count` of `cli/count.py`, `explore count` of `cli/explore/count.py`."""
_SETTINGS: Mapping[str, Any] = MappingProxyType(
    {
        "no_args_is_help": True,
        "pretty_exceptions_enable": False,
        "rich_markup_mode": None,
        "context_settings": {"help_option_names": ["-h", "--help"], "max_content_width": 110},
    }
)
_HELP = "Where every multiply-add and every parameter of a Mobile-Former goes."
_EPILOG = (
    "SPEC is a name of 'mfprofile list', a path, or - for standard input. Exit codes: 0 fine, 1 a budget or a "
    "verification failed, 2 the input is wrong, 70 a fault of mfprofile, 74 output cannot be written, 130 interrupted."
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line on arguments, those of the process by default; it ends with `SystemExit`.

    Whatever goes wrong is one message on stderr and an exit code.
    """
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # their discovery would cost a tenth of the start-up
    for stream in (sys.stdout, sys.stderr):  # either may be closed, and then None
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        _run(sys.argv[1:] if arguments is None else list(arguments))
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


def _run(arguments: Sequence[str]) -> None:
    """Run a command line; raises `SystemExit` at its end, and whatever the command raises."""
    if "_MFPROFILE_COMPLETE" in os.environ:
        os.environ["COLUMNS"] = "1000"  # typer folds help at this width, and a shell takes each line for an offer
    path = () if "_MFPROFILE_COMPLETE" in os.environ else _asked(arguments)
    app = _alone(*path) if path else _all()
    options = modernized(" ".join(path), arguments[len(path) :])
    app(args=list(options), prog_name=" ".join(["mfprofile", *path]))


def _asked(arguments: Sequence[str]) -> tuple[str, ...]:
    """Return the words that name one command, or none where they name none or several."""
    first, second = (*arguments[:2], "", "")[:2]
    if first not in COMMANDS:
        return ()
    if not COMMANDS[first]:
        return (first,)
    return (first, second) if second in COMMANDS[first] else ()


def _alone(*path: str) -> typer.Typer:
    """Return an application that is one command: it starts sooner than a tree with one."""
    app = typer.Typer(add_completion=False, **{**_SETTINGS, "no_args_is_help": False})
    app.command(path[-1])(_function(path))
    return app


def _all() -> typer.Typer:
    app = typer.Typer(name="mfprofile", help=_HELP, epilog=_EPILOG, **_SETTINGS)
    app.callback(invoke_without_command=True)(_version)
    for name, inner in COMMANDS.items():
        if inner:
            app.add_typer(_group(name, inner), name=name)
        else:
            app.command(name)(_function((name,)))
    return app


def _group(name: str, inner: Sequence[str]) -> typer.Typer:
    group = typer.Typer(name=name, help=import_module(f"mfprofile.cli.{name}").HELP, **_SETTINGS)
    for each in inner:
        group.command(each)(_function((name, each)))
    return group


def _function(path: Sequence[str]) -> Any:
    return expanded(import_module(".".join(["mfprofile.cli", *path])).command)


def _version(
    print_version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", is_eager=True)
    ] = False,
) -> None:
    """Where every multiply-add and every parameter of a Mobile-Former goes."""
    if print_version:
        from mfprofile import __version__

        typer.echo(f"mfprofile {__version__}")
        raise typer.Exit
