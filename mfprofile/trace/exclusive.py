"""A lock for what changes the whole process, which knows the threads that its holder starts."""

from __future__ import annotations

import threading
import weakref
from types import TracebackType
from typing import Any

from mfprofile.errors import InputError


class Exclusive:
    """A lock for one thread at a time, which can take it several times. Other threads wait.

    A thread that the holder starts meanwhile, or that such a thread starts, does not wait: the holder may itself wait
    for this thread, and then neither would go on. It gets an `InputError`.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._started: weakref.WeakSet[threading.Thread] = weakref.WeakSet()
        self._start: Any = None  # `Thread.start` before the lock was taken

    def __enter__(self) -> None:
        if threading.current_thread() in self._started:
            raise InputError(
                "a thread that a network's forward starts cannot count a network; do it in the thread of the forward"
            )
        self._lock.acquire()
        self._depth += 1
        if self._depth == 1:
            self._watch(threading.current_thread())

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._depth -= 1
        if not self._depth:
            threading.Thread.start = self._start  # type: ignore[method-assign]
            self._started = weakref.WeakSet()
        self._lock.release()

    def _watch(self, holder: threading.Thread) -> None:
        """Note each thread that the holder, or a thread noted before, starts."""
        start, started = threading.Thread.start, self._started
        self._start = start

        def noting(thread: threading.Thread) -> None:
            current = threading.current_thread()
            if current is holder or current in started:
                started.add(thread)
            start(thread)

        threading.Thread.start = noting  # type: ignore[method-assign, assignment]
