"""Mutations of any text: lines, tokens, letters and bytes are deleted, repeated, swapped or replaced."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

NASTY = (
    "", " ", "~", "null", "true", "no", "3.0", "0", "-1", "1", "2", "3", "7", "010", "0x10", "3:30", "294e6", "nan", ".inf", "1e999",
    "'16'", '"\\u0007"', '"\\ud83d"', "9" * 30, "9" * 5000, "65536", "65537", "[16, 24]", "{from: 1, to: 2}", "[]", "{}", "[" * 40,
    "&a 3", "*a", "!!int 3", "!x", "<<", "none", "same", "225x321", "1x1", "é", "\u2028", "\x00", "\x1b[31m", "- 3", ": 3", "#", "|",
    ">", "%", "@", "`", "---", "...", "{", "]", "'", '"', "__class__", "0.75", "1e-3", "300M", "10%", "1%", "-5%", "1_000", "٣", "1e400",
    "\ufeff", "=", "a=b", "=3", ":", "::", ",", "a,b", "*", "**", "[a", "?", "../x", ".", "..", "-", "--", "True", "None", "\t", "\r\n",
    "1/0", "{0}", "%s", "$HOME", "$(x)", "x" * 300, "madds + params", "-madds", "2 * madds", "madds madds", "::error::x",
)  # fmt: skip
"""Values that are invalid almost everywhere, or that one reader and another read differently."""


def mutated(random: Random, text: str, words: Sequence[str] = NASTY) -> str:
    """Return a text with one to four changes; `words` are what a token can be replaced by."""
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        match random.randrange(4):
            case 0:
                text = _line(random, text)
            case 1 | 2:
                text = _token(random, text, words)
            case _:
                text = _letter(random, text)
    return text


class Dice(Random):
    """Random choices for one input. Two of five inputs are wild: they have odd values; the others have few.

    `code` is whether networks in code are used where specs can be used too.
    """

    def __init__(self, seed: str) -> None:
        super().__init__(seed)
        self.wild = self.random() < 0.4
        self.code = self.random() < 0.3

    def odd(self, share: float) -> bool:
        """Return whether to do something odd: in this share of the wild inputs, and in few of the others."""
        return self.random() < (share if self.wild else share / 20)


def encoded(random: Random, text: str) -> bytes:
    """Return a text as bytes of a file: nearly always UTF-8, at times cut, in another encoding or with any bytes."""
    raw = text.encode("utf-8", "surrogatepass")
    place = random.randint(0, len(raw))
    match random.randrange(40):
        case 0:
            return raw[:place]
        case 1:
            return raw[:place] + random.randbytes(random.randint(1, 4)) + raw[place:]
        case 2:
            return text.encode(random.choice(("utf-8-sig", "utf-16", "utf-32")), "replace")
        case _:
            return raw


def _line(random: Random, text: str) -> str:
    """Delete, repeat, swap or indent a line."""
    lines = text.splitlines(keepends=True) or ["\n"]
    one, other = random.randrange(len(lines)), random.randrange(len(lines))
    match random.randrange(4):
        case 0:
            del lines[one]
        case 1:
            lines.insert(other, lines[one])
        case 2:
            lines[one], lines[other] = lines[other], lines[one]
        case _:
            lines[one] = random.choice((" ", "  ", "\t")) + lines[one]
    return "".join(lines)


def _token(random: Random, text: str, words: Sequence[str]) -> str:
    """Replace a word, a number or a sign by another one of the text, by one of `words`, or a number by a near one."""
    tokens = re.findall(r"\w+|\s+|[^\w\s]", text)
    places = [at for at, token in enumerate(tokens) if not token.isspace()]
    if not places:
        return random.choice(words)
    at = random.choice(places)
    others = [lambda: random.choice(words), lambda: tokens[random.choice(places)]]
    if tokens[at].isdecimal() and len(tokens[at]) < 20:
        others.append(lambda: str(max(0, random.choice((0, 1, int(tokens[at]) * 2, int(tokens[at]) - 1)))))
    tokens[at] = random.choice(others)()
    return "".join(tokens)


def _letter(random: Random, text: str) -> str:
    """Insert any character, and remove up to three."""
    place = random.randint(0, len(text))
    some = random.choice("{}[]:,-#&*!|>'\"%@`~\n\t \0é.=")
    inserted = some if random.random() < 0.8 else chr(random.randrange(0x11_0000))
    return text[:place] + inserted + text[place + random.randint(0, 3) :]
