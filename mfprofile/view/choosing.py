"""The columns and the order of rows that a user asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any

from mfprofile.errors import InputError
from mfprofile.spec.words import instead, shown

if TYPE_CHECKING:
    from mfprofile.view.form import Form
    from mfprofile.view.tables import Column, Table

_NUMBER = re.compile(r"[-+]?[\d,]*\.?\d+")


def chosen(tables: Sequence[Table], form: Form) -> list[Table]:
    """Return tables with the columns that a form names, in its order, and sorted as it says.

    Each table has those of the columns that it has; one without any of them is left out. Raises `InputError` for a
    column that is in none; a form with a list of `unmet` choices gets whole tables instead, and the error in the list.
    """
    try:
        for name in (*form.columns, *filter(None, [form.sort.removeprefix("-")])):
            _check(name, tables)
    except InputError as error:
        if form.unmet is None:
            raise
        form.unmet.append(error)
        return list(tables)
    tables = [_sorted(table, form.sort) for table in tables]
    if not form.columns:
        return tables
    return [_with_columns(table, form.columns) for table in tables if set(form.columns) & set(names_of(table))]


def names_of(table: Table) -> list[str]:
    """Return the names of the columns of a table, for a user to choose from."""
    return [column.called for column in table.columns]


def _check(name: str, tables: Sequence[Table]) -> None:
    names = list(dict.fromkeys(each for table in tables for each in names_of(table)))
    if name not in names:
        hints = dict.fromkeys(table.hint for table in tables if table.hint)
        raise InputError("; ".join([str(unknown_column(name, names)), *hints]))


def unknown_column(name: str, names: Sequence[str]) -> InputError:
    """Return the error for a column that is none of the names; it lists them all.

    >>> str(unknown_column("parms", ["madds", "params"]))
    "unknown column 'parms'; did you mean 'params'? The columns are madds, params"
    """
    hint, every = instead(name, names), ", ".join(names)
    hint = f"{hint} The columns are {every}" if hint.startswith("did you mean") else f"use one of {every}"
    return InputError(f"unknown column {shown(name)}; {hint}")


def _with_columns(table: Table, names: Sequence[str]) -> Table:
    at = {name: number for number, name in enumerate(names_of(table))}
    kept = only(table, [at[name] for name in names if name in at])
    return kept._replace(columns=list(map(_asked, kept.columns)))


def only(table: Table, places: Sequence[int]) -> Table:
    """Return a table with the columns at some places, in that order."""

    def cut(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
        return [[row[place] for place in places] for row in rows]

    columns = [table.columns[place] for place in places]
    return table._replace(columns=columns, data=cut(table.data), summary=list(map(cut, table.summary)))


def _asked(column: Column) -> Column:
    """Return a column as a user who named it gets it: in every form, and whatever the width."""
    return column._replace(optional=0, joined=False, drawn=False, key=column.called)


def _sorted(table: Table, sort: str) -> Table:
    """Return a table with its rows sorted: the largest number first, or text from A to Z; the other way after a `-`."""
    name = sort.removeprefix("-")
    if name not in names_of(table):
        return table
    at = names_of(table).index(name)
    column = table.columns[at]
    keys = [_key(column, row[at]) for row in table.data]
    is_number = any(isinstance(key, Real) for key in keys)
    known = [number for number, key in enumerate(keys) if key is not None and isinstance(key, Real) == is_number]
    order = sorted(known, key=lambda number: keys[number], reverse=is_number != sort.startswith("-"))
    rest = sorted(set(range(len(keys))) - set(known))
    return table._replace(data=[table.data[number] for number in (*order, *rest)])


def _key(column: Column, value: Any) -> Any:
    """Return what a value is sorted by: a number, text, or None if it is empty."""
    if isinstance(value, tuple):
        recorded = column.record(value)
        return recorded if isinstance(recorded, Real) else value[0]
    if isinstance(value, str):
        return float(value.replace(",", "")) if _NUMBER.fullmatch(value) else value.casefold() or None
    if isinstance(value, Mapping):
        return sum(value.values())
    return value
