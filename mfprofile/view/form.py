"""In which form a table is printed, and which of its columns and in which order."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from mfprofile.errors import InputError

FormName: TypeAlias = Literal["text", "markdown", "latex", "csv", "json"]


class Form(NamedTuple):
    """The form of tables, the columns to show (all if there are none), and the column to sort by.

    A caption and a label are for LaTeX. `exact` is too: whole numbers, not in units. So is `span`: how many columns of
    a page in two columns the table spans, None for a page in one.

    If there is a list of `unmet` choices, a column that no table has does not lose the answer: the tables are whole,
    and the error is appended to the list, to be raised once they are printed.
    """

    name: FormName = "text"
    columns: tuple[str, ...] = ()
    sort: str = ""
    caption: str | None = None
    label: str | None = None
    exact: bool = False
    span: int | None = None
    unmet: list[InputError] | None = None


TEXT, MARKDOWN = Form("text"), Form("markdown")
