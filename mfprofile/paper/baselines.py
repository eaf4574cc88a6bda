"""The other networks in Tables 2 to 4 (baselines), and our own counts of those that can be built.

`mfprofile.verify.baselines` makes the counts, in the convention `core`. They are stored in a file, so that reading them
needs no library.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass, fields
from fractions import Fraction
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mfprofile.paper.printed import Printed, printed
from mfprofile.paper.tables import Line, table

FILE = Path(__file__).parent / "recounted.csv"
TABLES = ("2", "3", "4")
CONVENTION = "core"
DETECTION_INPUT = "800x1344"
"""The images of Table 4: 800×1333, padded to multiples of 32. With this size its Mobile-Former cells hold."""
NOT_BUILT: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("Swin-1G", "Swin-2G", "DeiT-2G"), "widths are not published"),
        "BoT-S1-50": "no library builds it",
    }
)
"""Why a baseline is not recounted."""


@dataclass(frozen=True, slots=True)
class Recount:
    """The counted cost of a baseline: its table row, the library and the call that build it, and exact amounts.

    For a network that was written from its paper, `library` is `paper` and `version` is which one. `input` is the
    image's side, or HEIGHTxWIDTH. `madds` are counted in `core`. `params` counts each tensor once.
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
    """A cost of a baseline, `params` or `madds`: the printed figure, and our count if there is one."""

    column: str
    printed: Printed
    recounted: int | None

    @property
    def holds(self) -> bool | None:
        """Return whether our count rounds to the printed figure, or None without a count."""
        return None if self.recounted is None else self.printed.holds(self.recounted)

    @property
    def difference(self) -> Fraction | None:
        """Return how much our count is above the figure, as a share of the figure, or None without a count."""
        return None if self.recounted is None else self.printed.difference(self.recounted)


@dataclass(frozen=True, slots=True)
class Baseline:
    """A table row of a baseline: its input, its two costs, and its recount if it can be built.

    In Table 4, the costs are those of the backbone.
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


def baselines(rows: tuple[Recount, ...] | None = None) -> Iterator[Baseline]:
    """Yield each baseline with its recount from `rows` (default: the stored recounts), in the order of the paper."""
    known = {(row.table, row.model, row.input): row for row in (recounts() if rows is None else rows)}
    for number in TABLES:
        for line in table(number).lines:
            if not line.spec:
                size = input_of(line)
                yield _baseline(number, line, size, known.get((number, line.model, size)))


def input_of(line: Line) -> str:
    """Return the input size for a row of Tables 2 to 4."""
    return line.cells.get("input", DETECTION_INPUT)


def _baseline(number: str, line: Line, size: str, recount: Recount | None) -> Baseline:
    part = "backbone_" if number == "4" else ""
    params = Amount("params", printed(line.cells[f"{part}params"]), recount.params if recount else None)
    madds = Amount("madds", printed(line.cells[f"{part}madds"]), recount.madds if recount else None)
    return Baseline(number, line.model, size, params, madds, recount)


@cache
def recounts() -> tuple[Recount, ...]:
    """Return the stored recounts."""
    with FILE.open(encoding="utf-8", newline="") as stream:
        texts, amounts = COLUMNS[:-2], COLUMNS[-2:]
        rows: Iterator[dict[str, Any]] = csv.DictReader(stream)
        return tuple(Recount(*(row[key] for key in texts), *(int(row[key]) for key in amounts)) for row in rows)


def recounted(number: str, model: str, size: str) -> Recount | None:
    """Return the recount of a table's row, if there is one."""
    matches = (each for each in recounts() if (each.table, each.model, each.input) == (number, model, size))
    return next(matches, None)


def csv_rows(rows: tuple[Recount, ...]) -> list[tuple[str | int, ...]]:
    """Return the lines of the file of recounts, starting with the header."""
    return [COLUMNS, *(astuple(row) for row in rows)]
