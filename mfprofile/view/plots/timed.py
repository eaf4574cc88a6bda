"""A predicted latency in a picture of bills: it is drawn in milliseconds, beside counts, and named as predicted."""

from __future__ import annotations

from collections.abc import Callable

from mfprofile.cost.bill import Bill
from mfprofile.cost.tested import accuracy, kinds_of
from mfprofile.spec.names import LATENCY
from mfprofile.view.numbers import human, milliseconds

_NANOSECONDS = 10**6


def unit_size(quantity: str) -> int:
    """Return how much of a quantity is 1 on its axis: the nanoseconds of a millisecond for latency, else 1."""
    return _NANOSECONDS if quantity == LATENCY else 1


def figure_of(quantity: str) -> Callable[[int], str]:
    """Return how an amount of a quantity is written at a bar: rounded, and latency in milliseconds."""
    return (lambda amount: milliseconds(amount, 2)) if quantity == LATENCY else human


def unit_name(quantity: str, bill: Bill) -> str:
    """Return the name of a quantity for an axis: the unit of multiply-adds, Parameters, or predicted milliseconds."""
    return {"madds": bill.convention.unit, LATENCY: "Predicted ms"}.get(quantity, "Parameters")


def counted_how(quantity: str, bill: Bill, *others: Bill) -> str:
    """Return how a quantity was counted, or by which latency model it is predicted, '' for parameters.

    `others` are further bills in the picture, with the same latency model.
    """
    if quantity == "madds":
        return f"convention '{bill.convention.name}'"
    if quantity != LATENCY or bill.device is None:
        return ""
    left_out = f", without {sum(bill.unpriced.values())} ops that it never saw" if bill.unpriced else ""
    words = f"latency model '{bill.device.name}', {accuracy(bill.device, kinds_of([bill, *others]))}{left_out}"
    return words.replace(" %", "\N{NO-BREAK SPACE}%")


def quantities_of(bill: Bill) -> tuple[str, ...]:
    """Return the quantities to draw of a bill: multiply-adds, parameters and, with a latency model, latency."""
    return ("madds", "params") if bill.device is None else ("madds", "params", LATENCY)
