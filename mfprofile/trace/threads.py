"""Detect threads that work on a network's tensors during a trace: their operators are not recorded."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from types import FrameType
from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode, _get_current_function_mode

from mfprofile.trace.owners import tensors_in


class Threads:
    """The threads that start inside `watch`; `error` is set when one of them works on a tensor of the network.

    `belongs` returns whether a tensor is the network's. Threads may do anything with other tensors. Threads that were
    started earlier are not watched. What they compute has gradients, so it is detected when the network reads it.
    """

    def __init__(self, belongs: Callable[[Tensor], bool]) -> None:
        self.error: Exception | None = None
        self._belongs = belongs
        self._is_over = False
        self._local = threading.local()

    def note(self, what: str) -> None:
        """Record something that was done in another thread; only the first is kept and reported."""
        self.error = self.error or RuntimeError(f"{what} in another thread, where operators cannot be recorded")

    @contextlib.contextmanager
    def watch(self) -> Iterator[None]:
        """Watch each thread that starts inside a with block: its first call enters a mode that sees torch functions."""
        before = threading.getprofile()
        threading.setprofile(self._on_event)
        try:
            yield
        finally:
            threading.setprofile(before)
            self._is_over = True

    def _on_event(self, frame: FrameType, event: str, _: Any) -> None:
        """Enter the mode at a thread's first call, and leave it at the end of that call or of the watch."""
        mode: _WatchMode | None = getattr(self._local, "mode", None)
        if mode is None and self._is_over:
            sys.setprofile(None)
        elif mode is None and event == "call":
            self._local.first, self._local.mode = frame, _WatchMode(self._on_function)
            self._local.mode.__enter__()
        elif mode is not None and (self._is_over or (event == "return" and frame is self._local.first)):
            self._leave(mode)

    def _leave(self, mode: _WatchMode) -> None:
        """Leave the thread's mode, unless the thread has entered another mode since, which it must leave first."""
        current: Any = _get_current_function_mode()  # type: ignore[no-untyped-call]
        if current is mode:
            self._local.mode = None
            mode.__exit__(None, None, None)

    def _on_function(self, name: str, values: Any) -> None:
        if not self._is_over and name != "__get__" and any(map(self._belongs, tensors_in(values))):
            self.note(f"{name} is run")


class _WatchMode(TorchFunctionMode):
    """A mode that reports each torch function that a thread runs, with its arguments."""

    def __init__(self, on_function: Callable[[str, Any], None]) -> None:
        super().__init__()
        self._on_function = on_function

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Report a function and run it."""
        options = kwargs or {}
        self._on_function(str(getattr(func, "__name__", func)), (*args, *options.values()))
        return func(*args, **options)
