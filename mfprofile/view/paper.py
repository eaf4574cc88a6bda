"""The paper's tables compared with our counts, and its claims, in all forms of output."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from mfprofile.cost.conventions import find_convention
from mfprofile.errors import InputError
from mfprofile.paper.baselines import CONVENTION as CORE
from mfprofile.paper.baselines import Recount
from mfprofile.paper.cells import Cell, cells, default_convention, is_cost, score
from mfprofile.paper.claims import Judgement, claims
from mfprofile.paper.tables import TITLES, Line, PaperTable, table
from mfprofile.view.baselines import baselines_text, colour
from mfprofile.view.head import SCHEMA
from mfprofile.view.numbers import grouped, human
from mfprofile.view.tables import Column, Form, Table, dumps, remarks, render, render_each

SHEETS = ("claims", "baselines")
"""The sheets that can be requested, apart from the tables."""
HEADINGS = {
    "params": "#Param",
    "madds": "MAdds",
    "backbone_madds": "backbone MAdds",
    "all_madds": "all MAdds",
    "backbone_params": "backbone #Params",
    "all_params": "all #Params",
    "top1": "top-1",
    "top5": "top-5",
    "ap": "AP",
    "ap50": "AP50",
    "ap75": "AP75",
    "aps": "AP S",
    "apm": "AP M",
    "apl": "AP L",
}


def paper_text(
    names: Sequence[str], chosen: str | None, form: Form, recounts: Sequence[Recount] | None = None
) -> tuple[str, list[Cell]]:
    """Return the named tables (all by default) in one of the four forms, and the cells that are lost.

    The name `claims` adds the claims, and `baselines` the other networks. Those are compared with `recounts`, by
    default the committed ones. Raises `InputError` for a table or a convention that does not exist.
    """
    if chosen is not None:
        find_convention(chosen)
    numbers = list(dict.fromkeys(name for name in names if name.lower() not in SHEETS))
    sheets = [name for name in SHEETS if name in {name.lower() for name in names}]
    _check_apart(numbers, sheets, chosen, form)
    tables = [table(number) for number in (numbers or ([] if names else TITLES))]
    all_cells = [cell for one in tables for name in conventions_for(one, chosen) for cell in cells(one, name)]
    lost = [
        cell for cell in all_cells if cell.convention == default_convention(table(cell.table)) and cell.is_regression
    ]
    parts = []
    if form.name == "json" and tables:
        parts.append(paper_json(all_cells))
    elif form.name == "csv" and tables:
        parts.append(render(cells_table(all_cells), form))
    elif tables:
        parts += render_each([paper_table(one, chosen, grouped if form.exact else human) for one in tables], form)
        parts += ["\n".join(remarks(summary(all_cells), form)) + "\n"] if all_cells else []
    parts += [render(claims_table(), form) if sheet == "claims" else baselines_text(form, recounts) for sheet in sheets]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts), lost


def _check_apart(numbers: Sequence[str], sheets: Sequence[str], chosen: str | None, form: Form) -> None:
    """Raise `InputError` for options that cannot be combined."""
    if sheets and not numbers and chosen is not None:
        rules = {"claims": "claims are judged in core and in paper", "baselines": f"baselines are recounted in {CORE}"}
        raise InputError(f"{rules[sheets[0]]}; remove --convention")
    if bool(numbers) + len(sheets) > 1 and form.name in ("json", "csv"):
        shapes = " and ".join([*sheets, *(["tables"] if numbers else [])])
        raise InputError(f"{shapes} have different columns; request them separately in JSON and CSV")


def conventions_for(printed_table: PaperTable, chosen: str | None) -> list[str]:
    """Return the conventions to show: the one inferred for the table, then the chosen one."""
    return list(dict.fromkeys([default_convention(printed_table), *([] if chosen is None else [chosen])]))


def paper_table(printed_table: PaperTable, chosen: str | None, write: Callable[[int], str] = human) -> Table:
    """Return a table of the paper, with each printed figure followed by our count and its difference.

    `write` is how a count is written.
    """
    names = conventions_for(printed_table, chosen)
    cell_of = {
        (cell.model, cell.column, cell.convention): cell for name in names for cell in cells(printed_table, name)
    }
    columns = [Column("model")]
    for column in printed_table.columns:
        group = HEADINGS[column] if is_cost(column) else ""
        within = "printed" if group else ""
        columns.append(Column(_heading(column), right=True, name=column, group=group, within=within))
        if is_cost(column):
            shared = Column("", right=True, joined=True, style=colour, group=group)
            columns += [
                shared._replace(heading=f"counted\n{name}", name=f"{column}.{name}", within=name.replace("-", "-\n"))
                for name in _shown(printed_table, column, names)
            ]
    data = [_line(printed_table, line, names, cell_of, write) for line in printed_table.lines]
    below = ["≠: would be printed differently"] if any(not cell.holds for cell in cell_of.values()) else []
    below += ["–: as printed, not counted"] if any(not line.spec for line in printed_table.lines) else []
    return Table(columns, data, above=[f"Table {printed_table.number}: {printed_table.title}"], below=below)


def _heading(column: str) -> str:
    return f"{HEADINGS[column]}\nprinted" if is_cost(column) else HEADINGS.get(column, column.replace("_", " "))


def _shown(printed_table: PaperTable, column: str, names: Sequence[str]) -> Sequence[str]:
    """Return the conventions of a column. Parameters are the same in all conventions, except in Table 4."""
    return names if column.endswith("madds") or printed_table.number == "4" else names[:1]


def _line(
    printed_table: PaperTable,
    line: Line,
    names: Sequence[str],
    cell_of: dict[tuple[str, str, str], Cell],
    write: Callable[[int], str],
) -> list[str | None]:
    values: list[str | None] = [line.model]
    for column, text in line.cells.items():
        values.append(text)
        if is_cost(column):
            shown = _shown(printed_table, column, names)
            values += [_counted(cell_of.get((line.model, column, name)), write) for name in shown]
    return values


def _counted(cell: Cell | None, write: Callable[[int], str]) -> str:
    """Return our count, its difference in percent, and `≠` where it would be printed differently."""
    if cell is None:
        return "–"
    return f"{'' if cell.holds else '≠ '}{write(cell.counted)} ({percent(cell.difference):+.2f} %)"


def percent(share: Fraction) -> float:
    """Return a share in percent, rounded to four decimals."""
    return round(float(100 * share), 4)


def summary(all_cells: Sequence[Cell]) -> list[str]:
    """Return the lines at the end: how many cells are within rounding, by measure and convention."""
    lines = []
    for name in dict.fromkeys(cell.convention for cell in all_cells):
        for measure, ending in (("#Param", "params"), ("MAdds", "madds")):
            result = score(cell for cell in all_cells if cell.convention == name and cell.column.endswith(ending))
            text = f"{measure} in '{name}': {result.holding} of {result.cells} cells within rounding"
            lines.append(f"{text} ({result.distinct_holding} of {result.distinct} distinct)")
    return lines


def cells_table(all_cells: Sequence[Cell]) -> Table:
    """Return a table with one record for each cell."""
    keys = ("table", "model", "spec", "column", "printed", "counted", "convention", "difference_percent", "within")
    data = [
        [
            cell.table, cell.model, cell.spec, cell.column, cell.printed.text, cell.counted, cell.convention,
            percent(cell.difference), cell.holds,
        ]
        for cell in all_cells
    ]  # fmt: skip
    return Table([Column(key.replace("_", " "), key) for key in keys], data)


def paper_json(all_cells: Sequence[Cell]) -> str:
    """Return the cells and their scores as JSON."""
    table = cells_table(all_cells)
    keys = [column.key for column in table.columns]
    records = [dict(zip(keys, row, strict=True)) for row in table.data]
    return dumps({"schema": SCHEMA, "cells": records, "summary": summary(all_cells)})


def claims_table() -> Table:
    """Return the paper's numeric claims, each judged in `core` and in `paper`."""
    columns = [
        Column("section", "section"),
        Column("what the text says", "claim", wraps=True),
        Column("printed", "printed"),
        Column("counted, core", "core", wraps=True),
        Column("holds", "core_holds", _verdict, style=_colour),
        Column("counted, paper", "paper", wraps=True),
        Column("holds", "paper_holds", _verdict, style=_colour),
    ]
    data: list[list[Any]] = []
    for claim in claims():
        core, paper = claim.judge("core"), claim.judge("paper")
        data.append(
            [claim.section, claim.summary, claim.printed, core.counted, _held(core), paper.counted, _held(paper)]
        )
    return Table(columns, data, below=[_claims_summary(data)])


def _held(judgement: Judgement) -> bool | str:
    return "–" if judgement.holds is None else judgement.holds


def _verdict(holds: bool) -> str:
    return "yes" if holds else "no"


def _colour(holds: bool | str) -> str:
    return "" if isinstance(holds, str) else "green" if holds else "red"


def _claims_summary(data: Sequence[Sequence[Any]]) -> str:
    judged = [row for row in data if row[4] != "–"]
    core, paper = (sum(row[index] is True for row in judged) for index in (4, 6))
    return f"{core} of {len(judged)} claims hold in 'core', {paper} in 'paper'"
