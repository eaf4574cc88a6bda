"""Tables in LaTeX: rules of booktabs, numbers for siunitx."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from mfprofile.view.escape import line, lines
from mfprofile.view.latex_text import latex
from mfprofile.view.printing import Printed, cell

if TYPE_CHECKING:
    from mfprofile.view.form import Form
    from mfprofile.view.tables import Column, Table

_NUMBER = re.compile(r"(?P<sign>[-+]?)(?P<whole>[\d,]+)(?:\.(?P<part>\d+))?(?P<unit> %)?")
_MARKUP = re.compile(r"\\[a-z]+|[{}^ ]")
_LONG_FORMULA = 24
"""The signs above which a formula does not fit on a line of about half of a page."""
_UNITS = ((10**9, "G"), (10**6, "M"), (10**3, "k"))
_MOST = 10**5
"""The greatest number that is written in a unit, so that a column does not have more digits than exact numbers."""


class _Column(NamedTuple):
    """A column in LaTeX: its kind, its heading in lines, and its cells."""

    kind: str
    heading: Sequence[str]
    cells: Sequence[Sequence[str]]


def latex_of(table: Table, form: Form) -> str:
    """Return the table in LaTeX: a `tabular`, or with a caption or a label a `table` around it.

    The lines above and below the table are comments. Numbers that a narrow table would round have the unit of their
    column (k, M or G) and two decimals, or are exact if the form says so.
    """
    sections = [table.data, *table.summary]
    columns = [_column(column, at, sections, form.exact) for at, column in enumerate(table.columns)]
    body = list(_tabular(columns))
    if form.caption is not None or form.label is not None:
        body = list(_float(body, table, form))
    notes = ["needs \\usepackage{booktabs,siunitx}", *table.above]
    return "".join(f"{text}\n" for text in (*map(comment, notes), *body, *map(comment, filter(None, table.below))))


def comment(text: str) -> str:
    """Return text as a comment of LaTeX."""
    return f"% {line(text)}"


def _tabular(columns: Sequence[_Column]) -> Iterator[str]:
    yield f"\\begin{{tabular}}{{{' '.join(column.kind for column in columns)}}}"
    yield "\\toprule"
    tallest = max(len(column.heading) for column in columns)
    for number in range(-tallest, 0):
        yield _row([column.heading[number] if -number <= len(column.heading) else "" for column in columns])
    for section in range(len(columns[0].cells)):
        if any(column.cells[section] for column in columns):
            yield "\\midrule"
        for cells in zip(*(column.cells[section] for column in columns), strict=True):
            yield _row(cells)
    yield "\\bottomrule"
    yield "\\end{tabular}"


def _row(cells: Sequence[str]) -> str:
    first, *others = cells
    if first.startswith(("[", "*")):  # LaTeX would take it for an argument of the line's end before it
        first = f"{{{first[0]}}}{first[1:]}"
    return " & ".join([first, *others]).rstrip() + r" \\"


def _float(body: Sequence[str], table: Table, form: Form) -> Iterator[str]:
    """Yield the lines of a table that floats. Without a caption, it has the first line above the table."""
    caption = form.caption if form.caption is not None else "; ".join(table.above)
    yield "\\begin{table}"
    yield "\\centering"
    yield f"\\caption{{{latex(caption)}}}"
    if form.label is not None:
        yield f"\\label{{{form.label}}}"
    yield from body
    yield "\\end{table}"


def _column(column: Column, at: int, sections: Sequence[Sequence[Sequence[Any]]], exact: bool) -> _Column:
    values = [row[at] for rows in sections for row in rows]
    unit, letter = (1, "") if exact or column.short is None else unit_of(values)
    write = column.write if exact or column.short is None else column.short
    shown = Printed(column, at, "", column.write if any(isinstance(value, int) for value in values) else write)
    texts = [[_text(shown, row, unit) for row in rows] for rows in sections]
    heading = [latex(text) for text in lines(column.heading).split("\n")]
    heading[-1] = " ".join(filter(None, [heading[-1], f"({letter})" if letter else ""]))
    numbers = [_NUMBER.fullmatch(text) for text in chain(*texts)] if column.right else []
    known = [number for number in numbers if number is not None]
    if not known:
        return _words(shown, sections, heading)
    return _of_numbers(known, heading, texts)


def _text(shown: Printed, row: Sequence[Any], unit: int) -> str:
    value = row[shown.at]
    if unit > 1 and isinstance(value, int):
        sign = "+" if value > 0 and shown.write(value).startswith("+") else ""
        return f"{sign}{value / unit:.2f}" if value else "0"
    return cell(shown, row)


def unit_of(values: Sequence[Any]) -> tuple[int, str]:
    """Return the unit of a column: the greatest in which no number but 0 is rounded to 0.00, or 1.

    >>> unit_of([5_419_008, 286_732_160, 0]), unit_of([464, 11_422_648]), unit_of([1, 2_000_000])
    ((1000000, 'M'), (1000, 'k'), (1, ''))
    """
    sizes = [abs(value) for value in values if isinstance(value, int) and value]
    for unit, letter in _UNITS:
        if sizes and unit <= 100 * min(sizes) and unit <= max(sizes) < unit * _MOST:
            return unit, letter
    return 1, ""


def _of_numbers(known: Sequence[re.Match[str]], heading: list[str], texts: Sequence[Sequence[str]]) -> _Column:
    """Return a column of siunitx, which aligns numbers at the point. A sign of percent goes to the heading."""
    whole = max(len(number["whole"].replace(",", "")) for number in known)
    part = max(len(number["part"] or "") for number in known)
    signs = {number["sign"] for number in known}
    sign = "+" if "+" in signs else "-" if "-" in signs else ""
    more = ", retain-explicit-plus" if sign == "+" else ""
    in_percent = all(number["unit"] for number in known)
    if in_percent:
        heading = [*heading[:-1], f"{heading[-1]} (\\%)".strip()]
    decimals = f".{part}" if part else ""
    return _Column(
        f"S[table-format={sign}{whole}{decimals}{more}]",
        [f"{{{text}}}" if text else "" for text in heading],
        [[_number(text, in_percent) for text in rows] for rows in texts],
    )


def _number(text: str, in_percent: bool) -> str:
    number = _NUMBER.fullmatch(text)
    if number is None or (number["unit"] and not in_percent):
        return f"{{{latex(text)}}}" if text else ""
    return f"{number['sign']}{number['whole'].replace(',', '')}{'.' + number['part'] if number['part'] else ''}"


def _words(shown: Printed, sections: Sequence[Sequence[Sequence[Any]]], heading: Sequence[str]) -> _Column:
    if shown.column.math:
        return _formulas([[row[shown.at] for row in rows] for rows in sections], heading)
    cells = [[_words_of(cell(shown, row), shown.column) for row in rows] for rows in sections]
    return _Column("r" if shown.column.right else "l", heading, cells)


def _formulas(sections: Sequence[Sequence[str]], heading: Sequence[str]) -> _Column:
    """Return a column of math. One with long formulas has a width, at which LaTeX breaks them after a sign."""
    is_long = max(len(_MARKUP.sub("", formula)) for formula in chain(*sections)) > _LONG_FORMULA
    kind = r">{\raggedright\arraybackslash}p{0.38\linewidth}" if is_long else "l"
    return _Column(kind, heading, [[f"${formula}$" for formula in rows] for rows in sections])


def _words_of(text: str, column: Column) -> str:
    parts = [f"\\texttt{{{latex(part)}}}" if column.code and part else latex(part) for part in text.split("\n")]
    stacked = r"\\".join(parts)
    return stacked if len(parts) == 1 else f"\\shortstack[{'r' if column.right else 'l'}]{{{stacked}}}"
