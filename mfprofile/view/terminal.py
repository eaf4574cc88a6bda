"""What standard output and errors are written to: the width, and whether colours are shown."""

from __future__ import annotations

import os
import sys
from typing import TextIO

_CODES = {"bold": "1", "red": "31", "green": "32"}


def stdout_width() -> int | None:
    """Return how many columns a line may have: `COLUMNS` if it is set, else those of a terminal, else None."""
    return _asked_width() or _terminal_width(sys.stdout)


def message_lines(text: str) -> list[str]:
    """Return a message in lines that fit the terminal of standard error; in a file or a log, each line is as it is."""
    width = _asked_width() or _terminal_width(sys.stderr) if sys.stderr is not None and sys.stderr.isatty() else None
    if width is None:
        return text.split("\n")
    from mfprofile.view.wrapping import wrapped

    return [part for line in text.split("\n") for part in wrapped(line, width)]


def _asked_width() -> int | None:
    columns = os.environ.get("COLUMNS", "")
    return int(columns) or None if columns.isdecimal() else None


def _terminal_width(stream: TextIO) -> int | None:
    """Return the columns of a terminal, or None for a stream that is not one."""
    if not stream.isatty():
        return None
    try:
        return os.get_terminal_size(stream.fileno()).columns or None
    except OSError:
        return None


def shows_styles() -> bool:
    """Return whether text may be bold or coloured: on a terminal, unless `NO_COLOR` is set or it is a dumb one."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def styled(text: str, style: str) -> str:
    """Return text with the codes of a style: `bold`, `red`, `green`, or none for ''."""
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if style and text else text
