"""Cells of tables as text, and the columns that are printed for each column of a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from mfprofile.view.escape import line

if TYPE_CHECKING:
    from mfprofile.view.tables import Column


class Printed(NamedTuple):
    """A column that is printed: its column and the place of its values, its heading, and how they are written.

    It can be the second one of a column, `beside` the exact numbers.
    """

    column: Column
    at: int
    heading: str
    write: Callable[[Any], str]
    beside: bool = False


def printed(columns: Sequence[Column], short: bool = False) -> Iterator[Printed]:
    """Yield the columns to print. In the full form, a column that is a `pair` has its short form beside it."""
    for at, column in enumerate(columns):
        if short and column.short is not None:
            yield Printed(column, at, column.heading, column.short)
            continue
        yield Printed(column, at, column.heading, column.write)
        if column.pair and column.short is not None:
            yield Printed(column, at, "", column.short, beside=True)


def cell(shown: Printed, row: Sequence[Any]) -> str:
    """Return a cell as text. None is an empty cell; text is one line without codes of terminals."""
    value = row[shown.at]
    if value is None or (shown.beside and isinstance(value, str)):
        return ""
    return line(value) if isinstance(value, str) else shown.write(value)
