"""What standard output is written to: its width, and whether it shows colours."""

from __future__ import annotations

import os
import sys

_CODES = {"bold": "1", "red": "31", "green": "32"}


def stdout_width() -> int | None:
    """Return how many columns a line may have: `COLUMNS` if it is set, else those of a terminal, else None."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        return int(columns)
    if not sys.stdout.isatty():
        return None
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or None
    except OSError:
        return None


def shows_styles() -> bool:
    """Return whether text may be bold or coloured: on a terminal, unless `NO_COLOR` is set or it is a dumb one."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def styled(text: str, style: str) -> str:
    """Return text with the codes of a style: `bold`, `red`, `green`, or none for ''."""
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if style and text else text
