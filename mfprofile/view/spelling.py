"""ASCII spellings of the characters that mfprofile prints, for outputs whose encoding lacks them."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from types import MappingProxyType

from mfprofile.spec.words import decoded

SPELLINGS: Mapping[str, str] = MappingProxyType(
    {
        "\u00a0": " ",  # a space at which no line is broken
        "×": "x",
        "·": "*",
        "→": "->",
        "＝": "=",
        "＋": "+",
        "－": "-",
        "＠": "@",
        "←": "<-",
        "…": "...",
        "–": "-",
        "−": "-",
        "─": "-",
        "│": "|",
        "├": "|",
        "└": "`",
        "±": "+-",
        "✅": "[ok]",
        "❌": "[x]",
        "Δ": "delta",
        "\u00b5": "u",  # the micro sign, and the Greek letter in both cases
        "\u03bc": "u",
        "\u039c": "M",
        "θ": "theta",
        "τ": "tau",
        "≠": "!=",
        "≤": "<=",
        "⌈": "ceil(",
        "⌉": ")",
        "≥": ">=",
        "√": "sqrt",
        "½": "1/2",
        "₁": "1",
        "₂": "2",
        "ᵀ": "^T",
        # The lines of tables on a terminal
        "━": "-",
        "╴": "-",
        "╶": "-",
        "╸": "-",
        "╺": "-",
    }
)
"""The spelling of each character; runs of superscript digits are spelled by `spelled`."""
_POWERS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_POWER = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_PREFIX = "spelled_"


def spelled(text: str, encoding: str) -> str:
    r"""Return the text with each character that the encoding lacks in ASCII.

    A character of ours gets its spelling. All others are escaped, so that no two names become equal.

    >>> spelled("d² → 3·10¹², \u4e2d", "ascii"), spelled("10⁶ × d²", "latin-1")
    ('d^2 -> 3*10^12, \\u4e2d', '10^6 × d²')
    """
    if text.isascii():
        return text
    text = decoded(text)
    text = _POWER.sub(lambda run: run[0] if fits(run[0], encoding) else "^" + run[0].translate(_POWERS), text)
    return _NOT_ASCII.sub(lambda letter: letter[0] if fits(letter[0], encoding) else _spelling(letter[0]), text)


def fits(text: str, encoding: str) -> bool:
    """Return whether an encoding has each character of a text."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _spelling(letter: str) -> str:
    if letter in SPELLINGS:
        return SPELLINGS[letter]
    return f"\\u{ord(letter):04x}" if ord(letter) < 0x10000 else f"\\U{ord(letter):08x}"


def spelling_codec(encoding: str) -> str:
    """Return the name of a codec that writes an encoding, with everything that it lacks spelled in ASCII.

    It is a codec, and not a handler of errors, because a handler does not see whole powers, and because click writes
    UTF-8 into a stream whose codec is ASCII.
    """
    codecs.register(_codec)
    return _PREFIX + codecs.lookup(encoding.removeprefix(_PREFIX)).name.replace("-", "_")


def plain_encoding(codec: str) -> str:
    """Return the encoding that a codec of `spelling_codec` writes; any other codec is returned as it is."""
    return codec.removeprefix(_PREFIX)


def _codec(name: str) -> codecs.CodecInfo | None:
    if not name.startswith(_PREFIX):
        return None
    known = codecs.lookup(plain_encoding(name))

    def encode(text: str, errors: str = "strict") -> tuple[bytes, int]:
        return known.encode(spelled(text, known.name), errors)[0], len(text)

    class Encoder(codecs.IncrementalEncoder):
        def encode(self, text: str, final: bool = False) -> bytes:  # noqa: ARG002 - the codec's interface
            return encode(text, self.errors)[0]

    return codecs.CodecInfo(
        encode, known.decode, incrementalencoder=Encoder, incrementaldecoder=known.incrementaldecoder, name=name
    )
