"""What is wrong with an input: one `Problem` each, gathered into one `SpecError`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MISSING: object = object()
MOST_PROBLEMS = 100


@dataclass(frozen=True, slots=True)
class Mark:
    """Where something was read: a source's name and, in a file, line and column, both from 1."""

    source: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return self.source if self.line is None else f"{self.source}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
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


def shown(value: object, limit: int = 60) -> str:
    """Return a value as it would stand in YAML, cut to `limit` characters and free of control characters.

    >>> shown(True), shown("yes"), shown({"a": 1})
    ('true', "'yes'", '{a: 1}')
    """
    text = printable(_flow(value, depth=3))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def printable(text: str) -> str:
    """Return the text with each control character, line ends too, shown as `�`."""
    return text if text.isprintable() else "".join(letter if letter.isprintable() else "�" for letter in text)


def in_one_line(text: str, limit: int = 300) -> str:
    r"""Return a text of several lines as one, cut to `limit` characters.

    >>> in_one_line("no shape:\n    (3,)", 12)
    'no shape: (…'
    """
    line = printable(" ".join(text.split()))
    return line if len(line) <= limit else line[: limit - 1] + "…"


def told(error: BaseException) -> str:
    r"""Return what was raised in one line: its type and, as far as it can say it, why.

    >>> told(ValueError("no shape:\n  (3,)")), told(MemoryError())
    ('ValueError: no shape: (3,)', 'MemoryError')
    """
    try:
        why = str(error)
    except Exception:  # whoever writes an exception may err in its words
        why = ""
    return in_one_line(f"{type(error).__name__}: {why}").removesuffix(":")


def _flow(value: object, depth: int) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, dict | list) and not depth:
        return "…"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(item, depth - 1)}" for key, item in list(value.items())[:20]) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(item, depth - 1) for item in value[:20]) + "]"
    return repr(value) if isinstance(value, str) else str(value)[:200]


def dotted(path: tuple[str | int, ...]) -> str:
    """Return a key's path as users write it: entries of lists count from 1.

    >>> dotted(("blocks", 7, "out"))
    'blocks.8.out'
    """
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in path)


def nearest(word: str, words: Sequence[str]) -> str:
    """Return the remedy "did you mean '…'?" with the most alike of `words`, or the empty string if none is like it.

    >>> nearest("stm", ["stem", "head"])
    "did you mean 'stem'?"
    """
    import difflib

    found = difflib.get_close_matches(word.lower(), words, n=1, cutoff=0.6)
    return f"did you mean '{found[0]}'?" if found else ""
