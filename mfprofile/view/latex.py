"""Tables in LaTeX: rules of booktabs, numbers for siunitx."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, groupby, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from mfprofile.view.choosing import only
from mfprofile.view.escape import line, lines
from mfprofile.view.latex_amounts import split_amounts, unit_of
from mfprofile.view.latex_fitting import THIN, Wide, em, fitting
from mfprofile.view.latex_text import beyond_latin, latex, quoted, thousands
from mfprofile.view.numbers import grouped, human
from mfprofile.view.printing import Printed, cell

if TYPE_CHECKING:
    from mfprofile.view.form import Form
    from mfprofile.view.tables import Column, Table

_NUMBER = re.compile(r"(?P<mark>≠ )?(?P<sign>[-+]?)(?P<whole>[\d,]+)(?:\.(?P<part>\d+))?(?P<unit> %)?")
_NEXT = ("", "\\medskip", "\\noindent")
"""The lines between the blocks of a table: a paragraph ends, and some space."""
_WIDER = {None: "use --span 2, or choose", 1: "use --span 2, or choose", 2: "choose"}
_MARKUP = re.compile(r"\\[a-z]+|[{}^ ]")


_Sections: TypeAlias = "Sequence[Sequence[Sequence[Any]]]"


class _Unit(NamedTuple):
    """The unit of a column: its size and its letter; `exact` is whether the form asks for whole numbers."""

    exact: bool
    size: int = 1
    letter: str = ""


class _Column(NamedTuple):
    """A column in LaTeX: its kind, its heading in lines, its cells, its width in em, and the heading of its group.

    One that `wraps` can become a column of paragraphs. One that is `joined` stays beside the one before it.
    """

    kind: str
    heading: Sequence[str]
    cells: Sequence[Sequence[str]]
    width: float
    group: str = ""
    wraps: bool = False
    joined: bool = False


def latex_of(table: Table, form: Form) -> str:
    """Return the table in LaTeX: a `tabular`, or with a caption or a label a `table` around it.

    The lines above and below the table are comments. Numbers that a narrow table would round have the unit of their
    column or group of columns (k, M or G) and two decimals, or are exact if the form says so. A table is made to fit
    the text of an article, or one or two columns of its page: it can become several tables, one below the other.
    """
    table = _undrawn(table)
    sections = [table.data, *table.summary]
    units = _units(table, sections, form.exact)
    joined = [two.joined or (bool(one.group) and one.group == two.group) for one, two in pairwise(table.columns)]
    columns = [
        each
        for at, (column, in_group) in enumerate(zip(table.columns, (False, *joined), strict=True))
        for each in _columns(column, at, sections, units[at], in_group)
    ]
    fit = fitting([Wide(column.width, column.wraps, column.joined) for column in columns], form.span)
    blocks = [
        [columns[at]._replace(kind=kind or columns[at].kind) for at, kind in block.items()] for block in fit.blocks
    ]
    body = [text for at, block in enumerate(blocks) for text in (*(_NEXT if at else ()), *_tabular(block))]
    if form.span == 2 or form.caption is not None or form.label is not None:
        body = list(_float([*fit.settings, *body], table, form))
    elif fit.settings:
        body = ["\\begingroup", *fit.settings, "\\noindent", *body, "\\endgroup"]
    letters = beyond_latin("".join(body))
    needs = [f"needs XeLaTeX or LuaLaTeX for: {letters}"] if letters else []
    needs += [f"is wider than the text; {_WIDER[form.span]} columns with --columns"] if fit.overflows else []
    notes = ["needs \\usepackage{booktabs,siunitx}", *needs, *table.above]
    return "".join(f"{text}\n" for text in (*map(comment, notes), *body, *map(comment, filter(None, table.below))))


def _undrawn(table: Table) -> Table:
    """Return a table without its columns of bars, which letters draw for a terminal."""
    return only(table, [at for at, column in enumerate(table.columns) if not column.drawn])


def comment(text: str) -> str:
    """Return text as a comment of LaTeX."""
    return f"% {line(text)}"


def _tabular(columns: Sequence[_Column]) -> Iterator[str]:
    yield f"\\begin{{tabular}}{{{' '.join(column.kind for column in columns)}}}"
    yield "\\toprule"
    yield from _groups([column.group for column in columns])
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


def _groups(names: Sequence[str]) -> Iterator[str]:
    """Yield the row with the headings of groups of columns, and a rule below each."""
    if not any(names):
        return
    runs = [(name, list(run)) for name, run in groupby(range(len(names)), names.__getitem__)]
    yield _row([f"\\multicolumn{{{len(at)}}}{{c}}{{{name}}}" if name else " & " * (len(at) - 1) for name, at in runs])
    yield "".join(f"\\cmidrule(lr){{{at[0] + 1}-{at[-1] + 1}}}" for name, at in runs if name)


def _row(cells: Sequence[str]) -> str:
    first, *others = cells
    if first.startswith(("[", "*")):  # LaTeX would take it for an argument of the line's end before it
        first = f"{{{first[0]}}}{first[1:]}"
    return " & ".join([first, *others]).rstrip() + r" \\"


def _float(body: Sequence[str], table: Table, form: Form) -> Iterator[str]:
    """Yield the lines of a table that floats. Without a caption of the user, it has that of the table."""
    caption = latex(form.caption) if form.caption is not None else quoted(latex(_caption(table)))
    name = "table*" if form.span == 2 else "table"
    yield f"\\begin{{{name}}}"
    yield "\\centering"
    yield f"\\caption{{{caption}}}"
    if form.label is not None:
        yield f"\\label{{{form.label}}}"
    yield from body
    yield f"\\end{{{name}}}"


def _caption(table: Table) -> str:
    """Return the caption of a table: its own, or the first line above it."""
    return table.caption or (f"{table.above[0]}." if table.above else "")


def _units(table: Table, sections: _Sections, exact: bool) -> list[_Unit]:
    """Return the unit of each column. Columns of a group share one."""
    values: dict[str, list[Any]] = {}
    keys = [column.group or str(at) for at, column in enumerate(table.columns)]
    for at, column in enumerate(table.columns):
        if (column.write is human or column.short not in (None, column.write)) and not exact:
            values.setdefault(keys[at], []).extend(row[at] for rows in sections for row in rows)
    return [_Unit(exact, *unit_of(values.get(key, []))) for key in keys]


def _columns(column: Column, at: int, sections: _Sections, unit: _Unit, joined: bool) -> list[_Column]:
    """Return the columns of LaTeX for a column: one, or two if it has amounts with differences in percent."""
    is_amount = any(isinstance(row[at], int) for rows in sections for row in rows)
    write = grouped if column.write is human and is_amount else column.write
    heading = lines(column.within or column.heading).split("\n")
    group = latex(lines(column.group))
    if column.right and not is_amount and column.percent is None:
        shown = Printed(column, at, "", write)
        split = split_amounts([[cell(shown, row) for row in rows] for rows in sections], unit.exact)
        if split is not None:
            letter, *parts = split
            in_lines = [*heading, f"({letter})"] if group and letter else _with_unit(heading, letter)
            headings = [in_lines, ["%"]]
            return [
                _of_numbers(head, part)._replace(group=group, joined=joined or head is headings[1])
                for head, part in zip(headings, parts, strict=True)
                if part
            ]
    short = column.percent or (None if unit.exact or is_amount else column.short)
    shown = Printed(column, at, "", short or write)
    texts = [[_text(shown, row, unit.size) for row in rows] for rows in sections]
    if not column.group:
        heading = _with_unit(heading, unit.letter)
    is_number = column.right and any(map(_NUMBER.fullmatch, chain(*texts)))
    made = _of_numbers(heading, texts) if is_number else _words(shown, sections, heading)
    in_group = f"{group} ({unit.letter})" if group and unit.letter else group
    return [made._replace(group=in_group, wraps=column.wraps or column.math, joined=joined)]


def _with_unit(heading: Sequence[str], letter: str) -> list[str]:
    return [*heading[:-1], f"{heading[-1]} ({letter})".strip()] if letter else list(heading)


def _text(shown: Printed, row: Sequence[Any], unit: int) -> str:
    value = row[shown.at]
    if unit > 1 and isinstance(value, int):
        sign = "+" if value > 0 and shown.write(value).startswith("+") else ""
        return f"{sign}{value / unit:.2f}" if value else "0"
    return cell(shown, row)


def _of_numbers(heading: list[str], texts: Sequence[Sequence[str]]) -> _Column:
    """Return a column of siunitx, which aligns numbers at the point. A sign of percent goes to the heading."""
    known = [number for number in map(_NUMBER.fullmatch, chain(*texts)) if number is not None]
    whole = max(len(number["whole"].replace(",", "")) for number in known)
    part = max(len(number["part"] or "") for number in known)
    signs = {number["sign"] for number in known}
    sign = "+" if "+" in signs else "-" if "-" in signs else ""
    more = ", retain-explicit-plus" if sign == "+" else ""
    in_percent = all(number["unit"] for number in known)
    if in_percent:
        heading = [*heading[:-1], heading[-1] if heading[-1] == "%" else f"{heading[-1]} (%)".strip()]
    decimals = f".{part}" if part else ""
    digits = f"{sign}{'0' * whole}{decimals and '.' + '0' * part}{THIN * ((whole - 1) // 3)}"
    return _Column(
        f"S[table-format={sign}{whole}{decimals}{more}]",
        [f"{{{latex(text)}}}" if text else "" for text in heading],
        [[_number(text, in_percent) for text in rows] for rows in texts],
        max(map(em, (digits, *heading, *(text for text in chain(*texts) if not _NUMBER.fullmatch(text))))),
    )


def _number(text: str, in_percent: bool) -> str:
    number = _NUMBER.fullmatch(text)
    if number is None or (number["unit"] and not in_percent):
        return f"{{{thousands(latex(text))}}}" if text else ""
    mark = r"{\llap{$\neq$\,}} " if number["mark"] else ""
    return f"{mark}{number['sign']}{number['whole'].replace(',', '')}{'.' + number['part'] if number['part'] else ''}"


def _words(shown: Printed, sections: _Sections, heading: Sequence[str]) -> _Column:
    if shown.column.math:
        return _formulas([[row[shown.at] for row in rows] for rows in sections], heading)
    texts = [[cell(shown, row) for row in rows] for rows in sections]
    cells = [[_words_of(text, shown.column) for text in rows] for rows in texts]
    widest = max(em(part) for text in (*heading, *chain(*texts)) for part in text.split("\n"))
    return _Column("r" if shown.column.right else "l", list(map(latex, heading)), cells, widest)


def _formulas(sections: Sequence[Sequence[str]], heading: Sequence[str]) -> _Column:
    """Return a column of math. LaTeX breaks long formulas after a sign, if the column has paragraphs."""
    widest = max(em(_MARKUP.sub("", text)) for text in (*heading, *chain(*sections)))
    return _Column("l", list(map(latex, heading)), [[f"${formula}$" for formula in rows] for rows in sections], widest)


def _words_of(text: str, column: Column) -> str:
    parts = [f"\\texttt{{{latex(part)}}}" if column.code and part else latex(part) for part in text.split("\n")]
    if column.right:
        parts = list(map(thousands, parts))
    stacked = r"\\".join(parts)
    return stacked if len(parts) == 1 else f"\\shortstack[{'r' if column.right else 'l'}]{{{stacked}}}"
