"""Writing of files, completely or not at all."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from mfprofile.errors import OutputError


def write(file: Path, text: str) -> None:
    """Write a text file as UTF-8: first to a temporary file next to it, which then replaces it.

    A link is followed: its target is replaced, not the link. Raises `OutputError` if the file cannot be written.
    """
    write_bytes(file, text.encode())


def write_bytes(file: Path, content: bytes) -> None:
    """Write a file of bytes in the same way as `write`."""
    place = Path(os.path.realpath(file))
    temporary = place.with_name(f".{place.name[:200]}.{os.getpid()}")
    try:
        with temporary.open("xb") as stream:
            stream.write(content)
        temporary.replace(place)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise OutputError(f"{file}: cannot be written: {error.strerror or error}") from None
