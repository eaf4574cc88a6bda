"""Progress on standard error, for work that takes longer than a second. `MFPROFILE_PROGRESS=0` turns it off."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_PATIENCE = 1.0  # seconds before the first message
_ESTIMATING = 2.0  # seconds that the first message waits for the estimate
WHAT, BEFORE = "settings of the globals", "the space is read"
_SLICES = 64  # a query is cut into about as many slices, if it has more settings
_LONG = 10.0  # seconds from which on a whole time is estimated
_LATE = 5.0  # the same where nothing is cleared: in a file or a log, short waits are not worth a line
_BETWEEN = {True: 0.1, False: 5.0}  # seconds between messages, on a terminal and elsewhere


@contextmanager
def progress_bar(
    estimate: Callable[[], str] | None = None,
    what: str = WHAT,
    before: str = BEFORE,
    at_a_time: int = 0,
) -> Iterator[Callable[[int, int], None]]:
    """Yield a function to call with the work done and the total. On a terminal it updates one line.

    `what` is what the work is counted in, and `before` what is done until the total is known. `at_a_time` is the number
    of workers, or 0: with it the whole time is estimated before the first part of the work is done.

    Between the calls a thread writes the messages, so the first one does not wait for the first part of the work.
    `estimate` returns in words how much work there is, or ''. It is called once, only if the work is long.
    """
    if sys.stderr is None or os.environ.get("MFPROFILE_PROGRESS") == "0":
        yield _ignore
        return
    bar, ended = _Bar(sys.stderr.isatty(), estimate, what, before, at_a_time), threading.Event()
    thread = threading.Thread(target=bar.run, args=(ended,), daemon=True)
    thread.start()
    try:
        yield bar.progress
        bar.is_whole = True
    finally:
        ended.set()
        thread.join()
        bar.close()


def _ignore(_done: int, _of: int) -> None:
    """Do nothing."""


class _Bar:
    """The state of a progress bar."""

    def __init__(
        self,
        on_terminal: bool,
        estimate: Callable[[], str] | None = None,
        what: str = WHAT,
        before: str = BEFORE,
        at_a_time: int = 0,
    ) -> None:
        self.on_terminal, self.what, self.before, self.at_a_time = on_terminal, what, before, at_a_time
        self.estimate = estimate
        self.estimated = ""
        self.started = self.last = time.monotonic()
        self.shown = self.is_whole = False
        self.done = self.of = 0
        self.lock = threading.Lock()

    def progress(self, done: int, of: int) -> None:
        """Set the work done and the total, and write a message if it is time."""
        with self.lock:
            self.done, self.of = done, of
            self._write_if_due()

    def run(self, ended: threading.Event) -> None:
        """Write a message whenever it is time, until the work has ended."""
        while not ended.wait(_BETWEEN[True]):
            if self.estimate is not None and time.monotonic() - self.started >= _PATIENCE:
                self._start_estimate(self.estimate)
                self.estimate = None
            with self.lock:
                self._write_if_due()

    def _start_estimate(self, estimate: Callable[[], str]) -> None:
        """Start the estimate in a thread that nothing waits for long: it can take as long as a part of the work."""

        def set_estimate() -> None:
            self.estimated = estimate()

        thread = threading.Thread(target=set_estimate, daemon=True)
        thread.start()
        thread.join(_ESTIMATING)

    def close(self) -> None:
        """Remove the line from a terminal; elsewhere, write how long the work took, if lines on it were written."""
        if self.shown and self.on_terminal:
            sys.stderr.write("\r\033[K")
        elif self.shown and self.is_whole:
            what = f"all {self.of:,} {self.what}" if self.done == self.of > 0 else "done"
            sys.stderr.write(f"{what}, {time.monotonic() - self.started:.0f} s\n")
        sys.stderr.flush()

    def _write_if_due(self) -> None:
        now = time.monotonic()
        patience = _PATIENCE if self.on_terminal else _LATE
        if self.done == self.of > 0 or now - self.last < (_BETWEEN[self.on_terminal] if self.shown else patience):
            return
        self.last, self.shown = now, True
        line = self._line(now - self.started)
        sys.stderr.write(f"\r{line}\033[K" if self.on_terminal else f"{line}\n")
        sys.stderr.flush()

    def _line(self, seconds: float) -> str:
        size = f"{self.estimated}: " if self.estimated else ""
        if not self.of:
            return f"{size}{self.before}, {seconds:.0f} s"
        line = f"{size}{self.done:,} of {self.of:,} {self.what}, "
        if not self.done:
            return f"{line}{seconds:.0f} s{self._whole_time(seconds)}"
        return f"{line}about {seconds * (self.of - self.done) / self.done:.0f} s left"

    def _whole_time(self, seconds: float) -> str:
        """Return an estimate of the least whole time, if that is long: no worker has done its first part yet."""
        if not self.at_a_time:
            return ""
        begun = self.at_a_time * max(1, -(-self.of // _SLICES))
        whole = seconds * self.of / begun
        return f"; estimate: more than {whole:.0f} s in all" if whole > max(_LONG, seconds) else ""
