"""The paper's tables as printed, from CSV files with one line per row. Mobile-Former rows name their spec."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mfprofile.errors import InputError
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
    """A row of a table: its model, our spec (empty for other networks), and the printed figures by column."""

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
        """Return the names of the columns with figures."""
        return list(self.lines[0].cells)


@cache
def table(number: str) -> PaperTable:
    """Return a table by its number, as `7` or `table7`. Raises `InputError` with the valid numbers if unknown."""
    number = number.lower().removeprefix("table")
    if number not in TITLES:
        raise InputError(f"unknown table {number!r}; use one of {', '.join(TITLES)}{_hint(number)}")
    with (_FOLDER / f"table{number}.csv").open(encoding="utf-8", newline="") as stream:
        lines = tuple(Line(row.pop("model"), row.pop("spec"), row) for row in csv.DictReader(stream))
    return PaperTable(number, TITLES[number], lines)


def _hint(number: str) -> str:
    if number in ("1", "10"):
        return "; Tables 1 and 10 are the specs themselves, as in 'mfprofile show mf294m'"
    hint = nearest(number, ["claims", "baselines"])
    return f"; {hint}" if hint else ""
