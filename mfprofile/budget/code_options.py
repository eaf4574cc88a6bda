"""The options of a network in code, from the command line and from `[tool.mfprofile.targets]` of a pyproject.toml.

[tool.mfprofile.targets."net.py:Net"]
input = ["3x64x64"]
arg = ["width=32"]
batch = 8
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, NamedTuple

from mfprofile.errors import InputError
from mfprofile.spec.words import instead

KEYS = ("input", "arg", "inputs", "value", "batch", "no-batch")
EXAMPLE = 'as in \'{input = ["3x224x224"], arg = ["width=32"]}\''
_PAIRS: Mapping[str, str] = MappingProxyType({"arg": 'KEY=VALUE, as in arg = ["width=32"]', "value": "NAME=YAML"})

Refuse = Callable[[Sequence[str], str, object], None]
"""A function that reports what is wrong with the value at a path below the table of a target."""


class Given(NamedTuple):
    """A value of an option, and where it is given: the option's name, or a place in a file."""

    value: Any
    place: str

    def __str__(self) -> str:
        return self.place if self.value is True else f"{self.place} {self.value}"


@dataclass(frozen=True, slots=True)
class CodeOptions:
    """What `--input`, `--arg`, `--inputs` (`fill`), `--value`, `--batch` and `--no-batch` give."""

    inputs: Sequence[Given] = ()
    arguments: Sequence[Given] = ()
    fill: Given | None = None
    values: Sequence[Given] = ()
    batch: Given | None = None
    no_batch: Given | None = None

    @property
    def function(self) -> Given | None:
        """Return what names a function that returns the arguments of forward, or None."""
        return self.fill if self.fill is not None and ":" in self.fill.value else None

    def changed_by(self, later: CodeOptions) -> CodeOptions:
        """Return the options with later ones: inputs and batch replace these, arguments and values those of their keys.

        Inputs are shapes, or a function that returns them with their batch: each replaces the other.
        """
        kept = self
        if later.function is not None:
            kept = replace(self, inputs=(), batch=None, no_batch=None)
        elif later.inputs and self.function is not None:
            kept = replace(self, fill=None)
        batches = later if later.batch is not None or later.no_batch is not None else kept
        return CodeOptions(
            later.inputs or kept.inputs,
            _changed(kept.arguments, later.arguments),
            later.fill or kept.fill,
            _changed(kept.values, later.values),
            batches.batch,
            batches.no_batch,
        )

    def check(self) -> CodeOptions:
        """Return the options. Raise `InputError` for some that cannot be combined."""
        if self.batch is not None and self.no_batch is not None:
            raise InputError(f"{self.batch.place} and {self.no_batch.place} cannot be combined; use one of them")
        for given in (*self.inputs, self.batch, self.no_batch):
            if self.function is not None and given is not None:
                raise InputError(
                    f"{given} cannot be combined with {self.function}, which returns the arguments of forward as they "
                    f"are; remove one of them"
                )
        return self

    def anchored(self, message: str) -> str:
        """Return a message about the text of an option with the place where the text is given."""
        named = {"--input": self.inputs, "--arg": self.arguments, "--value": self.values, "--inputs": [self.fill]}
        for option, texts in named.items():
            for given in texts:
                if given is not None and message.startswith(f"{option} {given.value}:"):
                    return message.replace(option, given.place, 1)
        return message


NO_OPTIONS = CodeOptions()


def _changed(earlier: Sequence[Given], later: Sequence[Given]) -> Sequence[Given]:
    """Return pairs of key and value, with later ones in place of those of the same key."""
    keys = {_key(given.value) for given in later}
    return (*(given for given in earlier if _key(given.value) not in keys), *later)


def _key(argument: str) -> str:
    return argument.partition("=")[0].strip()


def read_options(table: object, place: Callable[[str], str], refuse: Refuse) -> CodeOptions:
    """Return the options of a target's table. `place` returns where a key is; `refuse` gets what is wrong."""
    if not isinstance(table, dict):
        refuse((), f"must be a table of 'input' and 'arg', {EXAMPLE}", table)
        return NO_OPTIONS
    for key in table:
        if key not in KEYS:
            hint = instead(key, KEYS)
            refuse((key,), f"unknown key; {hint}{'' if hint.endswith('?') else f', {EXAMPLE}'}", None)
    texts = {
        key: [Given(text, place(key)) for text in _texts(key, table.get(key, []), refuse)]
        for key in ("input", "arg", "value")
    }
    single = {key: Given(table[key], place(key)) for key in KEYS if key in table and _is_valid(key, table[key], refuse)}
    no_batch = single.get("no-batch")
    return CodeOptions(
        texts["input"],
        texts["arg"],
        single.get("inputs"),
        texts["value"],
        single.get("batch"),
        no_batch if no_batch is not None and no_batch.value else None,
    )


def _is_valid(key: str, value: object, refuse: Refuse) -> bool:
    """Return whether a value is that of a key with one value; report what is wrong with one that is not."""
    rules = {"inputs": "a string: zeros, random or file.py:function", "no-batch": "true or false"}
    rules |= {"batch": "a whole number of 1 or more"}
    valid = {"inputs": isinstance(value, str), "no-batch": isinstance(value, bool)}
    valid |= {"batch": isinstance(value, int) and not isinstance(value, bool) and value >= 1}
    if key in rules and not valid[key]:
        refuse((key,), f"must be {rules[key]}", value)
    return valid.get(key, False)


def _texts(key: str, value: object, refuse: Refuse) -> Iterator[str]:
    """Yield the texts of a key: a string, or a list of strings."""
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        refuse((key,), f"must be a list of strings, {EXAMPLE}", value)
        return
    for text in texts:
        if key in _PAIRS and not ("=" in text and _key(text).isidentifier()):
            refuse((key,), f"must be {_PAIRS[key]}", text)
        else:
            yield text
