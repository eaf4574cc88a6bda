"""Text as LaTeX shows it: its own characters escaped, symbols as its commands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from mfprofile.view.escape import line

_LETTERS: Mapping[str, str] = MappingProxyType(
    {
        **{letter: f"\\{letter}" for letter in "&%$#_{}"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        "`": r"\textasciigrave{}",
        '"': "{''}",
        "…": r"\ldots{}",
        "–": "--",
        "\u00a0": "~",
        "ᵀ": r"\textsuperscript{T}",
        "\ufffd": "?",
        **{letter: rf"\textsuperscript{{{at}}}" for at, letter in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
        **{letter: rf"\textsubscript{{{at}}}" for at, letter in enumerate("₀₁₂₃₄₅₆₇₈₉")},
        **{
            letter: f"${command}$"
            for letter, command in {
                "×": r"\times", "·": r"\cdot", "→": r"\rightarrow", "←": r"\leftarrow", "−": "-", "±": r"\pm",
                "µ": r"\mu", "μ": r"\mu", "θ": r"\theta", "τ": r"\tau", "≠": r"\neq", "≤": r"\leq", "≥": r"\geq",
                "Δ": r"\Delta", "⌈": r"\lceil", "⌉": r"\rceil", "√": r"\surd", "½": r"\frac{1}{2}",
            }.items()
        },
    }
)  # fmt: skip
_LETTER = re.compile("|".join(map(re.escape, _LETTERS)))
_MINUS = re.compile(r"(?<![\w\-}\0])-(?=[\d.])")
_PUNCTUATION = "‐‑‒–—‘’‚“”„†‡•…‰‹›€™"
"""What every LaTeX shows, beside the letters of Latin."""
_INDENT = re.compile(r"^ +")


def latex(text: str) -> str:
    r"""Return text as LaTeX that shows it as it is: no command, no math, no ligature of dashes.

    >>> print(latex("50 % of a_b & 16×112 → {c}"), latex("--by ^2 3²"), latex("  of it"))
    50 \% of a\_b \& 16$\times$112 $\rightarrow$ \{c\} -{}-by \textasciicircum{}2 3\textsuperscript{2} \quad of it
    """
    text = line(text)
    while "--" in text:
        text = text.replace("--", "-\0-")
    shown = _MINUS.sub("$-$", _LETTER.sub(lambda match: _LETTERS[match[0]], text)).replace("\0", "{}")
    return _INDENT.sub(lambda spaces: "\\quad" * (len(spaces[0]) // 2) + " ", shown)


def beyond_latin(text: str) -> str:
    """Return the letters and signs of text that pdflatex does not know, each once, with spaces between them.

    >>> beyond_latin("Größe “net”"), beyond_latin("网络网 λ")
    ('', '网 络 λ')
    """
    return " ".join(dict.fromkeys(letter for letter in text if letter > "\u017f" and letter not in _PUNCTUATION))


def quoted(text: str) -> str:
    """Return text of LaTeX with its single quotes as pairs: opened by a grave accent.

    >>> quoted("MAdds in convention 'core', not the network's")
    "MAdds in convention `core', not the network's"
    """
    return re.sub(r"(?<!\w)'([^']+)'(?!\w)", r"`\1'", text)


def thousands(text: str) -> str:
    r"""Return text with whole numbers as siunitx groups them: by thin spaces, from five digits on.

    >>> print(thousands("1,234 to 12,345"))
    1234 to 12\,345
    """
    return re.sub(r"\d{1,3}(?:,\d{3})+", lambda number: _spaced(number[0]), text)


def _spaced(number: str) -> str:
    return number.replace(",", "" if len(number) == len("1,234") else r"\,")
