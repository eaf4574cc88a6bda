"""Read a whole file or standard input, up to a size: a device or a wrong file does not fill the memory."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path

from mfprofile.errors import InputError
from mfprofile.spec.words import EMPTY

MOST_BYTES = 256 << 20
"""The size of the largest file that is read whole: far larger than any budget, baseline or table."""


def read_bytes(file: str | Path, name: str = "") -> bytes:
    """Return the content of a file, or of standard input for `-`. Messages call it `name`, by default as it is given.

    Raises `InputError` if it cannot be read or is larger than `MOST_BYTES`.
    """
    if not str(file):
        raise InputError(f"{EMPTY}: the name of the file is empty; give a name")
    if str(file) == "-" and sys.stdin is None:
        raise InputError("<stdin>: is closed")
    name = name or str(file)
    try:
        raw = _read(file)
    except (OSError, ValueError) as error:  # a name with a NUL is a ValueError
        raise InputError(f"{name}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(raw) > MOST_BYTES:
        raise InputError(f"{name}: is larger than {MOST_BYTES >> 20} MiB")
    return raw


def csv_rows(file: str, example: str) -> list[tuple[int, list[str]]]:
    """Return the rows of a CSV, each with the number of its line: the header, then all that are not empty.

    Cells have no spaces around them. Raises `InputError` with the place if it is not CSV in UTF-8, or empty; then
    `example` says what to give.
    """
    return csv_rows_in(read_bytes(file), file, example)


def csv_rows_in(raw: bytes, file: str, example: str) -> list[tuple[int, list[str]]]:
    """Return the rows in the content of a CSV, as `csv_rows` does. Messages call it `file`."""
    try:
        text = io.TextIOWrapper(io.BytesIO(raw), "utf-8-sig").read()
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: is not UTF-8, at byte {error.start + 1}") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if any(map(str.strip, row))]
    except csv.Error as error:
        raise InputError(f"{file}:{reader.line_num}: is not CSV: {error}") from None
    if not rows:
        raise InputError(f"{file}: is empty; give {example}")
    return rows


def file_named(text: str, option: str) -> Path:
    """Return the file that an option names. Raises `InputError` for an empty name, which would be the folder."""
    if not text:
        raise InputError(f"{option} {EMPTY}: the name of the file is empty; give a name")
    return Path(text)


def _read(file: str | Path) -> bytes:
    if str(file) == "-":
        return sys.stdin.buffer.read(MOST_BYTES + 1)
    with Path(file).open("rb") as stream:
        return stream.read(MOST_BYTES + 1)
