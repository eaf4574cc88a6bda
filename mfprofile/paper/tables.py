"""The paper's tables, as printed: CSV files, a line a row, a Mobile-Former row tied to its spec."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mfprofile.spec.problems import InputError
from mfprofile.spec.words import nearest

_FOLDER = Path(__file__).parent / "tables"

TITLES = {
    "2": "Mobile-Former and efficient CNNs on ImageNet",
    "3": "Mobile-Former and vision transformers on ImageNet",
    "4": "RetinaNet on COCO, by backbone",
    "5": "Former, bridge and DY-ReLU",
    "6": "Kernel of Mobile's depthwise convolutions",
    "7": "Number of tokens",
    "8": "Token dimension",
    "9": "Attention and FFN",
    "11": "Hyper-parameters",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table: its model, its figures as printed by column, and our spec (empty for other networks)."""

    model: str
    spec: str
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class PaperTable:
    """One of the paper's tables."""

    number: str
    title: str
    lines: tuple[Line, ...]

    @property
    def columns(self) -> list[str]:
        """Return the names of the columns of figures."""
        return list(self.lines[0].cells)


@cache
def table(number: str) -> PaperTable:
    """Return a table by its number, as `7` or `table7`; raises `InputError` with those there are."""
    number = number.lower().removeprefix("table")
    if number not in TITLES:
        raise InputError(f"the paper's tables here are {', '.join(TITLES)}, not {number!r}{_hint(number)}")
    with (_FOLDER / f"table{number}.csv").open(encoding="utf-8", newline="") as stream:
        lines = tuple(Line(row.pop("model"), row.pop("spec"), row) for row in csv.DictReader(stream))
    return PaperTable(number, TITLES[number], lines)


def _hint(number: str) -> str:
    if number in ("1", "10"):
        return "; Tables 1 and 10 are the specs themselves: mfprofile show mf294m"
    hint = nearest(number, ["claims", "baselines"])
    return f"; {hint}" if hint else ""
