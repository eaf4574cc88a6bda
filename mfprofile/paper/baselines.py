"""The networks of others in Tables 2 to 4, and what those that a library builds cost when they are counted as ours are.

The counts are of `mfprofile.verify.baselines`, in `core`; they are committed, so that reading them needs no library.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from mfprofile.paper.printed import Printed, printed
from mfprofile.paper.tables import Line, table

FILE = Path(__file__).parent / "recounted.csv"
TABLES = ("2", "3", "4")
CONVENTION = "core"
DETECTION_INPUT = "800x1344"
"""Table 4's images, 800×1333 padded to multiples of 32, on which its Mobile-Former cells hold."""
NOT_BUILT = "no library builds it"


@dataclass(frozen=True, slots=True)
class Recount:
    """What a baseline costs: the row it stands in, the library and the call that build it, and exact amounts.

    `input` is the image's side, or HEIGHTxWIDTH; `madds` are in `core`, `params` are all, each tensor once.
    """

    table: str
    model: str
    input: str
    library: str
    version: str
    recipe: str
    params: int
    madds: int


COLUMNS = tuple(field.name for field in fields(Recount))


@dataclass(frozen=True, slots=True)
class Amount:
    """A cost of a baseline, `params` or `madds`: the figure as printed, and what was recounted, if it could be."""

    column: str
    printed: Printed
    recounted: int | None

    @property
    def holds(self) -> bool | None:
        """Return whether what was recounted would be printed as the figure is; None where nothing was."""
        return None if self.recounted is None else self.printed.holds(self.recounted)

    @property
    def difference(self) -> Fraction | None:
        """Return how much what was recounted is above the figure, as a share of it."""
        return None if self.recounted is None else self.printed.difference(self.recounted)


@dataclass(frozen=True, slots=True)
class Baseline:
    """A row of another's network: its input, its two costs, and how it was recounted, if a library builds it.

    In Table 4 the costs are the backbone's.
    """

    table: str
    model: str
    input: str
    params: Amount
    madds: Amount
    recount: Recount | None

    @property
    def amounts(self) -> tuple[Amount, Amount]:
        """Return both costs."""
        return self.params, self.madds


def baselines(found: tuple[Recount, ...] | None = None) -> Iterator[Baseline]:
    """Yield each baseline in the order of the paper, beside its recount: of those committed, or of `found`."""
    known = {(each.table, each.model, each.input): each for each in (recounts() if found is None else found)}
    for number in TABLES:
        for line in table(number).lines:
            if not line.spec:
                size = input_of(line)
                yield _baseline(number, line, size, known.get((number, line.model, size)))


def input_of(line: Line) -> str:
    """Return the input that a row of Tables 2 to 4 is counted on."""
    return line.cells.get("input", DETECTION_INPUT)


def _baseline(number: str, line: Line, size: str, recount: Recount | None) -> Baseline:
    part = "backbone_" if number == "4" else ""
    params = Amount("params", printed(line.cells[f"{part}params"]), recount.params if recount else None)
    madds = Amount("madds", printed(line.cells[f"{part}madds"]), recount.madds if recount else None)
    return Baseline(number, line.model, size, params, madds, recount)


@cache
def recounts() -> tuple[Recount, ...]:
    """Return the recounts that are committed."""
    with FILE.open(encoding="utf-8", newline="") as stream:
        texts, amounts = COLUMNS[:-2], COLUMNS[-2:]
        rows: Iterator[dict[str, Any]] = csv.DictReader(stream)
        return tuple(Recount(*(row[key] for key in texts), *(int(row[key]) for key in amounts)) for row in rows)


def recounted(number: str, model: str, size: str) -> Recount | None:
    """Return the recount of a table's row, if there is one."""
    found = (each for each in recounts() if (each.table, each.model, each.input) == (number, model, size))
    return next(found, None)


def csv_rows(found: tuple[Recount, ...]) -> list[tuple[str | int, ...]]:
    """Return the lines of the file of recounts, its heading first."""
    return [COLUMNS, *(astuple(each) for each in found)]
