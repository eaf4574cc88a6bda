"""Every cell about cost, printed and counted."""

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
"""Cells that the conventions inferred do not meet: the 508M comes out at 508.68M and would print as 509M."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a Mobile-Former row: the figure as printed, and our exact count in a convention."""

    table: str
    model: str
    spec: str
    column: str
    printed: Printed
    counted: int
    convention: str

    @property
    def holds(self) -> bool:
        """Return whether the count would be printed as the figure is."""
        return self.printed.holds(self.counted)

    @property
    def difference(self) -> Fraction:
        """Return how much the count is above the figure, as a share of it."""
        return self.printed.difference(self.counted)

    @property
    def is_lost(self) -> bool:
        """Return whether the cell does not hold, though it is not known as one that we do not reproduce."""
        return not self.holds and (self.spec, self.column) not in NOT_REPRODUCED


@dataclass(frozen=True, slots=True)
class Standing:
    """A cell with the tables in which it stands, as the same figure of the same spec."""

    cell: Cell
    tables: tuple[str, ...]


def distinct(convention: str | None = None) -> list[Standing]:
    """Return the distinct cells of all tables, in the order of the paper, counted as `cells` does."""
    found: dict[tuple[str, str, str], list[Cell]] = {}
    for number in TITLES:
        for cell in cells(table(number), convention):
            found.setdefault((cell.spec, cell.column, cell.printed.text), []).append(cell)
    return [Standing(same[0], tuple(cell.table for cell in same)) for same in found.values()]


def cells(table: PaperTable, convention: str | None = None) -> Iterator[Cell]:
    """Yield the cells about cost of a table's Mobile-Former rows, counted in a convention.

    Without a name it is that which was inferred for the table: `paper-coco` for Table 4, else `paper`.
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
    """Return whether a column is of multiply-adds or parameters."""
    return column.endswith(("madds", "params"))


def spec_of(line: Line, column: str) -> str:
    """Return the spec whose count stands in a column, if any: Table 4's `all` is the detector's, not the backbone's."""
    if not is_cost(column):
        return ""
    return line.spec.replace("-coco", "-retinanet") if column.startswith("all_") else line.spec


def counted(spec: str, column: str, convention: str) -> int:
    """Return our count of a spec for a column: multiply-adds, or parameters of all that the convention counts."""
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
    """How many cells hold, of all and of the distinct ones (a spec's cell may stand in several tables)."""

    holding: int
    cells: int
    distinct_holding: int
    distinct: int


def score(found: Iterable[Cell]) -> Score:
    """Count the cells that hold."""
    found = list(found)
    distinct = {(cell.spec, cell.column, cell.printed.text): cell.holds for cell in found}
    return Score(sum(cell.holds for cell in found), len(found), sum(distinct.values()), len(distinct))
