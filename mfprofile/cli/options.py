"""Arguments and options that several commands share, and what they mean."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mfprofile.cli.completion import conventions, specs
from mfprofile.cli.groups import Group
from mfprofile.spec.merge import Setting
from mfprofile.spec.problems import InputError

if TYPE_CHECKING:
    from mfprofile.view.tables import Form

Spec = Annotated[
    str,
    typer.Argument(metavar="SPEC", help="A name of 'mfprofile list', a path, or - for stdin.", autocompletion=specs),
]
Specs = Annotated[
    list[str],
    typer.Argument(metavar="SPEC", help="Names of 'mfprofile list', paths, or - for stdin.", autocompletion=specs),
]
ConventionName = Annotated[
    str,
    typer.Option(
        "--convention",
        metavar="NAME",
        help="What is counted: core, paper, or as torch, fvcore, thop, ptflops… do.",
        autocompletion=conventions,
    ),
]
InputsGiven = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        metavar="[NAME=][TYPE:]SHAPE",
        help="An input without its batch of one: 3x224x224 (which it is if none is given), int64:128 for token ids, "
        "mask=bool:128 for the argument mask. Repeat it for several.",
    ),
]
InputsOfEither = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        metavar="SIZE",
        help="Another input: of specs 192 or HEIGHTxWIDTH, of networks in code as 'audit' takes them: 3x192x192.",
    ),
]
ArgumentsGiven = Annotated[
    list[str] | None,
    typer.Option("--arg", metavar="KEY=VALUE", help="An argument for the factory, as num_classes=10 or depths=[2,2]."),
]


def notify(message: str) -> None:
    """Say on stderr what is being done."""
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()


def need_torch(command: str, extra: str = "torch") -> None:
    """Raise `InputError` with the line that installs torch, where it is not."""
    from importlib.util import find_spec

    if find_spec("torch") is None:
        raise InputError(f"{command} needs torch: install mfprofile with its extra, as by pip install '.[{extra}]'")


def once(specs: list[str]) -> list[str]:
    """Return the specs; raises `InputError` where standard input is named twice, since it can be read once."""
    if specs.count("-") > 1:
        raise InputError("-: standard input can be read only once")
    return specs


def _chosen(as_json: bool, as_csv: bool, as_markdown: bool) -> Form:
    """Return the form that one of the flags asks for; raises `InputError` if several do."""
    wanted: dict[Form, bool] = {"json": as_json, "csv": as_csv, "markdown": as_markdown}
    chosen = [form for form, given in wanted.items() if given]
    if len(chosen) > 1:
        raise InputError(f"--{chosen[0]} and --{chosen[1]} exclude each other: give one")
    return chosen[0] if chosen else "text"


def assignments(settings: list[str] | None, input_size: str | None) -> list[Setting]:
    """Return the changes of --set, and that of --input last."""
    found = [Setting(text, f"--set {text}") for text in settings or ()]
    return found if input_size is None else [*found, Setting(f"input={input_size}", f"--input {input_size}")]


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
FormChosen = Annotated[
    Literal["text", "markdown", "csv", "json"],
    Group(
        {
            "as_json": (AsJson, False),
            "as_csv": (Annotated[bool, typer.Option("--csv", help="Print CSV.")], False),
            "as_markdown": (Annotated[bool, typer.Option("--markdown", help="Print a Markdown table.")], False),
        },
        _chosen,
    ),
]
"""How a table is printed."""
SettingsGiven = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a key, as tokens.dim=128 or blocks.8.out=112."),
]
InputGiven = Annotated[
    str | None, typer.Option("--input", metavar="PIXELS", help="Another input: 192, or HEIGHTxWIDTH.")
]
Changes = Annotated[
    list[Setting], Group({"settings": (SettingsGiven, None), "input_size": (InputGiven, None)}, assignments)
]
"""What is changed in each spec or space."""
