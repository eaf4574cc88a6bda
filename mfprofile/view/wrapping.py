"""Text broken into lines of a width, between words; names and commands stay whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from unicodedata import combining, east_asian_width

_WORD = re.compile(r"(?:(?<!\w)'[^']*'(?!\w)|\d %|\S)+")
"""A word: text in quotes, such as a command, is part of one, and so is the sign after a number in percent."""
_PAIR = re.compile(rf"(?:[a-z]+\.\d+ )?[A-Za-z_][\w.]* (?:\d\S*|(?:true|false)\b\S*)(?: → \S+)?|{_WORD.pattern}")
"""A word where a key and its value are one, with the block before it: `blocks.8 exp 576`, `out 128 → 112`."""
_PIECE = re.compile(r"[^./_,:←→×-]*[./_,:←→×-]+|.+")
"""A part of a long name, such as the path of a module: it ends after a sign between names."""
HANGING = 2
"""The spaces by which further lines are indented."""


def width_of(text: str) -> int:
    """Return how many columns of a terminal a line of text takes: letters of East Asia take two.

    >>> width_of("d² × 3"), width_of("网络")
    (6, 4)
    """
    if text.isascii():
        return len(text)
    return sum(0 if combining(letter) else 2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def wrapped(
    text: str, width: int, in_pieces: bool = False, hanging: int = HANGING, in_pairs: bool = False
) -> list[str]:
    """Return a line of text as lines of at most a width, the further ones indented by `hanging` more.

    A word that is longer than the width stays whole; with `in_pieces`, it is broken after a sign such as a dot. With
    `in_pairs`, keys stay beside their values.

    >>> wrapped("given by 'mfprofile list' in 12 % of all", 20)
    ['given by', "  'mfprofile list'", '  in 12 % of all']
    >>> wrapped("blocks.2.mobile.depthwise", 16, in_pieces=True)
    ['blocks.2.mobile.', '  depthwise']
    >>> wrapped("stem 8, blocks.8 exp 576 out 128 → 112", 22, in_pairs=True)
    ['stem 8,', '  blocks.8 exp 576', '  out 128 → 112']
    """
    if width_of(text) <= width:
        return [text]
    indent = len(text) - len(text.lstrip(" "))
    hanging = min(indent + hanging, width // 2)
    lines, line = [], " " * indent
    for space, word in _words(text[indent:], width - hanging, in_pieces, in_pairs):
        if line.strip() and width_of(line + space + word) > width:
            lines.append(line)
            line, space = " " * hanging, ""
        line += space + word
    return [*lines, line]


def longest_word(text: str, in_pieces: bool = False) -> int:
    """Return the width of the longest part of a text that `wrapped` keeps on one line.

    >>> longest_word("due to the settings"), longest_word("blocks.2.mobile", in_pieces=True)
    (8, 7)
    """
    return max((width_of(word) for _, word in _words(text, 0, in_pieces)), default=0)


def _words(text: str, width: int, in_pieces: bool, in_pairs: bool = False) -> Iterator[tuple[str, str]]:
    """Yield each word after the spaces before it. One that is wider than the width is split as far as is allowed."""
    end = 0
    for word in (_PAIR if in_pairs else _WORD).finditer(text):
        space, end = text[end : word.start()], word.end()
        if width_of(word[0]) <= width:
            yield space, word[0]
            continue
        for part in word[0].split(" "):
            for piece in _PIECE.findall(part) if in_pieces else [part]:
                yield space, piece
                space = ""
            space = " "
