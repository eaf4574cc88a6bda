"""What of a network is counted and what is not, as text and for JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from mfprofile.cost.bill import Bill
from mfprofile.cost.subject import Subject, Uncovered, gaps, is_whole
from mfprofile.spec.words import listed, several
from mfprofile.view.gradients import frozen_lines
from mfprofile.view.values import MOST_NAMED, decided


def notes(bill: Bill) -> list[str]:
    """Return lines on how a network in code was counted: which values decided what ran, what is not counted, remarks.

    There are none if nothing has to be said.
    """
    subject = bill.subject
    uncounted = () if is_whole(subject) else coverage(bill)
    return [*decided(bill), *uncounted, *other_remarks(subject), *frozen_lines(bill)]


def other_remarks(subject: Subject) -> list[str]:
    """Return the remarks on how a network was counted, without those on what is not counted: `coverage` has these."""
    return [remark.text for remark in subject.remarks if not remark.is_gap]


def coverage(bill: Bill) -> Iterator[str]:
    """Yield lines on the coverage of the count: the operators and tensors that it leaves out."""
    subject = bill.subject
    if is_whole(subject):
        yield "every operator is counted"
        return
    yield "NOT counted, so the total is a lower bound:"
    yield from (f"  {_operator(one)}" for one in subject.uncovered)
    yield from (f"  {line}" for line in outside_lines(subject))
    yield from (f"  {remark.text}" for remark in gaps(subject))
    if any(one.unsized for one in subject.uncovered):
        yield "what share of all elements the counted operators have is not known, because some sizes are not"
    elif subject.uncovered:
        share = _percent(_elements(bill), subject.uncovered)
        yield f"the counted operators have {share} % of all elements; their share of the multiply-adds is not known"


def outside_lines(subject: Subject) -> Iterator[str]:
    """Yield a line for each origin of tensors that are not accounted for, with the operators that read them."""
    for origin in dict.fromkeys(one.origin for one in subject.outside):
        places = [one.place for one in subject.outside if one.origin == origin]
        number = sum(one.count for one in subject.outside if one.origin == origin)
        yield f"tensors {origin}: {number}, read by {listed(places, MOST_NAMED)}"


def coverage_json(bill: Bill) -> Mapping[str, Any]:
    """Return the coverage for JSON. The elements are values, not multiply-adds."""
    subject = bill.subject
    return {
        "complete": is_whole(subject),
        "elements": _elements(bill),
        "uncovered_elements": sum(one.elements for one in subject.uncovered),
        "uncovered": [asdict(one) for one in subject.uncovered],
        "outside": [asdict(one) for one in subject.outside],
        "gaps": [remark.text for remark in gaps(subject)],
    }


def _elements(bill: Bill) -> int:
    """Return the elements of all ops except those of tables, which are read and not computed."""
    return int(sum(row.elements for row in bill.rows if row.kind != "table"))


def _percent(elements: int, uncovered: Sequence[Uncovered]) -> str:
    """Return the counted share in percent, rounded down, so that a part never reads as 100."""
    counted = elements - sum(one.elements for one in uncovered)
    tenths = counted * 1000 // elements if elements else 1000
    return f"{tenths // 10}.{tenths % 10}"


def _operator(one: Uncovered) -> str:
    if one.unsized == one.count:
        return f"{one.operator}: {several(one.count, 'time')}, elements not known"
    some = f", and those of {several(one.unsized, 'time')} not known" if one.unsized else ""
    return f"{one.operator}: {several(one.count, 'time')}, {several(one.elements, 'element')}{some}"
