"""Titles: at the left edge of a picture, and wrapped so that each line fits in its width."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import wrap
from typing import TYPE_CHECKING

from mfprofile.view.plots.fonts import families
from mfprofile.view.plots.look import Look

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_EDGE = 0.01  # of the picture's width, on both sides
_SIZE = 8.5
_NARROWEST = 0.3  # of the text's size: letters that are narrower on average do not occur


def write_title(figure: Figure, title: str, look: Look) -> None:
    """Write a figure's title, or that of the user, at its left edge. An empty one is left out."""
    text = title if look.title is None else look.title
    if text:
        across = (1 - 2 * _EDGE) * look.width
        shown = wrapped(text, int(across * 72 / (_NARROWEST * _SIZE)), _measure(figure, across))
        figure.suptitle(shown, x=_EDGE, ha="left", fontsize=_SIZE, fontweight="bold")


def wrapped(text: str, most: int, fits: Callable[[str], bool]) -> str:
    r"""Return a text in lines that fit, of at most `most` letters. If it is too long, it is broken after its colon.

    >>> wrapped("3 trials of tiny: top1", 40, lambda line: len(line) <= 17)
    '3 trials of tiny:\ntop1'
    """
    head, colon, rest = text.partition(": ")
    if colon and not fits(text) and fits(f"{head}:"):
        return f"{head}:\n{wrapped(rest, most, fits)}"
    for letters in range(min(most, len(text)), 1, -1):
        lines = wrap(text, letters, break_on_hyphens=False)
        if all(map(fits, lines)):
            return "\n".join(lines)
    return text


def _measure(figure: Figure, across: float) -> Callable[[str], bool]:
    """Return a function that decides whether a line of the title is at most `across` inches wide."""

    def fits(line: str) -> bool:
        probe = figure.text(0, 0, line, fontsize=_SIZE, fontweight="bold", fontfamily=families(line))
        width = float(probe.get_window_extent().width) / figure.dpi
        probe.remove()
        return width <= across

    return fits
