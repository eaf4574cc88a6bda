"""The fonts of pictures: one that comes with matplotlib and, for letters that it lacks, installed fonts.

Fonts are searched only for a text with such letters. A letter that no font has is drawn as a box: `save` warns of it.
"""

from __future__ import annotations

import logging
import unicodedata
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from mfprofile.spec.words import listed

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.text import Text

FIRST = "DejaVu Sans"
PREFERRED = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "Noto Sans JP", "Noto Sans KR", "Source Han Sans SC",
    "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Droid Sans Fallback", "IPAGothic", "NanumGothic",
    "Microsoft YaHei", "SimHei", "Yu Gothic", "Malgun Gothic",
    "PingFang SC", "Heiti TC", "Hiragino Sans", "Apple SD Gothic Neo", "Arial Unicode MS",
    "Noto Sans Arabic", "Noto Sans Thai", "Noto Sans Devanagari", "Noto Sans Bengali", "Noto Sans Tamil",
    "Leelawadee UI", "Nirmala UI", "Noto Sans Symbols2", "Noto Emoji", "Segoe UI Symbol", "Segoe UI Emoji",
    "STIXGeneral", "Unifont",
)  # fmt: skip
"""Families that are searched first for letters that `FIRST` lacks; then all other installed ones, by name."""
MOST_NAMED = 8
_NO_REAL_LETTERS = "Last Resort"
_MISSING = r"Glyph \d+ .*missing from|Matplotlib currently does not support \w+ natively"
_REMEDIES = {
    ("CJK", "HIRAGANA", "KATAKANA", "HANGUL"): "Noto Sans CJK (Debian: fonts-noto-cjk)",
    ("ARABIC",): "Noto Sans Arabic (Debian: fonts-noto-core)",
}
_SYMBOLS = "Noto Emoji (in black and white)"
_OTHER_WEIGHT = "findfont: Failed to find font weight"


def families(text: str) -> list[str]:
    """Return the families for a text: the first and, for letters that it lacks, installed ones that have them."""
    lacking, chosen = _lacking(text), [FIRST]
    for family, files in _installed().items() if lacking else ():
        has = {letter for letter in lacking if any(ord(letter) in _letters(file) for file in files)}
        if has:
            chosen.append(family)
            lacking -= has
        if not lacking:
            break
    return chosen


def provide(texts: Iterable[Text]) -> None:
    """Give each text the families that have its letters."""
    for text in texts:
        if _lacking(text.get_text()):
            text.set_fontfamily(families(text.get_text()))


def provide_all(figure: Figure) -> None:
    """Give all texts of a figure the families that have their letters, also the names at ticks."""
    for axes in figure.axes:  # which include those of its parts
        provide(axes.get_xticklabels())
        provide(axes.get_yticklabels())
    provide(_texts(figure))


def boxes_note(figure: Figure) -> str:
    """Return a message that names the letters of a figure that no installed font has, with a remedy; '' without any."""
    letters = sorted({letter for text in _texts(figure) for letter in _lost(text.get_text())})
    if not letters:
        return ""
    named = listed((f"{letter} (U+{ord(letter):04X})" for letter in letters), MOST_NAMED)
    fonts = listed(dict.fromkeys(filter(None, map(_remedy, letters))))
    install = f"install {fonts}" if fonts else "install a font that has them"
    return f"no installed font has {named}; in the picture they are boxes; {install}"


@contextmanager
def no_missing_letters() -> Iterator[None]:
    """Suppress matplotlib's warnings about letters that no font has, but no other warnings. `save` warns of them.

    Also its remark on an installed font without a bold face, whose letters are drawn in its own weight.
    """
    finding = logging.getLogger("matplotlib.font_manager")
    finding.addFilter(_is_of_use)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", _MISSING, UserWarning)
            yield
    finally:
        finding.removeFilter(_is_of_use)


def _is_of_use(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith(_OTHER_WEIGHT)


def _texts(figure: Figure) -> list[Text]:
    from matplotlib.text import Text

    return [text for text in figure.findobj(Text) if isinstance(text, Text)]


def _lacking(text: str) -> set[str]:
    """Return the visible letters of a text that the first font lacks."""
    if text.isascii():
        return set()
    first = _letters(_installed_file(FIRST))
    return {letter for letter in text if ord(letter) not in first and _is_visible(letter)}


def _lost(text: str) -> set[str]:
    lacking = _lacking(text)
    files = [file for each in _installed().values() for file in each] if lacking else []
    return {letter for letter in lacking if not any(ord(letter) in _letters(file) for file in files)}


def _is_visible(letter: str) -> bool:
    """Return whether a letter has a shape. Spaces, controls and selectors of variants have none."""
    is_selector = "\ufe00" <= letter <= "\ufe0f"
    return letter.isprintable() and not letter.isspace() and not is_selector


def _remedy(letter: str) -> str:
    """Return the name of a free font that has a letter, or '' if that is not known."""
    script = unicodedata.name(letter, "").split(" ")[0]
    known = next((font for scripts, font in _REMEDIES.items() if script in scripts), "")
    return known or (_SYMBOLS if unicodedata.category(letter) == "So" else "")


def _installed() -> dict[str, list[str]]:
    """Return the files of each installed family, the preferred ones first."""
    from matplotlib.font_manager import fontManager

    files: dict[str, list[str]] = {}
    for font in fontManager.ttflist:
        if font.style == "normal" and not font.name.startswith(_NO_REAL_LETTERS):
            files.setdefault(font.name, []).append(font.fname)
    order = {name: at for at, name in enumerate(PREFERRED)}
    return {name: files[name] for name in sorted(files, key=lambda name: (order.get(name, len(order)), name))}


def _installed_file(family: str) -> str:
    from matplotlib.font_manager import fontManager

    return str(fontManager.findfont(family))


@cache
def _letters(file: str) -> frozenset[int]:
    """Return the code points that a font file has, none for one that matplotlib cannot draw with."""
    from matplotlib.font_manager import get_font

    try:
        font = get_font(file)
        return frozenset(font.get_charmap()) if font.scalable else frozenset()
    except (OSError, RuntimeError):
        return frozenset()
