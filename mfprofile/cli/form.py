"""The options of every command that prints a table: its form, its columns and their order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from mfprofile.cli.completion import columns, words
from mfprofile.cli.groups import Group
from mfprofile.errors import InputError
from mfprofile.spec.words import shown
from mfprofile.view.form import Form, FormName

_LABEL = re.compile(r"[\w:.-]+", re.ASCII)


def _form(
    as_json: bool,
    as_csv: bool,
    as_markdown: bool,
    as_latex: bool,
    columns: str | None,
    caption: str | None,
    label: str | None,
    exact: bool,
    span: int | None,
    sort: str | None = None,
) -> Form:
    """Return the form that the options select. Raise `InputError` for options that cannot be combined."""
    flags: dict[FormName, bool] = {"json": as_json, "csv": as_csv, "markdown": as_markdown, "latex": as_latex}
    forms = [form for form, given in flags.items() if given]
    if len(forms) > 1:
        raise InputError(f"--{forms[0]} and --{forms[1]} cannot be combined; use one of them")
    _check_empty(columns, sort, caption)
    form = Form(forms[0] if forms else "text", _names(columns), (sort or "").strip(), caption, label, exact, span)
    _check_form(form)
    return form


def _names(columns: str | None) -> tuple[str, ...]:
    return () if columns is None else tuple(name.strip() for name in columns.split(","))


def _check_empty(columns: str | None, sort: str | None, caption: str | None) -> None:
    """Raise `InputError` for an option with nothing but spaces, or a list of columns with an empty name."""
    for option, value in (("--columns", columns), ("--sort", sort), ("--caption", caption)):
        refuse_empty(option, value)
    if columns is not None and not all(name.strip() for name in columns.split(",")):
        raise InputError(f"--columns {shown(columns)}: has an empty name; remove a comma")


def refuse_empty(option: str, value: str | None) -> None:
    """Raise `InputError` for an option with nothing but spaces."""
    if value is not None and not value.strip():
        raise InputError(f"{option} {shown(value)}: is empty; write a value, or remove {option}")


def _check_twice(names: tuple[str, ...]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"--columns {shown(','.join(names))}: {name} is given twice; name each column once")


@contextmanager
def _without_loss(form: Form, command: str, options: Mapping[str, Any]) -> Iterator[Form]:
    """Check the columns before a command that takes long, and raise what only its answer shows after it is printed."""
    if form.columns or form.sort:
        from mfprofile.cli.columns import SLOW, check_columns

        if command in SLOW:
            check_columns(command, form, options)
            form = form._replace(unmet=[])
    try:
        yield form
    except typer.Exit:
        if not form.unmet:
            raise
    if form.unmet:
        raise form.unmet[0]


def _check_form(form: Form) -> None:
    _check_twice(form.columns)
    for option, given in (("--columns", form.columns), ("--sort", form.sort)):
        if given and form.name == "json":
            raise InputError(f"{option} is for tables, and --json has all fields; use --csv, or remove {option}")
    for option, value in (
        ("--caption", form.caption),
        ("--label", form.label),
        ("--exact", form.exact or None),
        ("--span", form.span),
    ):
        if value is not None and form.name != "latex":
            raise InputError(f"{option} needs --latex")
    if form.label is not None and not _LABEL.fullmatch(form.label):
        raise InputError(f"--label {shown(form.label)}: use letters, digits and : - . _ only, such as tab:variants")


def span_option(text: str) -> Any:
    """Return the option for the columns of a page that something spans, with the text of its help."""
    return typer.Option("--span", metavar="1|2", min=1, max=2, help=text, autocompletion=words("1", "2"))


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
FormOptions = Annotated[
    Form,
    Group(
        {
            "as_json": (AsJson, False),
            "as_csv": (Annotated[bool, typer.Option("--csv", help="Print CSV.")], False),
            "as_markdown": (Annotated[bool, typer.Option("--markdown", help="Print a Markdown table.")], False),
            "as_latex": (
                Annotated[bool, typer.Option("--latex", help="Print a LaTeX table, for booktabs and siunitx.")],
                False,
            ),
            "caption": (
                Annotated[
                    str | None,
                    typer.Option("--caption", metavar="TEXT", help="Caption of the LaTeX table: plain text (escaped)."),
                ],
                None,
            ),
            "label": (
                Annotated[str | None, typer.Option("--label", metavar="TEXT", help="Label of the LaTeX table.")],
                None,
            ),
            "exact": (
                Annotated[bool, typer.Option("--exact", help="Whole numbers in LaTeX, not in thousands or millions.")],
                False,
            ),
            "span": (
                Annotated[int | None, span_option("Fit LaTeX into 1 or 2 columns of a page that has two.")],
                None,
            ),
            "columns": (
                Annotated[
                    str | None,
                    typer.Option(
                        "--columns",
                        metavar="COLUMN,...",
                        help="Columns to print, in this order.",
                        autocompletion=columns,
                    ),
                ],
                None,
            ),
            "sort": (
                Annotated[
                    str | None,
                    typer.Option(
                        "--sort",
                        metavar="COLUMN",
                        help="Sort by a column: numbers the largest first, text from A to Z; -COLUMN the other way.",
                        autocompletion=columns,
                    ),
                ],
                None,
            ),
        },
        _form,
        around=_without_loss,
    ),
]
"""The form in which a table is printed."""
