"""Tables, and their forms: text, Markdown, LaTeX, CSV and JSON."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from mfprofile.view.choosing import chosen
from mfprofile.view.escape import csv_line, json_text, markdown, markdown_code, markdown_paragraph
from mfprofile.view.form import MARKDOWN, TEXT, Form
from mfprofile.view.grid import prose, text_of
from mfprofile.view.printing import Printed, cell, printed
from mfprofile.view.streams import stdout_encoding
from mfprofile.view.terminal import stdout_width

_SIGNS = re.compile(r"[^\w.]+")


class Column(NamedTuple):
    """A column: its heading, its key in CSV and JSON, and how its values are written.

    A column without a key is not in CSV and JSON. `record` converts a value for CSV. A column of `code` is code in
    Markdown. The values of a column of `math` are LaTeX, which Markdown and LaTeX show as formulas.

    The other fields are for text that has a width. `short` writes a value in the narrow form; a column that is a
    `pair` shows that beside the exact value where there is room. `optional` columns are skipped, those with the
    greatest number first. A column that `wraps` is broken into lines, one of `pairs` between keys with their values. A
    column that is `joined` stays beside the one before it. `style` is the colour of a value on a terminal: `red`,
    `green`, or none for ''.

    `name` is what --columns and --sort call a column without a key.

    For LaTeX alone, neighbours of the same `group` are under one heading, each with the heading `within` it, and share
    a unit. `percent` writes a value as a percentage in place of `short`. A column that is `drawn` is a bar of letters,
    which LaTeX leaves out unless a user names it.
    """

    heading: str
    key: str = ""
    write: Callable[[Any], str] = str
    right: bool = False
    optional: int = 0
    wraps: bool = False
    pairs: bool = False
    code: bool = False
    math: bool = False
    record: Callable[[Any], Any] = lambda value: value
    short: Callable[[Any], str] | None = None
    pair: bool = False
    joined: bool = False
    name: str = ""
    style: Callable[[Any], str] | None = None
    group: str = ""
    within: str = ""
    percent: Callable[[Any], str] | None = None
    drawn: bool = False

    @property
    def called(self) -> str:
        """Return what --columns calls the column: its name, its key, or its heading in small letters."""
        return self.name or self.key or _SIGNS.sub("_", self.heading.lower()).strip("_")


class Table(NamedTuple):
    """Rows of values under columns: `data` are the records, `summary` the sums and shares, not in CSV and JSON.

    `caption` is that of LaTeX if the user gives none; without it, the first line above the table is.
    `about` says in a few words what the table has, beside other tables with the same caption. `hint` is added to the
    error for a column that the table lacks. `full` are the options that print all columns, with exact numbers.
    """

    columns: Sequence[Column]
    data: Sequence[Sequence[Any]]
    summary: Sequence[Sequence[Sequence[Any]]] = ()
    above: Sequence[str] = ()
    below: Sequence[str] = ()
    caption: str = ""
    about: str = ""
    hint: str = ""
    full: str = "--csv"


__all__ = ["MARKDOWN", "TEXT", "Column", "Form", "Table", "dumps", "remarks", "render", "render_each", "show"]


def render(table: Table, form: Form = TEXT) -> str:
    """Return the table in a form, with a line end at the end. Raises `InputError` for a column that it lacks."""
    return render_each([table], form)[0]


def render_each(tables: Sequence[Table], form: Form) -> list[str]:
    """Return several tables in a form, without those that have none of the columns that it names."""
    shown = chosen(tables, form) if form.columns or form.sort else tables
    if form.name == "latex":
        from mfprofile.view.latex import latex_of

        return [latex_of(table, _called(table, form, at, len(shown))) for at, table in enumerate(shown, 1)]
    written = {"text": text_of, "markdown": _markdown, "csv": _csv, "json": _json}[form.name]
    return [written(table) for table in shown]


def _called(table: Table, form: Form, at: int, number: int) -> Form:
    """Return the form of one of several tables: with a label of its own, and its own words in the caption."""
    about = table.about or "".join(table.above[:1])
    caption = f"{form.caption}: {about}" if form.caption and about and number > 1 else form.caption
    return form._replace(caption=caption, label=form.label and f"{form.label}{f'-{at}' if at > 1 else ''}")


def remarks(texts: Sequence[str], form: Form) -> list[str]:
    """Return lines of text beside tables: comments in LaTeX, paragraphs in Markdown, wrapped in text."""
    if form.name == "latex":
        from mfprofile.view.latex import comment

        return list(map(comment, texts))
    if form.name == "markdown":
        return list(texts)
    width = stdout_width()
    return [part for text in texts for part in prose(text, width)]


def dumps(value: object) -> str:
    """Return a value as indented JSON with a line end, in ASCII if stdout cannot have every character."""
    in_ascii = not stdout_encoding().lower().startswith("utf")
    return json_text(value, indent=1, in_ascii=in_ascii) + "\n"


def show(text: str) -> None:
    """Write to standard output at once. Text is discarded if the reader has closed the pipe, as `| head` does.

    Raises `OutputError` if the output is closed or full.
    """
    sys.stdout.write(text)
    sys.stdout.flush()


def _markdown(table: Table) -> str:
    above = [*map(markdown_paragraph, table.above), ""] if table.above else []
    columns = list(printed(table.columns))
    heads = [markdown(each.heading.replace("\n", " ")) for each in columns]
    rules = ["--:" if each.column.right else ":--" for each in columns]
    rows = [[_markdown_cell(each, row) for each in columns] for rows in (table.data, *table.summary) for row in rows]
    below = [part for each in table.below for part in ("", markdown_paragraph(each))]  # each line is a paragraph
    return "\n".join([*above, *map(_pipes, (heads, rules, *rows)), *below]) + "\n"


def _markdown_cell(shown: Printed, row: Sequence[Any]) -> str:
    if shown.column.code and isinstance(row[shown.at], str):
        return markdown_code(row[shown.at])
    if shown.column.math:
        return f"${row[shown.at]}$"
    return "<br>".join(map(markdown, cell(shown, row).split("\n")))


def _pipes(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _csv(table: Table) -> str:
    keyed = [index for index, column in enumerate(table.columns) if column.key]
    heads = [table.columns[index].key for index in keyed]
    rows = ([table.columns[index].record(row[index]) for index in keyed] for row in table.data)
    return "".join(f"{csv_line(row)}\n" for row in (heads, *rows))


def _json(table: Table) -> str:
    keyed = [(index, column.key) for index, column in enumerate(table.columns) if column.key]
    return dumps([{key: row[index] for index, key in keyed} for row in table.data])
