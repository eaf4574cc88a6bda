"""Baselines as printed and as recounted, as people and programs read them, and the file that keeps the recounts."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import groupby
from pathlib import Path

from mfprofile.paper.baselines import (
    CONVENTION,
    DETECTION_INPUT,
    FILE,
    NOT_BUILT,
    Amount,
    Baseline,
    Recount,
    baselines,
    csv_rows,
)
from mfprofile.paper.tables import TITLES
from mfprofile.view.files import write
from mfprofile.view.numbers import grouped, human
from mfprofile.view.tables import Column, Form, Table, render

_NAMES = {"params": "#Param", "madds": "MAdds"}
_DETECTION = f"; backbones without their heads, on {DETECTION_INPUT.replace('x', '×')} images"


def baselines_text(form: Form, found: Sequence[Recount] | None = None) -> str:
    """Return the baselines in one of the four forms, beside the recounts that are committed, or beside `found`."""
    rows = list(baselines(None if found is None else tuple(found)))
    if form in ("json", "csv"):
        return render(amounts_table(rows), form)
    return "\n".join(render(table, form).rstrip("\n") + "\n" for table in baselines_tables(rows))


def baselines_tables(rows: Sequence[Baseline]) -> list[Table]:
    """Return a table for each of the paper's, each printed figure followed by what was recounted."""
    tables = [_table(number, list(each)) for number, each in groupby(rows, key=lambda row: row.table)]
    return [*tables[:-1], Table(tables[-1].columns, tables[-1].data, (), tables[-1].above, _below(rows))]


def _table(number: str, rows: Sequence[Baseline]) -> Table:
    columns = [Column("model")]
    for name in _NAMES.values():
        columns += [Column(f"{name}\nprinted", right=True), Column(f"recounted\n{CONVENTION}", right=True)]
    data = [[_name(row), *_shown(row), _library(row)] for row in rows]
    heading = f"Table {number}: {TITLES[number]}{_DETECTION if number == '4' else ''}"
    return Table([*columns, Column("built by", wraps=True)], data, above=[heading])


def _name(row: Baseline) -> str:
    return row.model if row.table == "4" or row.input == "224" else f"{row.model}, {row.input}²"


def _shown(row: Baseline) -> list[str]:
    return [text for amount in row.amounts for text in (amount.printed.text, _recounted(amount))]


def _recounted(amount: Amount) -> str:
    """Return what was recounted, its difference in percent, and a mark where it would be printed otherwise."""
    if amount.recounted is None or amount.difference is None:
        return "as printed"
    mark = "" if amount.holds else "≠ "
    return f"{mark}{human(amount.recounted)} ({float(100 * amount.difference):+.2f} %)"


def _library(row: Baseline) -> str:
    return f"{row.recount.library} {row.recount.version}" if row.recount else NOT_BUILT


def _below(rows: Sequence[Baseline]) -> list[str]:
    lines = ["≠: would be printed otherwise"]
    for column, name in _NAMES.items():
        amounts = [amount for row in rows for amount in row.amounts if amount.column == column]
        judged = [amount.holds for amount in amounts if amount.holds is not None]
        text = f"{name} in '{CONVENTION}': {sum(judged)} of {len(judged)} recounted are within rounding"
        lines.append(f"{text}, {len(amounts) - len(judged)} as printed")
    return lines


def amounts_table(rows: Sequence[Baseline]) -> Table:
    """Return the amounts as records, one a line."""
    keys = (
        "table", "model", "input", "column", "printed", "recounted", "convention", "difference_percent", "within",
        "library", "version", "recipe", "reason",
    )  # fmt: skip
    data = [
        [
            row.table, row.model, row.input, amount.column, amount.printed.text, amount.recounted,
            row.recount and CONVENTION, _percent(amount.difference), amount.holds,
            *((row.recount.library, row.recount.version, row.recount.recipe) if row.recount else (None,) * 3),
            None if row.recount else NOT_BUILT,
        ]
        for row in rows
        for amount in row.amounts
    ]  # fmt: skip
    return Table([Column(key.replace("_", " "), key) for key in keys], data)


def recipes_table(found: Sequence[Recount]) -> Table:
    """Return how each baseline is built, with its exact amounts."""
    columns = [Column("table"), Column("model"), Column("input"), Column("built by")]
    columns += [Column("params", right=True), Column(f"MAdds, {CONVENTION}", right=True)]
    data = [
        [
            each.table, each.model, each.input.replace("x", "×"), f"`{each.recipe}`",
            grouped(each.params), grouped(each.madds),
        ]
        for each in found
    ]  # fmt: skip
    return Table(columns, data)


def _percent(share: Fraction | None) -> float | None:
    return None if share is None else round(float(100 * share), 4)


def recounts_csv(found: Sequence[Recount]) -> str:
    """Return the file of recounts."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(csv_rows(tuple(found)))
    return stream.getvalue()


def recount_anew(notify: Callable[[str], None]) -> list[Recount]:
    """Build and count each baseline, and keep the counts where the package is a checkout.

    `notify` is told of each, and whether they are kept. Raises `InputError` where a library is missing.
    """
    from mfprofile.verify.baselines import recount

    found = list(recount(notify))
    if (_root() / "pyproject.toml").is_file():
        write(FILE, recounts_csv(found))
        notify(f"wrote {FILE}")
    else:
        notify("not kept: only a checkout's counts are rewritten")
    return found


def _root() -> Path:
    return Path(__file__).resolve().parents[2]
