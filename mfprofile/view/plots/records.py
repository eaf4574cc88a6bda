"""What `explore sample`, `list`, `best`, `front` and `search` print, read again: a record for each variant or trial."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from mfprofile.cost.device_file import json_in, label_of
from mfprofile.errors import InputError
from mfprofile.spec.reading import csv_rows_in, read_bytes
from mfprofile.spec.words import instead, printable, several, shown

_OUTPUT = "the output of 'mfprofile explore sample', 'list', 'best', 'front' or 'search' with --json or --csv"
REMEDY = f"use {_OUTPUT}"
MOST = 100_000
"""The most variants that a picture can have."""
Value: TypeAlias = float | int | str
_NUMBER = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?(e[+-]?[0-9]{1,3})?", re.ASCII | re.IGNORECASE)
_COUNTED = ("madds", "params", "latency")


@dataclass(frozen=True, slots=True)
class Records:
    """Variants or trials of a file: for each, its number and its figures and choices by name.

    `label` is what messages call the file. `goals` are those of a search, true if the most is best. `convention` is ""
    if the file does not say it.
    """

    label: str
    rows: Sequence[tuple[int, Mapping[str, Value]]]
    goals: Mapping[str, bool]
    convention: str = ""
    space: str = ""

    @property
    def names(self) -> list[str]:
        """Return the names of all figures and choices."""
        return list(dict.fromkeys(name for _, row in self.rows for name in row))

    def check(self, name: str, option: str) -> None:
        """Raise `InputError` for a figure or choice that no variant of the file has."""
        if name not in self.names:
            raise InputError(f"{option} {shown(name)}: {self.label} does not have it; {instead(name, self.names)}")

    def number(self, at: int, name: str) -> float | int | None:
        """Return a figure of a row, None if it is missing or is not a number."""
        value = self.rows[at][1].get(name)
        return None if value is None or isinstance(value, str) else value


def read_records(file: str) -> Records:
    """Return the variants or trials in a file, JSON or CSV, or on standard input for `-`. Raises `InputError`."""
    raw, label = read_bytes(file), label_of(file)
    is_json = raw.lstrip()[:1] in (b"[", b"{")
    records = _from_json(json_in(raw, label, REMEDY), label) if is_json else _from_csv(raw, label)
    if not records.rows:
        raise InputError(f"{label}: has no variants; {REMEDY}")
    if len(records.rows) > MOST:
        raise InputError(f"{label}: {several(len(records.rows), 'variant')} are too many for a picture; draw a sample")
    return records


def _from_json(document: Any, label: str) -> Records:
    search = document if isinstance(document, dict) else {}
    entries = search.get("trials") if search else document
    if not isinstance(entries, list) or not all(isinstance(each, dict) and "madds" in each for each in entries):
        raise InputError(f"{label}: does not have variants; {REMEDY}")
    rows = [(_numbered(each, at), dict(_flat(each))) for at, each in enumerate(entries, 1)]
    conventions = {str(each.get("convention", "")) for each in [search, *entries]} - {""}
    goals = search.get("goals")
    ways = {str(name): way == "maximize" for name, way in goals.items()} if isinstance(goals, dict) else {}
    convention = conventions.pop() if len(conventions) == 1 else ""
    return Records(label, rows, ways, printable(convention), printable(str(search.get("space", ""))))


def _numbered(entry: Mapping[str, Any], at: int) -> int:
    number = entry.get("number")
    return number if isinstance(number, int) else at


def _flat(entry: Mapping[str, Any]) -> Iterator[tuple[str, Value]]:
    """Yield the figures and choices of a variant: sums, those of pillars, measured means, results and choices."""
    pillars = {
        f"{pillar}.{name}": figure
        for pillar, figures in _mapping(entry.get("pillars")).items()
        for name, figure in _mapping(figures).items()
    }
    measured = {name: _mapping(each).get("mean") for name, each in _mapping(entry.get("measured")).items()}
    counted = {name: entry.get(name) for name in (*_COUNTED, "state", "content")}
    parts = (counted, pillars, _mapping(entry.get("quantities")), measured, _mapping(entry.get("values")))
    for name, value in (pair for part in (*parts, _mapping(entry.get("choices"))) for pair in part.items()):
        if isinstance(value, bool | str):
            yield str(name), printable(str(value).lower() if isinstance(value, bool) else value)
        elif isinstance(value, int | float) and math.isfinite(value):
            yield str(name), value


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _from_csv(raw: bytes, label: str) -> Records:
    (first, header), *lines = csv_rows_in(raw, label, _OUTPUT)
    if "madds" not in header:
        raise InputError(f"{label}:{first}: does not have a column madds; {REMEDY}")
    rows = []
    for at, (line, cells) in enumerate(lines, 1):
        if len(cells) != len(header):
            raise InputError(f"{label}:{line}: has {several(len(cells), 'cell')} for {several(len(header), 'column')}")
        row = {name: _cell(cell) for name, cell in zip(header, cells, strict=True) if cell}
        number = row.pop("number", at)
        rows.append((number if isinstance(number, int) else at, row))
    return Records(label, rows, {})


def _cell(text: str) -> Value:
    """Return a cell as a number, if it is one.

    >>> _cell("286732160"), _cell("0.75"), _cell("mf-down")
    (286732160, 0.75, 'mf-down')
    """
    if not _NUMBER.fullmatch(text):
        return printable(text.lower() if text in ("True", "False") else text)
    return int(text) if text.lstrip("-").isdecimal() else float(text)
