"""The signals that end a process, and how a block of code handles them."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Those of SIGTERM and SIGHUP that the system has."""


@contextmanager
def handled(handler: Callable[[int], None]) -> Iterator[None]:
    """Call a function with the number of each ending signal that arrives inside the block.

    A signal that is ignored, as with nohup, or has another handler, stays as it is. So do all of them in a thread that
    is not the main one, since only the main thread can handle signals.
    """

    def call(number: int, _: FrameType | None) -> None:
        handler(number)

    is_main = threading.current_thread() is threading.main_thread()
    changed = [each for each in ENDING if signal.getsignal(each) is signal.SIG_DFL] if is_main else []
    for each in changed:
        signal.signal(each, call)
    try:
        yield
    finally:
        for each in changed:
            signal.signal(each, signal.SIG_DFL)
