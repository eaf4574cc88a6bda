"""The errors of an input: one `Problem` for each, collected into one `SpecError`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from mfprofile.errors import InputError
from mfprofile.spec.words import instead, printable, shown

MISSING: object = object()
_NUMBERS = re.compile("use [0-9]+( or [0-9]+)?")


class Mark(NamedTuple):
    """The place where something was read: a source's name and, in a file, the line and column, counted from 1.

    `layer` is 0 in the file that was asked for, -1 in the file that it extends, and so on; settings are 1, 2… in their
    order. A higher layer was applied later.
    """

    source: str
    line: int | None = None
    column: int | None = None
    layer: int = 0

    def __str__(self) -> str:
        return self.source if self.line is None else f"{self.source}:{self.line}:{self.column}"


class Cause(NamedTuple):
    """The key that broke a rule about an earlier key: its path and value, and the place of the earlier key."""

    path: str
    value: object
    earlier: str

    def explained(self, mark: Mark, about: str) -> str:
        """Return the text before the rule: the cause, unless the mark shows it, then the earlier key and its place."""
        cause = "" if f"{self.path}=" in mark.source else f"{self.path} = {shown(self.value)}"
        where = self.earlier or ("the default" if " = " in about else "")
        return ": ".join(part for part in (cause, f"{about} ({where})" if where else about) if part)

    def remedy(self, remedy: str, path: str) -> str:
        """Return a remedy that names the earlier key, because another key is named before it."""
        if remedy == "remove it":
            return f"remove it with '{path.rpartition('.')[2]}: none'"
        return f"{remedy} for {path}" if _NUMBERS.fullmatch(remedy) else remedy


class Problem(NamedTuple):
    """One broken rule: its place, the key's path, the value, the rule and, if there is one, the remedy.

    If another key of a later file or setting broke the rule, it is the `cause`, and the place is that of the cause.
    """

    mark: Mark
    path: str
    rule: str
    value: object = MISSING
    remedy: str = ""
    cause: Cause | None = None

    def __str__(self) -> str:
        value = "" if self.value is MISSING else shown(self.value)
        about = " = ".join(part for part in (self.path, value) if part)
        remedy = self.remedy
        if self.cause is not None:
            about, remedy = self.cause.explained(self.mark, about), self.cause.remedy(remedy, self.path)
        text = ": ".join(part for part in (str(self.mark), about, self.rule) if part)
        return printable(f"{text}; {remedy}" if remedy else text)


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
