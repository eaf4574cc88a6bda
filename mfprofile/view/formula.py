"""Closed formulas and explained blocks, as text and tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sympy

from mfprofile.cost.complexity import Complexity, complexities
from mfprofile.cost.explain import MEANINGS, ExplainedRow
from mfprofile.cost.formulas import Formulas
from mfprofile.spec.problems import unknown
from mfprofile.view.choosing import chosen
from mfprofile.view.escape import line
from mfprofile.view.form import Form
from mfprofile.view.grid import prose
from mfprofile.view.numbers import grouped
from mfprofile.view.streams import stdout_text
from mfprofile.view.tables import Column, Table, render
from mfprofile.view.terminal import stdout_width

STYLES = ("plain", "latex", "python")
INLINE = "latex-inline"
"""The style of LaTeX for tables: fractions have no two lines."""
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def written(expression: Any, style: str = "plain") -> str:
    """Return a polynomial as text: plain, LaTeX or Python. Raises `InputError` for another style.

    >>> M, d = sympy.symbols("M d")
    >>> written(22 * M**2 * d + 11 * d**2 / 2 + 7)
    '22·M²·d + 11/2·d² + 7'
    """
    expression = sympy.sympify(expression)
    if style in ("latex", INLINE):
        return _latex(expression, style == INLINE)
    if style == "python":
        return _python(expression)
    if style != "plain":
        raise unknown("style", style, STYLES)
    return _added(_term(factor, powers) for factor, powers in _terms(expression)).replace(" - ", " − ")


def _added(terms: Iterable[str]) -> str:
    """Return the sum of terms, which begin with their sign if it is a minus."""
    return " + ".join(terms).replace("+ -", "- ") or "0"


def _latex(expression: Any, is_inline: bool = False) -> str:
    r"""Return a polynomial in LaTeX, for its math.

    >>> M, d = sympy.symbols("M d")
    >>> print(_latex(1000 * M**2 * d - 11 * d**2 / 2))
    1{,}000 M^{2} d - \frac{11}{2} d^{2}
    >>> print(_latex(1000 * M**2 * d - 11 * d**2 / 2, is_inline=True))
    1{,}000 M^{2} d - 11 d^{2} / 2
    """
    return _added(_latex_term(factor, powers, is_inline) for factor, powers in _terms(expression))


def _latex_term(factor: Any, powers: Sequence[tuple[str, int]], is_inline: bool) -> str:
    above, below = (grouped(abs(int(part))).replace(",", "{,}") for part in (factor.p, factor.q))
    letters = " ".join(_latex_power(name, power) for name, power in powers if power > 0)
    others = " ".join(_latex_power(name, -power) for name, power in powers if power < 0)
    divisor = " ".join(filter(None, ["" if below == "1" else below, others]))
    sign = "-" if factor < 0 else ""
    if divisor and not is_inline:
        return f"{sign}\\frac{{{above}}}{{{divisor}}} {letters}".rstrip()
    product = letters if above == "1" and letters else f"{above} {letters}".rstrip()
    return f"{sign}{product} / {divisor}" if divisor else f"{sign}{product}"


def _latex_power(name: str, power: int) -> str:
    letter = sympy.latex(sympy.Symbol(name))
    return f"{letter}^{{{power}}}" if power > 1 else letter


def _python(expression: Any) -> str:
    """Return a polynomial as Python. It stays exact in whole numbers, because the division comes last.

    >>> M, d = sympy.symbols("M d")
    >>> _python(22 * M**2 * d + 11 * d**2 / 2 + 7)
    '(44*M**2*d + 11*d**2 + 14)//2'
    """
    above, below = sympy.fraction(sympy.together(expression))
    text = _added(_python_term(factor, powers) for factor, powers in _terms(above))
    return text if below == 1 else f"({text})//({below})" if below.free_symbols else f"({text})//{below}"


def _python_term(factor: Any, powers: Sequence[tuple[str, int]]) -> str:
    letters = [f"{name}**{power}" if power > 1 else name for name, power in powers]
    number = [] if abs(factor) == 1 and letters else [str(abs(factor))]
    return ("-" if factor < 0 else "") + "*".join([*number, *letters])


def _terms(expression: Any) -> list[tuple[Any, list[tuple[str, int]]]]:
    """Return the coefficient and powers of each term, highest first. Letters in a divisor have negative powers."""
    letters = sorted(expression.free_symbols, key=lambda letter: (letter.name[0].islower(), letter.name))
    terms = []
    for term in sympy.Add.make_args(sympy.expand(expression)):
        factor, rest = term.as_coeff_Mul()
        powers = rest.as_powers_dict()
        terms.append((factor, [(str(letter), int(powers[letter])) for letter in letters if powers.get(letter)]))
    return sorted(terms, key=lambda term: (-sum(power for _, power in term[1]), [name for name, _ in term[1]]))


def _term(factor: Any, powers: Sequence[tuple[str, int]]) -> str:
    above = [f"{name}{str(power).translate(_SUPERSCRIPTS) if power > 1 else ''}" for name, power in powers if power > 0]
    below = [name for name, power in powers if power < 0]
    number = [] if abs(factor) == 1 and above else [_number(factor)]
    sign = "-" if factor == -1 and above else ""
    return sign + "·".join([*number, *above]) + "".join(f"/{name}" for name in below)


def _number(value: Any) -> str:
    return grouped(int(value)) if value == int(value) else f"{grouped(int(value.p))}/{int(value.q)}"


def formula_text(table: Table, style: str, form: Form) -> str:
    """Return a table of formulas in a form; text in the style of LaTeX or Python has each formula on a line to copy."""
    if form.name != "text" or style == "plain":
        return render(table, form)
    (shown,) = chosen([table], form)
    width = stdout_width()
    above, below = ([part for text in texts for part in prose(text, width)] for texts in (table.above, table.below))
    return "".join(f"{text}\n" for text in (*above, "", *_to_copy(shown), *below))


def _to_copy(table: Table) -> Iterator[str]:
    """Yield each formula on a line of its own, below the name of its part and what it counts."""
    names = [at for at, column in enumerate(table.columns) if not _is_formula(column)]
    for row in table.data:
        for at, column in enumerate(table.columns):
            if _is_formula(column):
                heading = [*(row[name] for name in names), column.heading]
                yield from (stdout_text(line(text)) for text in (f"{', '.join(heading)}:", row[at]))
                yield ""


def _is_formula(column: Column) -> bool:
    return column.key in ("madds", "params")


def formula_table(formulas: Formulas, style: str, name: str, axis: str, convention: str) -> Table:
    """Return a table of the closed formulas of each part, and the meaning of the letters."""
    columns = [
        Column(axis, axis),
        *(
            Column(heading, key, wraps=True, math=style in ("latex", INLINE), code=style == "python")
            for heading, key in (("MAdds", "madds"), ("params", "params"))
        ),
    ]
    data = [[part.name, written(part.madds, style), written(part.params, style)] for part in formulas.parts]
    whole = ["total", written(formulas.total.madds, style), written(formulas.total.params, style)]
    below = [f"{letter} = {key}{_multiple(formulas, letter)}" for letter, key in formulas.symbols.items()]
    *letters, last = map(str, formulas.symbols)
    free = f"{', '.join(letters)} and {last}" if letters else last
    above = [f"{name}: MAdds in convention '{convention}', exact for every valid {free}"]
    return Table(columns, [*data, whole], above=above, below=below)


def _multiple(formulas: Formulas, letter: Any) -> str:
    of = formulas.multiples.get(letter)
    return f", a multiple of {of}" if of else ""


def complexity_table() -> Table:
    """Return a table of the paper's stated complexities and the derived ones."""
    columns = [
        Column("pillar", "pillar"),
        Column("stated", "stated"),
        Column("counted", "counted", wraps=True),
        Column("agrees", "agrees"),
        Column("left out", "left_out", wraps=True),
    ]
    data = [
        [one.name, _stated(one), written(one.derived), _agreement(one), _other_terms(one)] for one in complexities()
    ]
    below = [
        "a generic block: L positions, C channels, E·C hidden, M tokens of dimension d; O output channels if C ≠ out;"
    ]
    below.append("downsampling: L is the number of positions after it. Convention 'core'")
    return Table(columns, data, above=["The paper's complexities (Section 3.3), checked"], below=below)


