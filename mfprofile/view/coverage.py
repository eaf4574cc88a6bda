"""What of a traced network is counted, and what is not: in words, and as JSON. Here nothing loads torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mfprofile.view.numbers import grouped, plural

if TYPE_CHECKING:
    from mfprofile.trace.ledger import Trace, Uncovered

MOST_NAMED = 4
"""How many of what is unused, or recurrent, is named for people."""


def coverage(found: Trace) -> Iterator[str]:
    """Yield what of the network is counted: the operators that are not, and recurrent layers."""
    operators = [one for one in found.uncovered if not one.recurrent]
    recurrent = [row for row in found.rows if row.kind in {one.operator for one in found.uncovered if one.recurrent}]
    if not found.uncovered:
        yield "every operator is counted"
        return
    elements = sum(row.elements for row in found.rows if row.kind != "table")
    yield f"counted: operators with {_percent(found)} % of all elements; NOT counted:"
    yield from (f"  {_operator(one, elements)}" for one in operators)
    if recurrent:
        yield f"  recurrent layers: {some([f'{row.name} ({row.kind})' for row in recurrent])}"


def _percent(found: Trace) -> str:
    """Return the share that is counted, rounded down, so that it never reads as all of it."""
    tenths = found.coverage.numerator * 1000 // found.coverage.denominator
    return f"{tenths // 10}.{tenths % 10}"


def _operator(one: Uncovered, elements: int) -> str:
    share = f"{100 * one.elements / elements:.1f}" if elements else "0"
    elements_of = f"{grouped(one.elements)} {plural('element', one.elements)}"
    return f"{one.operator}: {grouped(one.count)} {plural('time', one.count)}, {elements_of} ({share} %)"


def some(names: list[str]) -> str:
    """Return names in a line, the first of them where there are many."""
    more = [f"and {len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else []
    return ", ".join([*names[:MOST_NAMED], *more])


def coverage_json(found: Trace) -> Mapping[str, Any]:
    """Return the same as JSON holds it."""
    elements = sum(row.elements for row in found.rows if row.kind != "table")
    return {
        "elements": elements,
        "uncovered_elements": sum(one.elements for one in found.uncovered),
        "uncovered": [
            {"operator": one.operator, "count": one.count, "elements": one.elements, "recurrent": one.recurrent}
            for one in found.uncovered
        ],
    }
