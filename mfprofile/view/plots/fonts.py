"""The fonts of pictures: one that comes with matplotlib and, for letters that it lacks, installed fonts.

A letter that no font has is drawn as a box, without a warning. The numbers in the file contain the complete name.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

FIRST = "DejaVu Sans"
FURTHER = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "Noto Sans JP", "Noto Sans KR", "Source Han Sans SC",
    "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Droid Sans Fallback", "IPAGothic", "NanumGothic",
    "Microsoft YaHei", "SimHei", "Yu Gothic", "Malgun Gothic",
    "PingFang SC", "Heiti TC", "Hiragino Sans", "Apple SD Gothic Neo", "Arial Unicode MS",
    "Noto Sans Thai", "Noto Sans Devanagari", "Noto Sans Bengali", "Noto Sans Tamil", "Leelawadee UI", "Nirmala UI",
    "Noto Sans Symbols2", "Segoe UI Symbol", "STIXGeneral", "Unifont",
)  # fmt: skip
"""Families of Linux, Windows and macOS with letters that `FIRST` lacks: Chinese, Japanese, Korean, Indian, Thai."""
_MISSING = r"Glyph \d+ .*missing from|Matplotlib currently does not support \w+ natively"


def families() -> list[str]:
    """Return the fonts to search for a letter, in order: the first, then the installed ones of `FURTHER`."""
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    return [FIRST, *(name for name in FURTHER if name in installed)]


@contextmanager
def no_missing_letters() -> Iterator[None]:
    """Suppress matplotlib's warnings about letters that no font has, but no other warnings."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", _MISSING, UserWarning)
        yield
