"""Read a whole file or standard input, up to a size: a device or a wrong file does not fill the memory."""

from __future__ import annotations

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
