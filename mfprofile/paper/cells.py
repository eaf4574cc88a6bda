"""The cells of the paper's tables that show a cost, as printed and as counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from mfprofile.cost.bill import Bill, count
from mfprofile.paper.printed import Printed, printed
from mfprofile.paper.tables import TITLES, Line, PaperTable, table
from mfprofile.spec.load import load

IMAGENET, COCO = "paper", "paper-coco"

NOT_REPRODUCED = frozenset({("mf508m", "madds")})
"""Cells that the inferred conventions do not match: the 508M counts 508.68M, which would be printed as 509M."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a Mobile-Former row: the printed figure, and our exact count in a convention."""

    table: str
    model: str
    spec: str
    column: str
    printed: Printed
    counted: int
    convention: str

    @property
    def holds(self) -> bool:
        """Return whether the count rounds to the printed figure."""
        return self.printed.holds(self.counted)

    @property
    def difference(self) -> Fraction:
        """Return how much the count is above the figure, as a share of the figure."""
        return self.printed.difference(self.counted)

    @property
    def is_regression(self) -> bool:
        """Return whether the cell does not hold and is not one of the known exceptions in `NOT_REPRODUCED`."""
        return not self.holds and (self.spec, self.column) not in NOT_REPRODUCED


@dataclass(frozen=True, slots=True)
class SharedCell:
    """A cell, and the tables that print the same figure for the same spec."""

    cell: Cell
    tables: tuple[str, ...]


def distinct(convention: str | None = None) -> list[SharedCell]:
    """Return the distinct cells of all tables, in the order of the paper, counted as in `cells`."""
    groups: dict[tuple[str, str, str], list[Cell]] = {}
    for number in TITLES:
        for cell in cells(table(number), convention):
            groups.setdefault((cell.spec, cell.column, cell.printed.text), []).append(cell)
    return [SharedCell(group[0], tuple(cell.table for cell in group)) for group in groups.values()]


def cells(table: PaperTable, convention: str | None = None) -> Iterator[Cell]:
    """Yield the cost cells of a table's Mobile-Former rows, counted in a convention.

    The default is the convention inferred for the table: `paper-coco` for Table 4, else `paper`.
    """
    name = convention or default_convention(table)
    for line in table.lines:
        for column, text in line.cells.items():
            spec = spec_of(line, column)
            if spec:
                yield Cell(
                    table.number, line.model, line.spec, column, printed(text), counted(spec, column, name), name
                )


def default_convention(table: PaperTable) -> str:
    """Return the convention inferred for a table."""
    return COCO if table.number == "4" else IMAGENET


def is_cost(column: str) -> bool:
    """Return whether a column shows multiply-adds or parameters."""
    return column.endswith(("madds", "params"))


def spec_of(line: Line, column: str) -> str:
    """Return the spec that a column shows the cost of, or ''. In Table 4, the `all` columns show the whole detector."""
    if not is_cost(column):
        return ""
    return line.spec.replace("-coco", "-retinanet") if column.startswith("all_") else line.spec


def counted(spec: str, column: str, convention: str) -> int:
    """Return our count of a spec for a column: its multiply-adds, or the parameters that the convention counts."""
    bill = bill_of(spec, convention)
    if column.endswith("madds"):
        return int(bill.madds)
    return int(bill.counted_params)


@cache
def bill_of(spec: str, convention: str) -> Bill:
    """Return the bill of a shipped spec."""
    return count(load(spec), convention)


@dataclass(frozen=True, slots=True)
class Score:
    """The number of cells that hold, among all cells and among distinct cells (several tables may print one cell)."""

    holding: int
    cells: int
    distinct_holding: int
    distinct: int


def score(cells: Iterable[Cell]) -> Score:
    """Return how many of the cells hold."""
    cells = list(cells)
    distinct = {(cell.spec, cell.column, cell.printed.text): cell.holds for cell in cells}
    return Score(sum(cell.holds for cell in cells), len(cells), sum(distinct.values()), len(distinct))
