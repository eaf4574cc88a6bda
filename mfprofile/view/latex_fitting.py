"""How a table of LaTeX is made to fit the text of an article: by wrapped words, closer columns, or smaller letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

TEXT_WIDTH = 34.5
"""The width of the text of an article in letters of 10 pt, in em."""
_GAP = 0.6  # em on each side of a column, as LaTeX has it
_LEAST_WORDS = 8.0  # em that a column of wrapped words needs
_TRIES = (
    *(("", 1.0, 0.3), (r"\small", 0.925, 0.3), (r"\footnotesize", 0.85, 0.2)),
    *((r"\scriptsize", 0.8, 0.2), (r"\tiny", 0.7, 0.1)),
)
"""The size of letters, as a command and a factor, and the least gap that is used with it."""
THIN = "\N{THIN SPACE}"
"""The space between groups of the digits of a number."""
_WIDTHS: Mapping[str, float] = MappingProxyType(
    {
        **dict.fromkeys("ilj.,:;'|!", 0.28),
        **dict.fromkeys("ftrsI()[]/ ", 0.4),
        **dict.fromkeys("mwΔ%→×+-−", 0.84),
        **dict.fromkeys("MW", 0.95),
        **dict.fromkeys("ABCDEFGHKLNOPQRSTUVXYZ", 0.75),
        THIN: 0.17,
    }
)


class Fit(NamedTuple):
    """The commands before a table, and the kinds of the columns that are wrapped, by their places."""

    settings: Sequence[str]
    wrapped: Mapping[int, str]


def em(text: str) -> float:
    """Return about how wide a line of text is.

    >>> round(em("mf214m"), 2), round(em("286.73"), 2)
    (3.58, 2.78)
    """
    return sum(_WIDTHS.get(letter, 0.5) for letter in text)


def fitting(widths: Sequence[float], wraps: Sequence[int]) -> Fit:
    """Return what makes columns of these widths fit; `wraps` are the places of those that can be wrapped."""
    if sum(widths) + 2 * _GAP * len(widths) <= TEXT_WIDTH:
        return Fit((), {})
    if not wraps:
        return Fit(_settings(sum(widths), len(widths)), {})
    others = sum(widths) - sum(widths[at] for at in wraps)
    settings = _settings(others + _LEAST_WORDS * len(wraps), len(widths))
    return Fit(settings, {at: _paragraphs(widths, at, wraps, others) for at in wraps})


def _settings(width: float, columns: int) -> list[str]:
    """Return the commands for letters of a size, and a gap, with which columns of a width fit, or almost do."""
    gaps = [(size, min(_GAP, (TEXT_WIDTH - scale * width) / (2 * columns)), least) for size, scale, least in _TRIES]
    size, gap, least = next((each for each in gaps if each[1] >= each[2]), gaps[-1])
    if not size and gap == _GAP:
        return []
    points = int(20 * max(gap, least)) / 2
    return [*filter(None, [size]), f"\\setlength{{\\tabcolsep}}{{{points:g}pt}}"]


def _paragraphs(widths: Sequence[float], at: int, wraps: Sequence[int], others: float) -> str:
    """Return the kind of a column of paragraphs: its part of the line that the other columns leave."""
    room = f"\\linewidth-{others:.1f}em-{2 * len(widths)}\\tabcolsep"
    part = round(100 * widths[at] / sum(widths[each] for each in wraps))
    width = room if len(wraps) == 1 else f"({room})*{part}/100"
    return f">{{\\raggedright\\arraybackslash}}p{{\\dimexpr{width}\\relax}}"
