"""What is wrong with an input: one `Problem` each, gathered into one `SpecError`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mfprofile.spec.words import instead, printable, shown

MISSING: object = object()
MOST_PROBLEMS = 100


class Mark(NamedTuple):
    """Where something was read: a source's name and, in a file, line and column, both from 1."""

    source: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return self.source if self.line is None else f"{self.source}:{self.line}:{self.column}"


class Problem(NamedTuple):
    """One broken rule: where it stands, the key's path, its value, the rule and, where there is one, the remedy."""

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


class InputError(ValueError):
    """What the user gave cannot be used; the text is the whole message."""


class SpecError(InputError):
    """A spec that breaks rules: `problems` has them, the text one line for each, up to `MOST_PROBLEMS`."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        lines = [str(problem) for problem in self.problems[:MOST_PROBLEMS]]
        super().__init__("\n".join([*lines, "… and more"] if len(self.problems) > MOST_PROBLEMS else lines))


def dotted(path: tuple[str | int, ...]) -> str:
    """Return a key's path as users write it: entries of lists count from 1.

    >>> dotted(("blocks", 7, "out"))
    'blocks.8.out'
    """
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in path)


def unknown(what: str, name: str, names: Iterable[str]) -> InputError:
    """Return the error for a name that does not exist, with the most similar name or all that exist.

    >>> str(unknown("convention", "cor", ["core", "paper"]))
    "unknown convention 'cor'; did you mean 'core'?"
    """
    return InputError(f"unknown {what} {shown(name)}; {instead(name, names)}")
