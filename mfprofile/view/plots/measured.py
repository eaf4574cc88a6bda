"""The user's networks, from a CSV of names, accuracies and costs."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from mfprofile.cost.bill import count
from mfprofile.cost.tested import is_tested
from mfprofile.cost.weights import Counting
from mfprofile.errors import InputError, QuantityError
from mfprofile.spec.load import load
from mfprofile.spec.names import LATENCY
from mfprofile.spec.quantities import quantity
from mfprofile.spec.reading import csv_rows
from mfprofile.spec.sources import is_file
from mfprofile.spec.words import instead, printable, several, shown

COLUMNS = ("name", "top1", "spec", "madds", "params")
MOST = 10**18
_CLEAR = 10_000
"""From this number on, a cost without a unit is a count. It would be less in a column with the head `MAdds (M)`."""
_NUMBER = re.compile(r"[0-9]{1,3}(\.[0-9]{1,20})?", re.ASCII)
EXAMPLE = "a header 'name,top1,spec' or 'name,top1,madds', then one line for each network"


@dataclass(frozen=True, slots=True)
class Measured:
    """A network of the file: its cost and its top-1 in percent, None if unknown; `where` is file:line.

    `latency` is predicted from a spec, in nanoseconds. Its figures `are_counted` if it has a spec.
    `is_tested` says whether the error of the latency model holds for it.
    """

    where: str
    name: str
    top1: float | None
    madds: int | None
    params: int | None
    latency: int | None = None
    are_counted: bool = False
    is_tested: bool = False


def read_measured(file: str, convention: Counting) -> list[Measured]:
    """Return the networks of a CSV with columns of `COLUMNS`: a name, a spec or figures of its cost, and a top-1.

    A spec is counted in the convention. Its path may be relative to the folder of the CSV. An empty `top1` means that
    none was measured. Raises `InputError` with the file and line.
    """
    (first, header), *networks = csv_rows(file, EXAMPLE)
    header = [name.lower() for name in header]
    _check_header(f"{file}:{first}", header)
    if not networks:
        raise InputError(f"{file}: has no networks; give {EXAMPLE}")
    return _all_measured(file, header, networks, convention)


def _all_measured(
    file: str, header: list[str], rows: Iterable[tuple[int, list[str]]], convention: Counting
) -> list[Measured]:
    """Return the networks of all lines. Raise `InputError` with the message of each invalid line."""
    networks, messages = [], []
    for line, row in rows:
        try:
            networks.append(_measured(file, line, header, row, convention))
        except InputError as error:
            messages.append(str(error))
    if messages:
        raise InputError("\n".join(messages))
    return networks


def _check_header(where: str, header: list[str]) -> None:
    if len(header) == 1 and ";" in header[0]:
        raise InputError(f"{where}: cells must be separated by ',', not by ';'")
    for name in header:
        if name not in COLUMNS:
            raise InputError(f"{where}: unknown column {shown(name)}; {instead(name, COLUMNS)}")
    if len(set(header)) < len(header):
        twice = next(name for name in header if header.count(name) > 1)
        raise InputError(f"{where}: the column {twice} occurs twice; remove one")
    if "name" not in header or not {"spec", "madds", "params"} & set(header):
        raise InputError(f"{where}: the columns must be name and one of spec, madds, params; give {EXAMPLE}")


def _measured(file: str, line: int, header: list[str], row: list[str], convention: Counting) -> Measured:
    where = f"{file}:{line}"
    if len(row) != len(header):
        raise InputError(f"{where}: has {several(len(row), 'cell')} for {several(len(header), 'column')}")
    cells = {name: printable(cell) for name, cell in zip(header, row, strict=True)}
    if not cells["name"]:
        raise InputError(f"{where}: name: is empty")
    top1 = _percent(where, cells.get("top1", ""))
    if cells.get("spec"):
        return _counted(file, where, cells, top1, convention)
    madds, params = (_amount(where, name, cells.get(name, "")) for name in ("madds", "params"))
    if madds is None and params is None:
        raise InputError(f"{where}: {cells['name']} has no cost; give a spec, or madds")
    return Measured(where, cells["name"], top1, madds, params)


def _counted(file: str, where: str, cells: Mapping[str, str], top1: float | None, convention: Counting) -> Measured:
    if cells.get("madds") or cells.get("params"):
        raise InputError(f"{where}: {cells['name']} has both a spec and figures; remove one of them")
    relative = Path(file).parent / cells["spec"]
    try:
        bill = count(load(str(relative) if is_file(relative) else cells["spec"]), convention)
    except InputError as error:
        first, *more = str(error).splitlines()
        rest = f" (and {len(more)} more; 'mfprofile show' lists them)" if more else ""
        raise InputError(f"{where}: spec: {first}{rest}") from None
    latency = None if bill.device is None else bill.latency
    return Measured(where, cells["name"], top1, bill.madds, bill.counted_params, latency, True, is_tested(bill))


def _percent(where: str, text: str) -> float | None:
    if not text:
        return None
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    if not 0 <= value <= 100:
        raise InputError(f"{where}: top1: {shown(text)} must be a percentage between 0 and 100, or empty")
    if 0 < value <= 1:
        percent = f"{(Decimal(text) * 100).normalize():f}"
        raise InputError(f"{where}: top1: {shown(text)} looks like a share of 1; write it in percent: {percent}")
    return value


def _amount(where: str, name: str, text: str) -> int | None:
    if not text:
        return None
    try:
        value = quantity(text)
    except QuantityError as error:
        raise InputError(f"{where}: {name}: {shown(text)} {error.rule}") from None
    if not 1 <= value <= MOST:
        raise InputError(f"{where}: {name}: {shown(text)} must be from 1 to {MOST:,}")
    if value < _CLEAR and text.replace(".", "").replace("_", "").isdecimal():
        remedy = f"write {text.lstrip('0')}M for millions, or {value / 1000:g}k for {value:,}"
        raise InputError(f"{where}: {name}: {shown(text)} has no unit; {remedy}")
    return value


def points(networks: list[Measured], cost: str) -> Iterator[tuple[str, int, float | None]]:
    """Yield the name, cost (`madds`, `params` or `latency`) and top-1 of each network.

    Raises `InputError` for a missing cost.
    """
    for network in networks:
        amount: int | None = getattr(network, cost)
        if amount is None:
            remedy = "a spec" if cost == LATENCY else f"{cost}, or a spec"
            raise InputError(f"{network.where}: {network.name} has no {cost} to draw; give {remedy}")
        yield network.name, amount, network.top1
