"""`[tool.mfprofile.targets]` of a pyproject.toml: the inputs and the arguments of networks in code.

[tool.mfprofile.targets."net.py:Net"]
input = ["3x64x64"]
arg = ["width=32"]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

KEYS = ("input", "arg")
EXAMPLE = 'as in \'{input = ["3x224x224"], arg = ["width=32"]}\''

Refuse = Callable[[Sequence[str], str, object], None]
"""A function that reports what is wrong with the value at a path below the table of a target."""


@dataclass(frozen=True, slots=True)
class CodeOptions:
    """Texts as of `--input` and `--arg`, each with the place where it is given."""

    inputs: Mapping[str, str]
    arguments: Mapping[str, str]

    def changed_by(self, later: CodeOptions) -> CodeOptions:
        """Return the options with those of a later table: its inputs in place of these, its arguments by their keys."""
        keys = {_key(text) for text in later.arguments}
        kept = {text: place for text, place in self.arguments.items() if _key(text) not in keys}
        return CodeOptions(later.inputs or self.inputs, {**kept, **later.arguments})

    def arguments_with(self, given: Sequence[str]) -> list[str]:
        """Return the arguments, with those that are given on the command line in place of those of the same key."""
        keys = {_key(text) for text in given}
        return [*(text for text in self.arguments if _key(text) not in keys), *given]


NO_OPTIONS = CodeOptions({}, {})


def _key(argument: str) -> str:
    return argument.partition("=")[0].strip()


def read_options(table: object, place: Callable[[str], str], refuse: Refuse) -> CodeOptions:
    """Return the options of a target's table. `place` returns where a key is; `refuse` gets what is wrong."""
    if not isinstance(table, dict):
        refuse((), f"must be a table of 'input' and 'arg', {EXAMPLE}", table)
        return NO_OPTIONS
    for key in table:
        if key not in KEYS:
            refuse((key,), f"unknown key; use input or arg, {EXAMPLE}", None)
    texts = {key: dict.fromkeys(_texts(key, table.get(key, []), refuse), place(key)) for key in KEYS}
    return CodeOptions(texts["input"], texts["arg"])


def _texts(key: str, value: object, refuse: Refuse) -> Iterator[str]:
    """Yield the texts of a key: a string, or a list of strings."""
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        refuse((key,), f"must be a list of strings, {EXAMPLE}", value)
        return
    for text in texts:
        if key == "arg" and not ("=" in text and _key(text).isidentifier()):
            refuse((key,), 'must be KEY=VALUE, as in arg = ["width=32"]', text)
        else:
            yield text
