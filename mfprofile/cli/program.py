"""The program: the tree of commands and the exit codes. Only the requested command is imported."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import Annotated, Any, NoReturn

import typer

from mfprofile.cli.groups import with_group_options
from mfprofile.cli.help import Command, group_class, laid_out
from mfprofile.cli.options import NO_FOLDER
from mfprofile.cli.renamed import with_new_names
from mfprofile.cli.signals import ended_by_signals
from mfprofile.errors import InputError, OutputError
from mfprofile.spec.sources import working_folder
from mfprofile.view.escape import line, lines
from mfprofile.view.streams import standard_streams
from mfprofile.view.terminal import message_lines

HEADINGS: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "": {
            "Count a network": (
                *("list", "count", "audit", "explain", "diff", "memory", "formula", "verify", "show", "schema"),
            ),
            "Keep to a budget": ("check", "scale", "sensitivity"),
            "Explore many variants": ("explore",),
            "Measure latency": ("measure", "calibrate", "export"),
            "Compare with the paper": ("paper", "complexity", "report"),
            "Draw": ("plot", "page"),
        },
        "explore": {
            "Look at a space": ("spaces", "count", "histogram"),
            "Choose variants": ("best", "front", "sample", "list", "search"),
        },
        "plot": {
            "One network, or what changes between two": (
                *("blocks", "pillars", "waterfall", "sensitivity", "roofline", "attention"),
            ),
            "Many variants": ("front", "variants", "search", "histogram", "contour"),
            "Latency": ("latency", "prediction"),
            "The paper's tables": ("accuracy", "detection", "ablation", "residuals"),
        },
    }
)
"""The headings of the helps, each with its commands, by the command whose help it is: that of mfprofile is ''."""
COMMANDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        name: tuple(each for inner in HEADINGS.get(name, {}).values() for each in inner)
        for names in HEADINGS[""].values()
        for name in names
    }
)
"""The commands in the order of the help, each with its subcommands. A command is the function `command` in a file of
its name: `count` in `cli/count.py`, `explore count` in `cli/explore/count.py`."""
_SETTINGS: Mapping[str, Any] = MappingProxyType(
    {
        "no_args_is_help": True,
        "pretty_exceptions_enable": False,
        "rich_markup_mode": None,
        "context_settings": {"help_option_names": ["-h", "--help"], "max_content_width": 110},
    }
)
_USAGE_ERROR: type[Any] = typer.BadParameter.__mro__[1]
"""The base of the errors in options and arguments, which typer has from click or, in later versions, of its own."""
_HELP = """Count every multiply-add and every parameter of a Mobile-Former, or of any torch network.

Examples:
    mfprofile count mf294m
    mfprofile audit timm:mobilenetv3_large_100 --by kind

'mfprofile COMMAND --help' has two examples of each command.
"""
_EPILOG = (
    "SPEC is a name of 'mfprofile list', a path, or - for standard input. Exit codes: 0 success, 1 a budget or "
    "verification failed or a query has no answer, 2 invalid input, 70 bug in mfprofile, 74 output cannot be written, "
    "130 interrupted."
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line on arguments, by default those of the process. It ends with `SystemExit`.

    Every error becomes one message on stderr and an exit code.
    """
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # finding plugins would take a tenth of the start-up
    with standard_streams(), ended_by_signals():
        _run_to_exit_code(sys.argv[1:] if arguments is None else list(arguments))


def _run_to_exit_code(arguments: Sequence[str]) -> None:
    try:
        try:
            _run(arguments)
        finally:
            sys.stdout.flush()
    except _USAGE_ERROR as error:
        sys.stderr.write(_usage(error))
        raise SystemExit(2) from None
    except InputError as error:
        _show_traceback(error)
        _fail(str(error), 2)
    except OutputError as error:
        _fail(str(error), 74)
    except Exception as error:
        if isinstance(error, FileNotFoundError) and working_folder() is None:
            _fail(NO_FOLDER, 2)
        if os.environ.get("MFPROFILE_DEBUG"):
            raise
        bug = f"{type(error).__name__}: {error}; this is a bug in mfprofile"
        _fail(f"{bug}; set MFPROFILE_DEBUG=1 to see the traceback", 70)


