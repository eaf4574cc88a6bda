"""Tables, and their four forms: text, Markdown, CSV and JSON."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from mfprofile.view.escape import csv_line, json_text, line, lines, markdown, markdown_code, markdown_paragraph
from mfprofile.view.streams import stdout_encoding, stdout_text

if TYPE_CHECKING:
    from rich.console import Console

Form = Literal["text", "markdown", "csv", "json"]


WRAPPED = 24
"""The smallest width of a column that wraps, in characters."""
_COLOURS: Mapping[str | None, str] = {"good": "green", "bad": "bold red"}
"""The colour of a style on terminals."""


class Column(NamedTuple):
    """A column: its heading, its key in CSV and JSON, and how its values are written.

    A column without a key is not in CSV and JSON. On a terminal that is too narrow, an `optional` column is skipped
    and a column that `wraps` is broken into lines; no other column is cut. A column of `code` is code in Markdown.
    `record` converts a value for CSV. `style` returns `good` or `bad` for a verdict, else None: a colour on terminals
    and in notebooks.
    """

    heading: str
    key: str = ""
    write: Callable[[Any], str] = str
    right: bool = False
    optional: bool = False
    wraps: bool = False
    code: bool = False
    record: Callable[[Any], Any] = lambda value: value
    style: Callable[[Any], str | None] = lambda _: None


class Table(NamedTuple):
    """Rows of values under columns: `data` are the records, `summary` the sums and shares, not in CSV and JSON."""

    columns: Sequence[Column]
    data: Sequence[Sequence[Any]]
    summary: Sequence[Sequence[Sequence[Any]]] = ()
    above: Sequence[str] = ()
    below: Sequence[str] = ()


def render(table: Table, form: Form) -> str:
    """Return the table in one of the four forms, with a line end at the end."""
    return {"text": _text, "markdown": _markdown, "csv": _csv, "json": _json}[form](table)


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


def _cells(table: Table, row: Sequence[Any], columns: Iterable[int]) -> list[str]:
    """Return the cells of a row as stdout will spell them. Only a column's `write` can make several lines."""
    return [stdout_text(_cell(table.columns[index], row[index])) for index in columns]


def _heading(column: Column) -> str:
    """Return the heading of a column as stdout will spell it."""
    return stdout_text(lines(column.heading))


def _cell(column: Column, value: Any) -> str:
    """Return a value as text. None is an empty cell; text is one line without codes of terminals."""
    if value is None:
        return ""
    return line(value) if isinstance(value, str) else column.write(value)


def _text(table: Table) -> str:
    """Return the table as text. Only a terminal uses rich, because its import makes a command a tenth slower."""
    if sys.stdout.isatty():
        return _for_terminal(table)
    whole = (*map(line, table.above), "", *_plain_grid(table), *map(line, table.below))
    return "".join(f"{each.rstrip()}\n" for each in whole)


def _plain_grid(table: Table) -> Iterator[str]:
    """Yield the lines of the grid as rich lays it out if there is room."""
    every = range(len(table.columns))
    heading = [_heading(column).split("\n") for column in table.columns]
    sections = [
        [[cell.split("\n") for cell in _cells(table, row, every)] for row in rows]
        for rows in (table.data, *table.summary)
    ]
    rows = [heading, *(row for section in sections for row in section)]
    widths = [max(len(text) for row in rows for text in row[index]) for index in every]
    tallest = max(len(texts) for texts in heading)
    yield from _plain_lines(table, [[""] * (tallest - len(texts)) + texts for texts in heading], widths)
    yield " " + "─" * (sum(widths) + 2 * (len(widths) - 1))
    for section in sections:
        for row in section:
            yield from _plain_lines(table, row, widths)
        yield ""


def _plain_lines(table: Table, row: Sequence[Sequence[str]], widths: Sequence[int]) -> Iterator[str]:
    for texts in zip_longest(*row, fillvalue=""):
        cells = zip(texts, widths, table.columns, strict=True)
        yield " " + "  ".join(text.rjust(width) if column.right else text.ljust(width) for text, width, column in cells)


def _for_terminal(table: Table) -> str:
    from rich.console import Console

    console = Console(file=io.StringIO(), force_terminal=True, highlight=False)
    for each in table.above:
        console.print(line(each), markup=False, soft_wrap=True)
    columns = list(range(len(table.columns)))
    if _width(console, table, columns) > console.width:
        columns = [index for index in columns if not table.columns[index].optional]
        # Lines may be longer than the terminal is wide, because a cut number would be wrong.
        console.width = max(console.width, _width(console, table, columns, wrapped=True))
    console.print(_grid(table, columns))
    for each in table.below:
        console.print(line(each), markup=False, soft_wrap=True)
    assert isinstance(console.file, io.StringIO)
    return "".join(each.rstrip() + "\n" for each in console.file.getvalue().split("\n")[:-1])


def _width(console: Console, table: Table, columns: Sequence[int], wrapped: bool = False) -> int:
    """Return the width of the table; with `wrapped`, its width if the columns that wrap are as narrow as possible."""
    grid = _grid(table, columns)
    for column in grid.columns if wrapped else ():
        column.width = None if column.no_wrap else WRAPPED
    return int(console.measure(grid, options=console.options.update(width=10_000)).maximum)


def _grid(table: Table, columns: Sequence[int]) -> Any:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table as Grid
    from rich.text import Text

    grid = Grid(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    for index in columns:
        column = table.columns[index]
        grid.add_column(
            Text(_heading(column)),
            justify="right" if column.right else "left",
            no_wrap=not column.wraps,
        )
    for rows in (table.data, *table.summary):
        for number, row in enumerate(rows, start=1):
            last = rows is table.summary[-1] if table.summary else False
            cells = zip(columns, _cells(table, row, columns), strict=True)
            grid.add_row(
                *(Text(text, _COLOURS.get(table.columns[index].style(row[index]), "")) for index, text in cells),
                end_section=number == len(rows),
                style="bold" if last else None,
            )
    return grid


def _markdown(table: Table) -> str:
    above = [*map(markdown_paragraph, table.above), ""] if table.above else []
    heads = [markdown(column.heading.replace("\n", " ")) for column in table.columns]
    rules = ["--:" if column.right else ":--" for column in table.columns]
    rows = [
        [_markdown_cell(column, value) for column, value in zip(table.columns, row, strict=True)]
        for rows in (table.data, *table.summary)
        for row in rows
    ]
    below = [part for each in table.below for part in ("", markdown_paragraph(each))]  # each line is a paragraph
    return "\n".join([*above, *map(_pipes, (heads, rules, *rows)), *below]) + "\n"


def _markdown_cell(column: Column, value: Any) -> str:
    if column.code and isinstance(value, str):
        return markdown_code(value)
    return "<br>".join(map(markdown, _cell(column, value).split("\n")))


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
