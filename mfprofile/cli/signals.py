"""SIGTERM and SIGHUP end the program as Ctrl-C does: workers end, and no incomplete file is left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mfprofile.signals import handled


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Raise `KeyboardInterrupt` inside the block when one of the signals arrives; the exit code is 128 + its number."""
    received: list[int] = []

    def interrupt(number: int) -> None:
        received.append(number)
        raise KeyboardInterrupt

    try:
        with handled(interrupt):
            yield
    except BaseException:
        if received:
            raise SystemExit(128 + received[0]) from None
        raise
