"""Which parameters of a network in code need a gradient, and what of its causal attention is counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mfprofile.cost.bill import Bill
from mfprofile.view.numbers import grouped


def frozen_lines(bill: Bill) -> Iterator[str]:
    """Yield a line with the trainable and the frozen parameters, if some are frozen."""
    if bill.subject.frozen:
        trainable = bill.params - bill.subject.frozen
        yield f"params: {grouped(trainable)} trainable, {grouped(bill.subject.frozen)} frozen (requires_grad=False)"


def gradients_json(bill: Bill) -> Mapping[str, Any]:
    """Return the trainable and the frozen parameters of a network that ran, and how causal attention is counted."""
    subject = bill.subject
    if not subject.fill:
        return {}
    causal = {"causal": subject.causal} if subject.causal else {}
    return {"trainable": bill.params - subject.frozen, "frozen": subject.frozen, **causal}
