"""Arguments and options that several commands share."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from mfprofile.cli.completion import conventions, names_in, networks, settings, specs
from mfprofile.cli.form import AsJson as AsJson
from mfprofile.cli.form import FormOptions as FormOptions
from mfprofile.cli.groups import Group
from mfprofile.errors import InputError, SpecError
from mfprofile.spec.merge import Setting
from mfprofile.spec.problems import Problem
from mfprofile.spec.sources import expanded, working_folder
from mfprofile.spec.words import joined, several
from mfprofile.view.escape import line, lines
from mfprofile.view.terminal import message_lines

if TYPE_CHECKING:
    from mfprofile.spec import model

Spec = Annotated[
    str,
    typer.Argument(metavar="SPEC", help="A name of 'mfprofile list', a path, or - for stdin.", autocompletion=specs),
]


def all_expanded(references: list[str] | None) -> list[str] | None:
    """Return references with globs expanded, in order. Raises `SpecError` with all globs that match nothing."""
    names: list[str] = []
    problems: list[Problem] = []
    for reference in references or ():
        try:
            names += expanded(reference)
        except SpecError as error:
            problems += error.problems
    if problems:
        raise SpecError(problems)
    return references and names


Networks = Annotated[
    list[str],
    typer.Argument(
        metavar="SPEC",
        help="Names of 'mfprofile list', paths, globs of either, - for stdin, or targets of 'audit'.",
        autocompletion=networks,
        callback=all_expanded,
    ),
]
ConventionName = Annotated[
    str,
    typer.Option(
        "--convention",
        metavar="NAME",
        help="What to count: core, paper, or like a tool: torch, fvcore, thop, ptflops…",
        autocompletion=conventions,
    ),
]
InputsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        metavar="[NAME=][TYPE:]SHAPE",
        help="Input shape without the batch dimension (default 3x224x224). Use int64:128 for token ids, "
        "mask=bool:128 for the argument mask. Repeatable.",
    ),
]
FillOption = Annotated[
    str | None,
    typer.Option(
        "--inputs",
        metavar="FILL",
        help="What the inputs of a network in code hold: zeros (default) or random; or file.py:function, which returns "
        "the arguments of forward.",
        autocompletion=names_in("trace:FILLS"),
    ),
]
RunFillOption = Annotated[
    str | None,
    typer.Option(
        "--inputs",
        metavar="FILL",
        help="What the inputs of a network in code hold: random (default) or zeros; or file.py:function, which returns "
        "the arguments of forward.",
        autocompletion=names_in("trace:FILLS"),
    ),
]
RunBatchOption = Annotated[
    int | None, typer.Option("--batch", metavar="N", help="Images, or other inputs, in a run (default 1).")
]
InputsOfEither = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        metavar="SIZE",
        help="Input size of a spec, 192 or HEIGHTxWIDTH, or input shape of a network in code, as in 'audit'.",
    ),
]
TrainingOption = Annotated[
    bool,
    typer.Option(
        "--training", help="Count a forward and a backward pass, not one inference; in conventions core and torch."
    ),
]
CausalOption = Annotated[
    str | None,
    typer.Option(
        "--causal",
        metavar="all|pairs",
        help="What of causal attention is counted: all rows × columns (default), or visible pairs.",
        autocompletion=names_in("trace.mode:CAUSAL"),
    ),
]
ArgumentsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--arg",
        metavar="KEY=VALUE",
        help="Argument of the factory, such as num_classes=10 or depths=[2,2]. Repeatable.",
    ),
]


NO_FOLDER = "the working directory has been deleted; change to a folder that exists"


def notify(message: str) -> None:
    """Print a message on stderr, in lines that fit a terminal."""
    sys.stderr.write("".join(f"{each}\n" for each in message_lines(lines(message))))
    sys.stderr.flush()


def report_file(file: object) -> None:
    """Print on stderr that a file was written."""
    notify(f"wrote {line(str(file))}")


def report_specs(folder: str | None, number: int) -> None:
    """Print on stderr that this number of specs was written into a folder, if there is one."""
    if folder is not None:
        notify(f"wrote {several(number, 'spec')} into {line(folder)}")


def need_torch(command: str, extra: str = "torch") -> None:
    """Raise `InputError` with the command that installs torch, unless torch is installed."""
    need_packages(command, extra, "torch")


def need_packages(command: str, extra: str, *packages: str) -> None:
    """Raise `InputError` with the command that installs an extra, unless its packages are installed."""
    from importlib.util import find_spec

    if working_folder() is None:  # torch cannot be imported
        raise InputError(NO_FOLDER)
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        it = "it" if len(missing) == 1 else "them"
        raise InputError(f"{command} needs {joined(missing)}; install {it} with pip install '.[{extra}]'")


def checked_specs(specs: list[str]) -> list[str]:
    """Return the specs. Raise `InputError` if standard input is given twice, since it can be read only once."""
    if specs.count("-") > 1:
        raise InputError("-: standard input can be read only once")
    return specs


def load_all(specs: list[str], changes: Sequence[Setting] = ()) -> list[model.Spec]:
    """Return the loaded specs. Raise `InputError` with the messages of all that cannot be loaded, each message once."""
    from mfprofile.spec.load import load

    loaded: list[model.Spec] = []
    messages: dict[str, None] = {}
    for spec in checked_specs(specs):
        try:
            loaded.append(load(spec, changes))
        except InputError as error:
            messages |= dict.fromkeys(str(error).splitlines())
    if messages:
        raise InputError("\n".join(messages))
    return loaded


def assignments(settings: list[str] | None, input_size: str | None) -> list[Setting]:
    """Return the changes of --set, then that of --input."""
    changes = [Setting(text, f"--set {text}") for text in settings or ()]
    return changes if input_size is None else [*changes, Setting(f"input={input_size}", f"--input {input_size}")]


SettingsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change a key, such as tokens.dim=128 or blocks.8.out=112. Repeatable.",
        autocompletion=settings,
    ),
]
InputOption = Annotated[str | None, typer.Option("--input", metavar="SIZE", help="Input size: 192 or HEIGHTxWIDTH.")]
Changes = Annotated[
    list[Setting], Group({"settings": (SettingsOption, None), "input_size": (InputOption, None)}, assignments)
]
"""The changes to each spec or space."""
