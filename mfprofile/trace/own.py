"""A user's own formulas for operators: the decorator `handle`, and which formulas apply.

A formula is registered in the current context (`contextvars`): in a script it applies to every trace after it, in the
same thread. Inside `own_formulas`, formulas apply only until its end; a command is such a block. This file does not
import torch.
"""

from __future__ import annotations

import contextlib
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from mfprofile.errors import InputError
from mfprofile.spec.sources import as_typed
from mfprofile.spec.words import printable

F = TypeVar("F", bound=Callable[..., Any])
_NAME = re.compile(r"\w+::\w+(\.\w+)?", re.ASCII)
_FORM = 'write @handle("namespace::operator") above a function, for example @handle("mylib::attend")'


@dataclass(frozen=True, slots=True)
class Formula:
    """A function that says what an operator costs, and the file and line where it is defined."""

    operator: str
    function: Callable[..., Any]
    file: str
    line: int

    @property
    def place(self) -> str:
        """Return the place as `file.py:LINE`, relative to the current folder if the file is inside it."""
        return f"{as_typed(Path(self.file))}:{self.line}" if self.line else self.file


_FORMULAS: ContextVar[Mapping[str, Formula]] = ContextVar("own formulas", default=MappingProxyType({}))
"""The formulas that apply, by the operator's name. Each registration sets a new mapping."""


def handle(operator: str) -> Callable[[F], F]:
    """Register a formula for an operator of torch, and return the function as it is.

    `operator` is `namespace::name`, for all overloads, or `namespace::name.overload` for one of them. The function is
    called as `f(out, *args, **kwargs)` each time the operator runs: with what it put out, and with its arguments, which
    may be meta tensors. It returns the multiply-adds as a whole number, a `cost.ops.Cost`, or None if there is nothing
    to count. The formula comes before any rule of mfprofile and before torch's registry. Raises `InputError` for a
    name of another form, and for an operator that has a formula already, unless it is registered again at the same
    place or interactively.
    """
    if not isinstance(operator, str) or not _NAME.fullmatch(operator):
        what = printable(repr(operator)) if isinstance(operator, str) else "it"
        raise InputError(f"handle: {what} is not the name of an operator; {_FORM}")

    def register(function: F) -> F:
        if not callable(function):
            raise InputError(f"handle({operator!r}): {type(function).__name__} is not a function; {_FORM}")
        formula, known = formula_of(operator, function), formulas().get(operator)
        if known is not None and known.place != formula.place and not _is_interactive(function):
            raise InputError(f"{formula.place}: {operator} has a formula already, at {known.place}; remove one of them")
        _FORMULAS.set(MappingProxyType({**formulas(), operator: formula}))
        return function

    return register


def formulas() -> Mapping[str, Formula]:
    """Return the formulas that apply now, by the operator's name."""
    return _FORMULAS.get()


@contextlib.contextmanager
def own_formulas() -> Iterator[None]:
    """Forget at the end of a with block the formulas that are registered inside it."""
    token = _FORMULAS.set(formulas())
    try:
        yield
    finally:
        _FORMULAS.reset(token)


@contextlib.contextmanager
def no_formulas() -> Iterator[None]:
    """Let no formula apply inside a with block."""
    token = _FORMULAS.set(MappingProxyType({}))
    try:
        yield
    finally:
        _FORMULAS.reset(token)


def formula_of(operator: str, function: Callable[..., Any]) -> Formula:
    """Return a function as the formula of an operator, with the place where the function is defined."""
    inner: Any = function.func if isinstance(function, partial) else function
    inner = inspect.unwrap(inner)
    code = getattr(inner, "__code__", None) or getattr(type(inner).__call__, "__code__", None)
    if code is None:
        return Formula(operator, function, type(inner).__name__, 0)
    return Formula(operator, function, str(code.co_filename), int(code.co_firstlineno))


def _is_interactive(function: Callable[..., Any]) -> bool:
    """Return whether a function is of the main program, where a cell of a notebook can run again."""
    return getattr(function, "__module__", "") == "__main__"