def _usage(error: Any) -> str:
    """Return what typer prints for an invalid option or argument, which can have any characters of the command line."""
    shown = io.StringIO()
    error.show(file=shown)
    printed = re.sub(r"(?m)^Error: ", "error: ", shown.getvalue())  # as all other messages
    printed = printed.replace(": Input should be ", ": must be ")
    text = re.sub(r" \(Possible options: (.*)\)", lambda names: f". Did you mean {names[1]}?", printed)
    if unknown := re.search(r"No such command '(\w+)'\.$", text.rstrip()):
        inner = [f"'{name} {unknown[1]}'" for name, names in COMMANDS.items() if unknown[1] in names]
        text = text.rstrip() + (f" Did you mean {' or '.join(inner)}?\n" if inner else "\n")
    return lines(text)


def _show_traceback(error: Exception) -> None:
    """Print the traceback of an error in the user's code, if MFPROFILE_DEBUG asks for it."""
    if error.__cause__ is not None and os.environ.get("MFPROFILE_DEBUG") and sys.stderr is not None:
        import traceback

        sys.stderr.write("".join(traceback.format_exception(error.__cause__)))


def _fail(message: str, code: int) -> NoReturn:
    errors = [f"error: {line(each)}" for each in message.rstrip("\n").split("\n")]
    sys.stderr.write("".join(f"{each}\n" for error in errors for each in message_lines(error)))
    raise SystemExit(code)


def _run(arguments: Sequence[str]) -> None:
    """Run a command line. Raise `SystemExit` at its end, or what the command raises."""
    if "_MFPROFILE_COMPLETE" in os.environ:
        os.environ["COLUMNS"] = "1000"  # typer wraps help at this width, and a shell reads each line as one offer
    path = () if "_MFPROFILE_COMPLETE" in os.environ else _command_path(arguments)
    app = _one_command(*path) if path else _all_commands()
    options = with_new_names(" ".join(path), arguments[len(path) :])
    code = app(args=list(options), prog_name=" ".join(["mfprofile", *path]), standalone_mode=False)
    raise SystemExit(code or 0)  # the code of a `typer.Exit`; a command returns nothing


def _command_path(arguments: Sequence[str]) -> tuple[str, ...]:
    """Return the words that name one command, or an empty tuple if they do not name exactly one."""
    first, second = (*arguments[:2], "", "")[:2]
    if first not in COMMANDS:
        return ()
    if not COMMANDS[first]:
        return (first,)
    return (first, second) if second in COMMANDS[first] else ()


def _one_command(*path: str) -> typer.Typer:
    """Return an application with only one command. It starts faster than the whole tree."""
    app = typer.Typer(add_completion=False, **{**_SETTINGS, "no_args_is_help": False})
    _add(app, *path)
    return app


def _all_commands() -> typer.Typer:
    app = typer.Typer(
        name="mfprofile", cls=group_class(HEADINGS[""]), help=laid_out(_HELP), epilog=_EPILOG, **_SETTINGS
    )
    app.callback(invoke_without_command=True)(_version)
    for name, inner in COMMANDS.items():
        if inner:
            app.add_typer(_group(name, inner), name=name)
        else:
            _add(app, name)
    return app


def _group(name: str, inner: Sequence[str]) -> typer.Typer:
    about = laid_out(import_module(f"mfprofile.cli.{name}").HELP)
    group = typer.Typer(name=name, cls=group_class(HEADINGS[name]), help=about, **_SETTINGS)
    for each in inner:
        _add(group, name, each)
    return group


def command_at(*path: str) -> Callable[..., None]:
    """Return the function of a command, by its words: `count`, or `explore`, `count`."""
    command: Callable[..., None] = import_module(".".join(["mfprofile.cli", *path])).command
    return command


def _add(app: typer.Typer, *path: str) -> None:
    """Add the command of a path, the last word of which is its name."""
    function = with_group_options(command_at(*path))
    app.command(path[-1], cls=Command, help=laid_out(function.__doc__ or ""))(function)


def _version(
    print_version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", is_eager=True)
    ] = False,
) -> None:
    """Count every multiply-add and every parameter of a Mobile-Former, or of any torch network."""
    if print_version:
        from mfprofile import __version__

        typer.echo(f"mfprofile {__version__}")
        raise typer.Exit
