"""Tables as text, for a terminal or a pipe of any width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from mfprofile.view.escape import line
from mfprofile.view.fitting import GAP, Fitted, Strip, fitted
from mfprofile.view.streams import stdout_text
from mfprofile.view.terminal import shows_styles, stdout_width, styled
from mfprofile.view.wrapping import width_of, wrapped

if TYPE_CHECKING:
    from mfprofile.view.tables import Table


def text_of(table: Table) -> str:
    """Return the table as text in the form for the width of standard output."""
    width = stdout_width()
    shape = fitted(table, width)
    above = [part for each in table.above for part in prose(each, width)]
    notes = [*_totals(table, shape), *table.below, *_skipped(table, shape, width)]
    below = [part for each in notes for part in prose(each, width)]
    grids = [text for block in shape.blocks for text in _grid(block, bool(table.summary))]
    return "".join(f"{each.rstrip()}\n" for each in (*above, "", *grids, *below))


def prose(text: str, width: int | None) -> list[str]:
    """Return a line of text as standard output will spell it, in several lines if it is longer than a width."""
    text = stdout_text(line(text))
    return [text] if width is None else wrapped(text, width)


def _grid(strips: Sequence[Strip], has_summary: bool) -> Iterator[str]:
    """Yield the lines of a block: headings, a rule, and each section with an empty line after it."""
    tallest = max(len(strip.heading) for strip in strips)
    headings = [[*[""] * (tallest - len(strip.heading)), *strip.heading] for strip in strips]
    yield from _row(strips, headings, ["bold"] * len(strips))
    yield " " + stdout_text("─") * (sum(strip.width for strip in strips) + GAP * (len(strips) - 1))
    for section in range(len(strips[0].sections)):
        usual = "bold" if has_summary and section == len(strips[0].sections) - 1 else ""
        for row in range(len(strips[0].sections[section])):
            cells = [strip.sections[section][row] for strip in strips]
            yield from _row(strips, cells, [strip.styles[section][row] or usual for strip in strips])
        yield ""


def _row(strips: Sequence[Strip], cells: Sequence[Sequence[str]], styles: Sequence[str]) -> Iterator[str]:
    shown = styles if shows_styles() else [""] * len(styles)
    for texts in zip_longest(*cells, fillvalue=""):
        yield " " + (" " * GAP).join(map(_padded, texts, strips, shown))


def _padded(text: str, strip: Strip, style: str) -> str:
    space = " " * (strip.width - width_of(text))
    return f"{space}{styled(text, style)}" if strip.column.right else f"{styled(text, style)}{space}"


def _totals(table: Table, shape: Fitted) -> Iterator[str]:
    """Yield a line with the exact totals, if the form rounds them."""
    if not shape.is_short or not table.summary:
        return
    row = table.summary[-1][-1]
    exact = [
        _named(column.write(value), column.heading)
        for column, value in zip(table.columns, row, strict=True)
        if column.short is not None and isinstance(value, int) and column.short(value) != column.write(value)
    ]
    if exact:
        yield f"{row[0]}: {', '.join(exact)}"


def _named(amount: str, heading: str) -> str:
    """Return an amount with the heading of its column: `9 params`, or `mf26m params 9` for a heading of two lines."""
    name = heading.replace("\n", " ")
    return f"{name} {amount}" if "\n" in heading else f"{amount} {name}"


def _skipped(table: Table, shape: Fitted, width: int | None) -> Iterator[str]:
    """Yield a line on what the form for the width rounds and does not show."""
    shown = {strip.printed.at for block in shape.blocks for strip in block}
    hidden = [column for at, column in enumerate(table.columns) if at not in shown]
    is_rounded = shape.is_short and any(_is_rounded(table, at) for at in shown)
    names = f"hidden to fit {width} columns: {', '.join(column.called for column in hidden)}"
    if not all(column.drawn for column in hidden):
        yield f"{names}; {'numbers are rounded: ' if is_rounded else ''}{table.full} has all"
        return
    if hidden:
        yield names
    if is_rounded:
        yield f"numbers are rounded to fit {width} columns; {table.full} has the exact ones"


def _is_rounded(table: Table, at: int) -> bool:
    column = table.columns[at]
    if column.short is None:
        return False
    values = (row[at] for rows in (table.data, *table.summary) for row in rows)
    return any(column.short(value) != column.write(value) for value in values if not isinstance(value, str | None))
