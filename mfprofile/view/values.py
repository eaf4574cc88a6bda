"""Whether values decided what a network ran, as text and for JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mfprofile.cost.bill import Bill
from mfprofile.spec.words import listed, several
from mfprofile.trace import SEED

if TYPE_CHECKING:
    from mfprofile.cost.subject import ValueRead

MOST_NAMED = 4
"""How many operators, modules or unused parameters a line names."""
_HELD = {"zeros": "inputs of zeros", "random": "random inputs", "given": "the given inputs"}


def decided(bill: Bill) -> Iterator[str]:
    """Yield a line if the network read values: other weights or inputs can then have another bill."""
    if bill.subject.values_read:
        reads = listed([_read(each) for each in bill.subject.values_read], MOST_NAMED)
        yield (
            f"values decided what ran: {reads}; "
            f"the bill holds for one draw of weights (seed {SEED}) and {_HELD[bill.subject.fill]}"
        )


def values_json(bill: Bill) -> Mapping[str, Any]:
    """Return what the inputs held and where the network read values, for the JSON of a network that ran; else {}."""
    subject = bill.subject
    if not subject.fill:
        return {}
    reads = [asdict(each) for each in subject.values_read]
    return {"values": {"decided": bool(reads), "inputs": subject.fill, "seed": SEED, "reads": reads}}


def _read(read: ValueRead) -> str:
    times = f", {several(read.count, 'time')}" if read.count > 1 else ""
    return f"{read.operator} in {read.module or '(self)'}{times}"
