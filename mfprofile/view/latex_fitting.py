"""How a table of LaTeX is made to fit the text of an article.

Words are wrapped, columns are closer, letters are smaller, but not tiny. Columns that are still too wide are continued
below, with the first column again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple

WIDTHS: Mapping[int | None, float] = MappingProxyType({None: 34.5, 1: 22.9, 2: 46.9})
"""The width of the text of an article in letters of 10 pt, in em: in one column, and one or two columns of two."""
_GAP = 0.6  # em on each side of a column, as LaTeX has it
_LEAST_WORDS = 8.0  # em that a column of wrapped words needs
_SLACK = 0.3  # em that columns may be wider than estimated beside wrapped words
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


class _Size(NamedTuple):
    """A size of letters: its command, its factor, the least gap that is used with it, and the width of the text."""

    command: str
    scale: float
    gap: float
    text: float

    @property
    def commands(self) -> list[str]:
        """Return the commands for letters of this size with this gap, in half points."""
        return [*filter(None, [self.command]), f"\\setlength{{\\tabcolsep}}{{{int(20 * self.gap) / 2:g}pt}}"]


_SIZES = (("", 1.0, 0.3), (r"\small", 0.925, 0.3), (r"\footnotesize", 0.85, 0.2), (r"\scriptsize", 0.8, 0.2))


class Wide(NamedTuple):
    """What is known of a column: its width in em, whether it `wraps`, and whether it stays beside the one before it."""

    width: float
    wraps: bool = False
    joined: bool = False

    @property
    def least(self) -> float:
        """Return the least width that the column needs."""
        return min(self.width, _LEAST_WORDS) if self.wraps else self.width


class Fit(NamedTuple):
    """The commands before a table, and its blocks: for each, the places of its columns.

    For those that are wrapped, there is the kind of a column of paragraphs. If it `overflows`, a column is too wide for
    the text beside the first one.
    """

    settings: Sequence[str]
    blocks: Sequence[Mapping[int, str | None]]
    overflows: bool = False


def em(text: str) -> float:
    """Return about how wide a line of text is.

    >>> round(em("mf214m"), 2), round(em("286.73"), 2)
    (3.58, 2.78)
    """
    return sum(_WIDTHS.get(letter, 0.5) for letter in text)


def fitting(columns: Sequence[Wide], span: int | None = None) -> Fit:
    """Return what makes columns fit: as few blocks as can be, in the greatest letters for that many."""
    normal, *smaller = (_Size(*size, WIDTHS[span]) for size in _SIZES)
    if _fits(columns, normal._replace(gap=_GAP)):
        return Fit((), [dict.fromkeys(range(len(columns)))])
    least = [column._replace(width=column.least) for column in columns]
    choices = [(size, list(_blocks(least, size))) for size in (normal, *smaller)]
    fewest = len(choices[-1][1])
    size, blocks = next(choice for choice in choices if len(choice[1]) == fewest)
    gap = min(_GAP, *(_gap_of([least[at] for at in block], size) for block in blocks))
    size = size._replace(gap=max(gap, size.gap))
    overflows = not all(_fits([least[at] for at in block], size) for block in blocks)
    return Fit(size.commands, [_wrapped(columns, block, size) for block in blocks], overflows)


def _fits(columns: Sequence[Wide], size: _Size) -> bool:
    return _gap_of(columns, size) >= size.gap


def _gap_of(columns: Sequence[Wide], size: _Size) -> float:
    """Return the gap that is left on each side of columns in letters of a size."""
    return (size.text - size.scale * sum(column.width for column in columns)) / (2 * len(columns))


def _blocks(columns: Sequence[Wide], size: _Size) -> Iterator[list[int]]:
    """Yield the places of columns that fit, each block with the first one. Joined columns stay together if they can."""
    block = [0]
    for group in _groups(columns):
        is_whole = _fits([columns[at] for at in (0, *group)], size)
        for part in [group] if is_whole else [[at] for at in group]:
            if len(block) > 1 and not _fits([columns[at] for at in (*block, *part)], size):
                yield block
                block = [0]
            block += part
    yield block


def _groups(columns: Sequence[Wide]) -> Iterator[list[int]]:
    """Yield the places of all columns but the first, those together that are joined."""
    starts = [at for at, column in enumerate(columns) if at and (at == 1 or not column.joined)]
    for start, end in pairwise([*starts, len(columns)]):
        yield list(range(start, end))


def _wrapped(columns: Sequence[Wide], block: Sequence[int], size: _Size) -> dict[int, str | None]:
    """Return the kinds of the columns of a block: those of paragraphs share the line that the other columns leave."""
    kinds: dict[int, str | None] = dict.fromkeys(block)
    if _fits([columns[at] for at in block], size):
        return kinds
    others = sum((columns[at].width for at in block if not columns[at].wraps), _SLACK)
    wraps = {at: columns[at].width for at in block if columns[at].wraps}
    room = f"\\linewidth-{others:.1f}em-{2 * len(block)}\\tabcolsep"
    for at, width in wraps.items():
        part = room if len(wraps) == 1 else f"({room})*{round(100 * width / sum(wraps.values()))}/100"
        kinds[at] = f">{{\\raggedright\\arraybackslash}}p{{\\dimexpr{part}\\relax}}"
    return kinds
