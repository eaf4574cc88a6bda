"""Whether files that can run code when they are loaded are trusted. They are not, except inside `trusted`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

_TRUSTED: ContextVar[bool] = ContextVar("trusted files", default=False)


@contextlib.contextmanager
def trusted(are_trusted: bool = True) -> Iterator[None]:
    """Load model files inside a with block even if that can run code of the file: TorchScript, pickles, `.pt2`."""
    token = _TRUSTED.set(are_trusted)
    try:
        yield
    finally:
        _TRUSTED.reset(token)


def are_trusted() -> bool:
    """Return whether files that can run code may be loaded now."""
    return _TRUSTED.get()
