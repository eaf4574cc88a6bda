"""Know whether a `torch.autograd.Function` is running: torch.jit's tracing does not see the operators inside."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from threading import get_ident
from typing import Any

from torch.autograd import Function

_BASE: Any = Function.__mro__[1]
"""The class whose `apply` that of every function calls, by whatever name a network keeps it."""


class Functions:
    """The calls of a `torch.autograd.Function` that are running, in the thread that watches them."""

    def __init__(self) -> None:
        self._depth = 0

    @property
    def is_running(self) -> bool:
        """Return whether at least one call is running."""
        return self._depth > 0

    @contextlib.contextmanager
    def watch(self) -> Iterator[None]:
        """Follow the calls inside a with block; torch's class is as before at its end."""
        thread, before = get_ident(), vars(_BASE).get("apply")

        def apply(kind: Any, *args: Any, **options: Any) -> Any:
            parent: Any = super(_BASE, kind)
            step = int(get_ident() == thread)
            self._depth += step
            try:
                return parent.apply(*args, **options)
            finally:
                self._depth -= step

        _BASE.apply = classmethod(apply)
        try:
            yield
        finally:
            if before is None:
                del _BASE.apply
            else:  # a watch around this one
                _BASE.apply = before
