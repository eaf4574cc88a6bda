"""Progress on standard error, for work that takes longer than a second. `MFPROFILE_PROGRESS=0` turns it off."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_PATIENCE = 1.0  # seconds before the first message
_BETWEEN = {True: 0.1, False: 5.0}  # seconds between messages, on a terminal and elsewhere


@contextmanager
def progress_bar() -> Iterator[Callable[[int, int], None]]:
    """Yield a function to call with the work done and the total. On a terminal it updates one line."""
    started = last = time.monotonic()
    silent = sys.stderr is None or os.environ.get("MFPROFILE_PROGRESS") == "0"
    on_terminal = not silent and sys.stderr.isatty()
    shown = False

    def progress(done: int, of: int) -> None:
        nonlocal last, shown
        now = time.monotonic()
        if silent or done == of or now - last < (_BETWEEN[on_terminal] if shown else _PATIENCE):
            return
        last, shown = now, True
        left = (now - started) * (of - done) / done
        line = f"{done:,} of {of:,} settings of the globals, about {left:.0f} s left"
        sys.stderr.write(f"\r{line}\033[K" if on_terminal else f"{line}\n")
        sys.stderr.flush()

    try:
        yield progress
    finally:
        if shown and on_terminal:
            sys.stderr.write("\r\033[K")
