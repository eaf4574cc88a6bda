"""Baselines as printed and as recounted, in all forms of output, and the file of the recounts."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import groupby

from mfprofile.paper.baselines import (
    CONVENTION,
    DETECTION_INPUT,
    NOT_BUILT,
    Amount,
    Baseline,
    Recount,
    baselines,
    csv_rows,
)
from mfprofile.paper.tables import TITLES
from mfprofile.view.numbers import grouped, human
from mfprofile.view.tables import Column, Form, Table, render, render_each

_NAMES = {"params": "#Param", "madds": "MAdds"}
_DETECTION = f"; backbones without their heads, on {DETECTION_INPUT.replace('x', '×')} images"


def baselines_text(form: Form, recounts: Sequence[Recount] | None = None) -> str:
    """Return the baselines in one of the four forms, compared with `recounts`, by default the committed ones."""
    rows = list(baselines(None if recounts is None else tuple(recounts)))
    if form.name in ("json", "csv"):
        return render(amounts_table(rows), form)
    return "\n".join(
        text.rstrip("\n") + "\n" for text in render_each(baselines_tables(rows, grouped if form.exact else human), form)
    )


def baselines_tables(rows: Sequence[Baseline], write: Callable[[int], str] = human) -> list[Table]:
    """Return one table for each table of the paper, with each printed figure followed by the recounted one.

    `write` is how a recounted figure is written.
    """
    tables = [_table(number, list(each), write) for number, each in groupby(rows, key=lambda row: row.table)]
    return [*tables[:-1], Table(tables[-1].columns, tables[-1].data, (), tables[-1].above, _below(rows))]


def _table(number: str, rows: Sequence[Baseline], write: Callable[[int], str]) -> Table:
    columns = [Column("model")]
    for key, name in _NAMES.items():
        printed = Column(f"{name}\nprinted", right=True, name=key, within="printed")
        columns += [each._replace(group=name) for each in (printed, _recounted_column(key))]
    data = [[_name(row), *_shown(row, write), _library(row)] for row in rows]
    heading = f"Table {number}: {TITLES[number]}{_DETECTION if number == '4' else ''}"
    return Table([*columns, Column("built by", wraps=True)], data, above=[heading])


def _recounted_column(key: str) -> Column:
    return Column(f"recounted\n{CONVENTION}", right=True, joined=True, style=colour, name=f"{key}.recounted")


def colour(shown: str | None) -> str:
    """Return the colour of a counted figure: red where it would be printed differently, green where it would not."""
    return "red" if shown and shown.startswith("≠") else "green" if shown and "%" in shown else ""


def _name(row: Baseline) -> str:
    return row.model if row.table == "4" or row.input == "224" else f"{row.model}, {row.input}²"


def _shown(row: Baseline, write: Callable[[int], str]) -> list[str]:
    return [text for amount in row.amounts for text in (amount.printed.text, _recounted(amount, write))]


def _recounted(amount: Amount, write: Callable[[int], str]) -> str:
    """Return the recounted amount, its difference in percent, and `≠` where it would be printed differently."""
    if amount.recounted is None or amount.difference is None:
        return "as printed"
    mark = "" if amount.holds else "≠ "
    return f"{mark}{write(amount.recounted)} ({float(100 * amount.difference):+.2f} %)"


def _library(row: Baseline) -> str:
    return f"{row.recount.library} {row.recount.version}" if row.recount else NOT_BUILT[row.model]


def _below(rows: Sequence[Baseline]) -> list[str]:
    lines = ["≠: would be printed differently"]
    for column, name in _NAMES.items():
        amounts = [amount for row in rows for amount in row.amounts if amount.column == column]
        judged = [amount.holds for amount in amounts if amount.holds is not None]
        text = f"{name} in '{CONVENTION}': {sum(judged)} of {len(judged)} recounted figures are within rounding"
        lines.append(f"{text}; {len(amounts) - len(judged)} are as printed")
    return lines


def amounts_table(rows: Sequence[Baseline]) -> Table:
    """Return a table with one record for each amount."""
    keys = (
        "table", "model", "input", "column", "printed", "recounted", "convention", "difference_percent", "within",
        "library", "version", "recipe", "reason",
    )  # fmt: skip
    data = [
        [
            row.table, row.model, row.input, amount.column, amount.printed.text, amount.recounted,
            row.recount and CONVENTION, _percent(amount.difference), amount.holds,
            *((row.recount.library, row.recount.version, row.recount.recipe) if row.recount else (None,) * 3),
            None if row.recount else NOT_BUILT[row.model],
        ]
        for row in rows
        for amount in row.amounts
    ]  # fmt: skip
    return Table([Column(key.replace("_", " "), key) for key in keys], data)


def recipes_table(recounts: Sequence[Recount]) -> Table:
    """Return a table of the recipe and the exact amounts of each baseline."""
    columns = [Column("table"), Column("model"), Column("input"), Column("built by", code=True)]
    columns += [Column("params", right=True), Column(f"MAdds, {CONVENTION}", right=True)]
    data = [
        [
            each.table, each.model, each.input.replace("x", "×"), str(each.recipe),
            grouped(each.params), grouped(each.madds),
        ]
        for each in recounts
    ]  # fmt: skip
    return Table(columns, data)


def _percent(share: Fraction | None) -> float | None:
    return None if share is None else round(float(100 * share), 4)


def recounts_csv(recounts: Sequence[Recount]) -> str:
    """Return the content of the file of recounts."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(csv_rows(tuple(recounts)))
    return stream.getvalue()


def recount_baselines(notify: Callable[[str], None]) -> list[Recount]:
    """Build, count and return each baseline. `notify` is called with a line for each.

    Raises `InputError` if a library is missing.
    """
    from mfprofile.verify.baselines import recount

    return list(recount(notify))
