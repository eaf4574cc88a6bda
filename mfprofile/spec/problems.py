"""The errors of an input: one `Problem` for each, collected into one `SpecError`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from mfprofile.errors import InputError
from mfprofile.spec.words import instead, printable, shown

MISSING: object = object()


class Mark(NamedTuple):
    """The place where something was read: a source's name and, in a file, the line and column, counted from 1."""

    source: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return self.source if self.line is None else f"{self.source}:{self.line}:{self.column}"


class Problem(NamedTuple):
    """One broken rule: its place, the key's path, the value, the rule and, if there is one, the remedy."""

    mark: Mark
    path: str
    rule: str
    value: object = MISSING
    remedy: str = ""

    def __str__(self) -> str:
        value = "" if self.value is MISSING else shown(self.value)
        about = " = ".join(part for part in (self.path, value) if part)
        text = ": ".join(part for part in (str(self.mark), about, self.rule) if part)
        return printable(f"{text}; {self.remedy}" if self.remedy else text)


def dotted(path: tuple[str | int, ...]) -> str:
    """Return a key's path as users write it: list entries count from 1.

    >>> dotted(("blocks", 7, "out"))
    'blocks.8.out'
    """
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in path)


def unknown(what: str, name: str, names: Iterable[str]) -> InputError:
    """Return the error for an unknown name, with the most similar name or the list of valid names.

    >>> str(unknown("convention", "cor", ["core", "paper"]))
    "unknown convention 'cor'; did you mean 'core'?"
    """
    return InputError(f"unknown {what} {shown(name)}; {instead(name, names)}")
