"""Which operators of a network are counted and which are not, as text and for JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from mfprofile.cost.bill import Bill
from mfprofile.cost.subject import Uncovered
from mfprofile.spec.words import listed, several

MOST_NAMED = 4
"""How many unused parameters or recurrent layers a line names."""


def coverage(bill: Bill) -> Iterator[str]:
    """Yield lines on the coverage of the count: the operators that are not counted, and recurrent layers."""
    uncovered = bill.subject.uncovered
    if not uncovered:
        yield "every operator is counted"
        return
    elements = _elements(bill)
    yield f"counted: operators with {_percent(elements, uncovered)} % of all elements; NOT counted:"
    yield from (f"  {_operator(one, elements)}" for one in uncovered if not one.recurrent)
    kinds = {one.operator for one in uncovered if one.recurrent}
    if kinds:
        layers = [f"{row.name} ({row.kind})" for row in bill.rows if row.kind in kinds]
        yield f"  recurrent layers: {listed(layers, MOST_NAMED)}"


def coverage_json(bill: Bill) -> Mapping[str, Any]:
    """Return the coverage for JSON."""
    uncovered = bill.subject.uncovered
    return {
        "elements": _elements(bill),
        "uncovered_elements": sum(one.elements for one in uncovered),
        "uncovered": [asdict(one) for one in uncovered],
    }


def _elements(bill: Bill) -> int:
    """Return the elements of all ops except those of tables, which are read and not computed."""
    return int(sum(row.elements for row in bill.rows if row.kind != "table"))


def _percent(elements: int, uncovered: Sequence[Uncovered]) -> str:
    """Return the counted share in percent, rounded down, so that a part never reads as 100."""
    counted = elements - sum(one.elements for one in uncovered)
    tenths = counted * 1000 // elements if elements else 1000
    return f"{tenths // 10}.{tenths % 10}"


def _operator(one: Uncovered, elements: int) -> str:
    share = f"{100 * one.elements / elements:.1f}" if elements else "0"
    return f"{one.operator}: {several(one.count, 'time')}, {several(one.elements, 'element')} ({share} %)"
