"""A table as HTML for notebooks.

Its styles are written at each element, because some viewers of notebooks remove style sheets. Text has the colour of
the viewer's theme. Verdicts have a background of their own, so that they can be read in light and dark themes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from mfprofile.view.escape import line
from mfprofile.view.printing import Printed, cell, printed
from mfprofile.view.tables import Table

MOST_ROWS = 60
"""How many rows of a table are shown. Of more rows, the middle is left out."""
_RULE = "1px solid rgba(128,128,128,.55)"
_BADGES = {"green": "#1a7f37", "red": "#cf222e"}
_PLAIN, _BOLD = "font-weight:normal", "font-weight:bold"


def table_html(table: Table) -> str:
    """Return a table as HTML, with the lines above and below it. All text is escaped; numbers are right-aligned."""
    columns = list(printed(table.columns))
    sections = [_section(columns, _shortened(table), bold=False)]
    sections += [_section(columns, rows, bold=rows is table.summary[-1]) for rows in table.summary]
    grid = (
        '<table style="border-collapse:collapse;table-layout:auto;margin:.4em 0;font-variant-numeric:tabular-nums">'
        f"<thead><tr>{''.join(map(_heading, columns))}</tr></thead>{''.join(sections)}</table>"
    )
    return f"{lines_html(table.above)}{grid}{lines_html(table.below)}"


def box(parts: Iterable[str]) -> str:
    """Return parts of HTML as one element. If it is too wide, it scrolls, also by keyboard, and the page does not."""
    return f'<div style="overflow-x:auto" tabindex="0">{"".join(parts)}</div>'


def lines_html(texts: Sequence[str], bold: bool = False) -> str:
    """Return lines of text as HTML that keeps their spaces, or nothing if there are none."""
    if not texts:
        return ""
    body = "<br/>".join(map(_line, texts))
    return f'<div style="white-space:pre-wrap;text-align:left;{_BOLD if bold else _PLAIN}">{body}</div>'


def _line(text: str) -> str:
    """Return a line as HTML. An indented line can have columns, which only letters of one width keep."""
    body = escape(line(text))
    return f'<span style="font-family:monospace">{body}</span>' if text.startswith(" ") else body


def _shortened(table: Table) -> list[Sequence[Any] | int]:
    """Return the rows, or, if there are too many, the first, the number of those left out, and the last."""
    rows = list(table.data)
    if len(rows) <= MOST_ROWS:
        return [*rows]
    half = MOST_ROWS // 2
    return [*rows[:half], len(rows) - MOST_ROWS, *rows[-half:]]


def _heading(shown: Printed) -> str:
    text = "<br/>".join(escape(line(part)) for part in shown.heading.split("\n"))
    style = f"text-align:{_side(shown)};vertical-align:bottom;padding:.2em .6em;border-bottom:{_RULE};{_BOLD}"
    return f'<th scope="col" style="{style}">{text}</th>' if text else f'<td style="{style}"></td>'


def _section(columns: Sequence[Printed], rows: Sequence[Sequence[Any] | int], bold: bool) -> str:
    weight = _BOLD if bold else _PLAIN
    body = "".join(
        _gap(row, len(columns))
        if isinstance(row, int)
        else f"<tr>{''.join(_cell(shown, row, weight) for shown in columns)}</tr>"
        for row in rows
    )
    return f'<tbody style="border-bottom:{_RULE}">{body}</tbody>' if rows else ""


def _gap(number: int, width: int) -> str:
    what = "row" if number == 1 else "rows"
    return f'<tr><td colspan="{width}" style="text-align:left;padding:.2em .6em">… {number:,} more {what} …</td></tr>'


def _cell(shown: Printed, row: Sequence[Any], weight: str) -> str:
    body = "<br/>".join(escape(line(part)) for part in cell(shown, row).split("\n"))
    badge = None if shown.column.style is None else _BADGES.get(shown.column.style(row[shown.at]))
    if badge is not None:
        body = f'<span style="background:{badge};color:#fff;padding:0 .4em;border-radius:.3em">{body}</span>'
    space = "pre-wrap" if shown.column.wraps else "pre"
    return f'<td style="text-align:{_side(shown)};white-space:{space};padding:.15em .6em;{weight}">{body}</td>'


def _side(shown: Printed) -> str:
    return "right" if shown.column.right else "left"
