"""Helpers for messages: values as text, plurals, lists, and remedies for unknown names."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from math import log10

_MOST_BITS = 1000
EMPTY = "''"
"""How a message shows an empty text."""
MOST_NAMED = 8
"""The number of names that a message shows of a longer list."""


def shown(value: object, limit: int = 60) -> str:
    """Return a value as YAML text, cut to `limit` characters and without control characters.

    >>> shown(True), shown("yes"), shown({"a": 1})
    ('true', "'yes'", '{a: 1}')
    """
    text = printable(_flow(value, depth=3))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def printable(text: str) -> str:
    """Return the text with each control character, also line ends, replaced by `�`."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else "�" for letter in decoded(text))


def decoded(text: str) -> str:
    r"""Return an argument or a file name as UTF-8, if the locale of the process could not decode it.

    Python keeps each byte that it cannot decode as one character.

    >>> decoded("caf\udcc3\udca9") == "caf\u00e9", decoded("caf\udce9") == "caf\udce9"
    (True, True)
    """
    try:
        return text.encode("utf-8", "surrogateescape").decode()
    except UnicodeError:
        return text


def file_name(text: str) -> str:
    """Return the name of a file in a text as Python needs it to open the file, also where the locale is not UTF-8."""
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        with suppress(UnicodeError):
            return os.fsdecode(text.encode())
    return text


def in_one_line(text: str, limit: int = 300) -> str:
    r"""Return a text of several lines as one line, cut to `limit` characters.

    >>> in_one_line("no shape:\n    (3,)", 12)
    'no shape: (…'
    """
    line = printable(" ".join(text.split()))
    return line if len(line) <= limit else line[: limit - 1] + "…"


def raised(error: BaseException) -> str:
    r"""Return an exception as one line: its type and its message.

    >>> raised(ValueError("no shape:\n  (3,)")), raised(MemoryError())
    ('ValueError: no shape: (3,)', 'MemoryError')
    """
    try:
        why = str(error)
    except Exception:  # the message of an exception can itself fail
        why = ""
    return in_one_line(f"{type(error).__name__}: {why}").removesuffix(":")


def plural(thing: str, number: int) -> str:
    """Return the name of a thing, with an s unless the number is 1."""
    return thing if number == 1 else f"{thing}s"


def several(number: int, thing: str) -> str:
    """Return a number and the name of the things counted.

    >>> several(1, "token"), several(6, "token"), several(12345, "row")
    ('1 token', '6 tokens', '12,345 rows')
    """
    return f"{number:,} {plural(thing, number)}"


def are(number: int) -> str:
    """Return the verb after the name of things: `is` for one, `are` for several or none."""
    return "is" if number == 1 else "are"


def joined(names: Sequence[str]) -> str:
    """Return names as a sentence has them, all of them.

    >>> joined(["onnx"]), joined(["onnx", "scipy", "torch"])
    ('onnx', 'onnx, scipy and torch')
    """
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def listed(names: Iterable[str], most: int = MOST_NAMED) -> str:
    """Return the names as one line; of a long list only the first `most`.

    >>> listed("abc"), listed("abcde", most=3)
    ('a, b, c', 'a, b, c and 2 more')
    """
    every = list(names)
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more


def nearest(word: str, words: Iterable[str]) -> str:
    """Return the remedy "did you mean '…'?" with the most similar of `words`, or '' if none is similar.

    >>> nearest("stm", ["stem", "head"])
    "did you mean 'stem'?"
    """
    import difflib

    similar = difflib.get_close_matches(word.lower(), list(words), n=1, cutoff=0.6)
    return f"did you mean '{similar[0]}'?" if similar else ""


def instead(word: str, words: Iterable[str]) -> str:
    """Return the remedy for an unknown name: the most similar name, or the list of valid names.

    >>> instead("cor", ["core", "paper"]), instead("x", ["core", "paper"])
    ("did you mean 'core'?", 'use one of core, paper')
    """
    known: Sequence[str] = list(words)
    names = listed(known, most=16)
    return nearest(word, known) or (f"use one of {names}" if len(known) > 1 else f"use {names}")


def _flow(value: object, depth: int) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, dict | list) and not depth:
        return "…"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(item, depth - 1)}" for key, item in list(value.items())[:20]) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(item, depth - 1) for item in value[:20]) + "]"
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:  # Python refuses to write very long numbers
        return f"a number of about {round(value.bit_length() * log10(2)):,} digits"
    return repr(decoded(value)) if isinstance(value, str) else str(value)[:200]
