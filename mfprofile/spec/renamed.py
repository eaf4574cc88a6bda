"""Renamed parameters: the old name works for one more release, with a warning."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def renamed(**names: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Return a decorator that accepts old parameter names with a `FutureWarning`, as in `renamed(old="new")`.

    >>> import warnings
    >>> @renamed(colour="color")
    ... def paint(color): return color
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     paint(colour="red"), str(caught[0].message)
    ('red', 'paint(colour=…) is now color=…; the old name will not work in the next release')
    """

    def decorated(function: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(function)
        def called(*args: P.args, **kwargs: P.kwargs) -> T:
            for old in kwargs.keys() & names.keys():
                if names[old] in kwargs:
                    raise TypeError(f"{function.__name__}() got {old}=… and {names[old]}=…, its new name; remove {old}")
                text = f"{function.__name__}({old}=…) is now {names[old]}=…"
                warnings.warn(f"{text}; the old name will not work in the next release", FutureWarning, stacklevel=2)
                kwargs[names[old]] = kwargs.pop(old)
            return function(*args, **kwargs)

        return called

    return decorated
