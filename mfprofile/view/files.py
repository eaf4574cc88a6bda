"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from mfprofile.view.tables import OutputError


def write(file: Path, text: str) -> None:
    """Write a text file, UTF-8, beside its place and then into it; raises `OutputError` where that cannot be done.

    A link is followed, so that what it leads to is replaced and not the link.
    """
    write_bytes(file, text.encode())


def write_bytes(file: Path, content: bytes) -> None:
    """Write a file's bytes as `write` does its text."""
    place = Path(os.path.realpath(file))
    beside = place.with_name(f".{place.name[:200]}.{os.getpid()}")
    try:
        with beside.open("xb") as stream:
            stream.write(content)
        beside.replace(place)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise OutputError(f"{file}: cannot be written: {error.strerror or error}") from None
