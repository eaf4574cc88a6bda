"""A user's own networks, from a CSV of names, accuracies and costs."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mfprofile.cost.counts import count
from mfprofile.spec.load import load
from mfprofile.spec.problems import InputError, SpecError, nearest
from mfprofile.spec.quantities import QuantityError, quantity

COLUMNS = ("name", "top1", "spec", "madds", "params")
EXAMPLE = "a first line 'name,top1,spec' or 'name,top1,madds', and a line a network below"


@dataclass(frozen=True, slots=True)
class Measured:
    """A network: its cost, None where it is not known, and its top-1 in percent, None where it was not measured."""

    name: str
    top1: float | None
    madds: int | None
    params: int | None


def read_measured(file: str, convention_name: str) -> list[Measured]:
    """Read networks from a CSV with the columns of `COLUMNS`: a name, then a spec or figures of its cost, and a top-1.

    A spec is counted in the convention, and found beside the file; an empty `top1` stands for none measured. Raises
    `InputError` with the file and line.
    """
    try:
        lines = Path(file).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    reader = csv.reader(lines, strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        _check_header(file, header)
        found = [_measured(file, reader.line_num, header, row, convention_name) for row in reader if any(row)]
    except csv.Error as error:
        raise InputError(f"{file}:{reader.line_num}: not CSV: {error}") from None
    if not found:
        raise InputError(f"{file}: has no network: give {EXAMPLE}")
    return found


def _check_header(file: str, header: list[str]) -> None:
    for name in header:
        if name not in COLUMNS:
            raise InputError(f"{file}:1: no column is called {name!r}; {nearest(name, COLUMNS) or _columns()}")
    if "name" not in header or not {"spec", "madds", "params"} & set(header):
        raise InputError(f"{file}:1: the columns must be name and one of spec, madds, params: give {EXAMPLE}")
    if len(set(header)) < len(header):
        raise InputError(f"{file}:1: a column is given twice")


def _columns() -> str:
    return "there are " + ", ".join(COLUMNS)


def _measured(file: str, line: int, header: list[str], row: list[str], convention_name: str) -> Measured:
    if len(row) != len(header):
        raise InputError(f"{file}:{line}: has {len(row)} cells under {len(header)} columns")
    cells = {name: cell.strip() for name, cell in zip(header, row, strict=True)}
    where = f"{file}:{line}"
    if not cells["name"]:
        raise InputError(f"{where}: name: is empty")
    top1 = _percent(where, cells.get("top1", ""))
    if cells.get("spec"):
        return _counted(file, where, cells, top1, convention_name)
    madds, params = (_amount(where, name, cells.get(name, "")) for name in ("madds", "params"))
    if madds is None and params is None:
        raise InputError(f"{where}: {cells['name']} has no cost: give a spec, or madds")
    return Measured(cells["name"], top1, madds, params)


def _counted(file: str, where: str, cells: Mapping[str, str], top1: float | None, convention_name: str) -> Measured:
    if cells.get("madds") or cells.get("params"):
        raise InputError(f"{where}: {cells['name']} has a spec and figures as well: its spec is counted, give one")
    beside = Path(file).parent / cells["spec"]
    try:
        bill = count(load(str(beside) if beside.is_file() else cells["spec"]), convention_name)
    except SpecError as error:
        raise InputError(f"{where}: spec: {error}") from None
    except InputError as error:
        raise InputError(f"{where}: spec: {error}") from None
    return Measured(cells["name"], top1, bill.madds, bill.counted_params)


def _percent(where: str, text: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 100:
        raise InputError(f"{where}: top1: {text!r} must be a percentage between 0 and 100, or empty")
    return value


def _amount(where: str, name: str, text: str) -> int | None:
    if not text:
        return None
    try:
        value = quantity(int(text) if text.isdecimal() else text)
    except QuantityError as error:
        raise InputError(f"{where}: {name}: {text!r} {error.rule}") from None
    if value < 1:
        raise InputError(f"{where}: {name}: {text!r} must be 1 or more")
    return value


def points(networks: list[Measured], cost: str) -> Iterator[tuple[str, int, float | None]]:
    """Yield name, cost and top-1 of each network whose `madds` or `params` is known."""
    for network in networks:
        amount = network.madds if cost == "madds" else network.params
        if amount is not None:
            yield network.name, amount, network.top1
