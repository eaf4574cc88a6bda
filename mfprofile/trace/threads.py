"""Threads that a network starts while it is traced: their operators are not recorded, and its bill would be false."""

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
    """The threads that are started while `watched`; `stray` tells that one has worked on the network's tensors.

    `ours` tells those tensors from others, with which threads may do what they like. Threads that have run before are
    not watched: what they compute is found where it comes to the network's own, by the gradients that it has.
    """

    def __init__(self, ours: Callable[[Tensor], bool]) -> None:
        self.stray: Exception | None = None
        self._ours = ours
        self._over = False
        self._local = threading.local()

    def note(self, what: str) -> None:
        """Note what was done in another thread; the first is what is told."""
        self.stray = self.stray or RuntimeError(f"{what} in another thread, whose operators cannot be followed")

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Watch threads from their first call on, in which they get a mode that sees functions of torch."""
        before = threading.getprofile()
        threading.setprofile(self._hear)
        try:
            yield
        finally:
            threading.setprofile(before)
            self._over = True

    def _hear(self, frame: FrameType, event: str, _: Any) -> None:
        """Begin with the first call that a thread runs, and end with it, or when nothing is watched any more."""
        mode: _Watch | None = getattr(self._local, "mode", None)
        if mode is None and self._over:
            sys.setprofile(None)
        elif mode is None and event == "call":
            self._local.first, self._local.mode = frame, _Watch(self._see)
            self._local.mode.__enter__()
        elif mode is not None and (self._over or (event == "return" and frame is self._local.first)):
            self._leave(mode)

    def _leave(self, mode: _Watch) -> None:
        """Have a thread leave its mode, if it has not entered another since, which is to be left first."""
        current: Any = _get_current_function_mode()  # type: ignore[no-untyped-call]
        if current is mode:
            self._local.mode = None
            mode.__exit__(None, None, None)

    def _see(self, name: str, values: Any) -> None:
        if not self._over and name != "__get__" and any(map(self._ours, tensors_in(values))):
            self.note(f"{name} is run")


class _Watch(TorchFunctionMode):
    """A mode that tells of each function of torch that a thread runs, and of what it is given."""

    def __init__(self, see: Callable[[str, Any], None]) -> None:
        super().__init__()
        self._see = see

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Run a function, and tell of it."""
        options = kwargs or {}
        self._see(str(getattr(func, "__name__", func)), (*args, *options.values()))
        return func(*args, **options)