def _stated(one: Complexity) -> str:
    return f"O({written(one.stated)})"


def _agreement(one: Complexity) -> str:
    if one.exact:
        return "exactly"
    return "in its terms" if one.terms_agree else "no: other terms"


def _other_terms(one: Complexity) -> str:
    return ", ".join(f"{label}: {written(expression)}" for label, expression in one.other_terms.items()) or "–"


def explained_table(rows: Sequence[ExplainedRow], values: Mapping[Any, int], heading: str, unit: str) -> Table:
    """Return a table of the ops of a block or part: their formulas, the same with numbers, and the results."""
    columns = [
        Column("op", "name"),
        Column(unit, "madds_formula"),
        Column("in numbers", "madds_numbers", optional=1),
        Column("", "madds", grouped, right=True, joined=True, within=f"{unit},\nnumber"),
        Column("params", "params_formula"),
        Column("", "params", grouped, right=True, joined=True, within="params,\nnumber"),
    ]
    data = [
        [one.row.name, *_formula(one.madds, values), one.counted, *_formula(one.params, values)[:1], one.row.params]
        for one in rows
    ]
    below = [f"{letter} = {grouped(value)}  {MEANINGS[str(letter)]}" for letter, value in values.items()]
    whole = ["sum", None, None, sum(one.counted for one in rows), None, sum(one.row.params for one in rows)]
    return Table(columns, data, [[whole]], above=[heading], below=below)


def _formula(expression: Any, values: Mapping[Any, int]) -> list[str]:
    if not expression.free_symbols:
        return ["–", "–"] if expression == 0 else [written(expression), written(expression)]
    text = written(expression)
    numbers = {str(letter): str(value) for letter, value in values.items()}
    names = "|".join(sorted(numbers, key=len, reverse=True))  # h₂ before h
    return [text, re.sub(names, lambda match: numbers[match[0]], text)]
