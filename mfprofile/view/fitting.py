"""The form of a table for a width: which columns it has, and how wide they are.

The narrow form writes numbers in human units where a column has them, then wraps words, then skips optional columns. A
table that is still too wide is continued below, with its first column again. No number is cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from mfprofile.view.escape import lines
from mfprofile.view.printing import Printed, cell, printed
from mfprofile.view.streams import stdout_text
from mfprofile.view.wrapping import HANGING, longest_word, width_of, wrapped

if TYPE_CHECKING:
    from mfprofile.view.tables import Column, Table

GAP = 2
"""The spaces between two columns, and at most around them."""
_COMFORTABLE = 24
"""The width below which a column of words is wrapped only if skipping optional columns does not help."""


class Strip(NamedTuple):
    """A printed column in lines of text: its heading, the cells of each section with their styles, and its width."""

    printed: Printed
    heading: Sequence[str]
    sections: Sequence[Sequence[Sequence[str]]]
    styles: Sequence[Sequence[str]]
    width: int

    @property
    def column(self) -> Column:
        """Return the column that is printed."""
        return self.printed.column


class Fitted(NamedTuple):
    """A table in its form for a width: strips beside each other, in several blocks if they are too wide for one."""

    blocks: Sequence[Sequence[Strip]]
    is_short: bool = False


def fitted(table: Table, width: int | None) -> Fitted:
    """Return the table in the form for a width, or in its full form for None."""
    full = _strips(table, short=False)
    if width is None or _span(full) <= width:
        return Fitted([full])
    choices = list(_choices(_strips(table, short=True)))
    for in_pieces in (False, True):
        for choice in choices:
            if (narrow := _narrowed(choice, width, in_pieces)) is not None:
                return Fitted([narrow], is_short=True)
    return Fitted(list(_blocks(choices[-1], width)), is_short=True)


def _strips(table: Table, short: bool) -> list[Strip]:
    sections = [table.data, *table.summary]
    return [_strip(each, sections) for each in printed(table.columns, short)]


def _strip(of: Printed, sections: Sequence[Sequence[Sequence[Any]]]) -> Strip:
    heading = stdout_text(lines(of.heading)).split("\n")
    cells = [[stdout_text(cell(of, row)).split("\n") for row in rows] for rows in sections]
    style = of.column.style
    styles = [["" if style is None else style(row[of.at]) for row in rows] for rows in sections]
    return _sized(Strip(of, heading, cells, styles, 0))


def _sized(strip: Strip) -> Strip:
    return strip._replace(width=max(map(width_of, (*strip.heading, *_texts(strip)))))


def _texts(strip: Strip) -> Iterator[str]:
    """Yield all lines of the cells of a strip."""
    return (text for rows in strip.sections for cell in rows for text in cell)


def _span(strips: Sequence[Strip]) -> int:
    """Return the width of a table, with the space before it."""
    return 1 + sum(strip.width for strip in strips) + GAP * (len(strips) - 1)


def _choices(strips: Sequence[Strip]) -> Iterator[list[Strip]]:
    """Yield the columns to try: all, all with wrapped headings, then without the optional ones, one by one."""
    yield list(strips)
    slim = list(map(_slim, strips))
    yield slim
    for _ in slim:
        rank = max(strip.column.optional for strip in slim)
        if not rank:
            return
        last = max(at for at, strip in enumerate(slim) if strip.column.optional == rank)
        slim = [strip for at, strip in enumerate(slim) if at != last]
        yield slim


def _slim(strip: Strip) -> Strip:
    """Return a strip with its heading wrapped to the width of its cells."""
    words = (longest_word(text, in_pieces=True) for text in strip.heading)
    width = max((*map(width_of, _texts(strip)), *words), default=0)
    return _sized(strip._replace(heading=_heading(strip, width)))


def _heading(strip: Strip, width: int) -> list[str]:
    return [part for text in strip.heading for part in wrapped(text, width, in_pieces=True, hanging=0)]


def _narrowed(strips: Sequence[Strip], width: int, in_pieces: bool) -> list[Strip] | None:
    """Return strips with words wrapped to fit a width; with `in_pieces`, in every column of words, within paths too.

    Return None if that cannot be.
    """
    if _span(strips) <= width:
        return list(strips)
    least = {at: _least(strip, in_pieces) for at, strip in enumerate(strips) if _can_wrap(strip, in_pieces)}
    room = width - (_span(strips) - sum(strips[at].width for at in least))
    if not least or sum(least.values()) > room:
        return None
    widths = _shared(room, [strips[at] for at in least], list(least.values()))
    narrow = dict(zip(least, widths, strict=True))
    return [_wrapped(strip, narrow[at]) if at in narrow else strip for at, strip in enumerate(strips)]


def _can_wrap(strip: Strip, every: bool) -> bool:
    return strip.column.wraps or (every and not strip.column.right)


def _least(strip: Strip, in_pieces: bool) -> int:
    """Return the least width that a strip can be wrapped to; with `in_pieces`, it need not be a comfortable one."""
    texts = [*strip.heading, *_texts(strip)]
    longest = max(longest_word(text, in_pieces) + len(text) - len(text.lstrip(" ")) for text in texts)
    wanted = 0 if in_pieces else min(strip.width, _COMFORTABLE)
    return min(max(longest + HANGING, wanted), strip.width)


def _shared(room: int, strips: Sequence[Strip], least: Sequence[int]) -> list[int]:
    """Return a width for each strip: at least its least one and, as the room allows, more for more text."""
    widths, texts = list(least), [sum(map(width_of, _texts(strip))) for strip in strips]
    while sum(widths) < room:
        wanted = [at for at, strip in enumerate(strips) if widths[at] < strip.width]
        if not wanted:
            break
        widths[max(wanted, key=lambda at: texts[at] / widths[at])] += 1
    return widths


def _wrapped(strip: Strip, width: int) -> Strip:
    hanging = 0 if strip.column.wraps else HANGING  # so that a name that goes on does not look like another one
    sections = [
        [[part for text in cell for part in wrapped(text, width, True, hanging, strip.column.pairs)] for cell in rows]
        for rows in strip.sections
    ]
    return _sized(strip._replace(heading=_heading(strip, width), sections=sections))


def _blocks(strips: Sequence[Strip], width: int) -> Iterator[list[Strip]]:
    """Yield blocks of strips that fit a width, each with the first strip. Joined columns stay together if they can."""
    first, *others = [_within(strip, width) for strip in strips]
    block = [first]
    for group in _groups(others):
        for part in [group] if _span([first, *group]) <= width else [[strip] for strip in group]:
            if len(block) > 1 and _span([*block, *part]) > width:
                yield block
                block = [first]
            block += part
    yield block


def _within(strip: Strip, width: int) -> Strip:
    """Return a strip of words wrapped to about half of a width, so that another one fits beside it."""
    most = max(width // 2 - GAP, _least(strip, in_pieces=True))
    return strip if strip.column.right or strip.width <= most else _wrapped(strip, most)


def _groups(strips: Sequence[Strip]) -> Iterator[list[Strip]]:
    """Yield strips in groups that belong together."""
    number = 0

    def group_of(strip: Strip) -> int:
        nonlocal number
        number += not strip.column.joined
        return number

    for _, group in groupby(strips, group_of):
        yield list(group)
