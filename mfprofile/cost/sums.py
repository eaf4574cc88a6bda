"""Sums over ops and rows of any network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Generic, NamedTuple

from mfprofile.cost.ops import Cost, activations
from mfprofile.cost.rows import Part, Row
from mfprofile.spec.dimension import D, Size
from mfprofile.spec.names import LATENCY

if TYPE_CHECKING:
    from mfprofile.cost.bill import Bill


class Total(Generic[D]):
    """The sums of some rows: `madds` as the bill's convention counts them, `params` and `activations`.

    `latency` is the sum of the nanoseconds that a latency model predicts; None without a model, and for rows of which
    none has a price.
    """

    __slots__ = ("activations", "latency", "madds", "name", "params")

    def __init__(
        self,
        name: str,
        madds: Size[D] = 0,
        params: Size[D] = 0,
        activations: Size[D] = 0,
        latency: Size[D] | None = None,
    ) -> None:
        self.name = name
        self.madds = madds
        self.params = params
        self.activations = activations
        self.latency = latency

    def amounts(self) -> dict[str, Size[D]]:
        """Return the sums by name, latency only if it is known."""
        counted = {"madds": self.madds, "params": self.params, "activations": self.activations}
        return counted if self.latency is None else {**counted, LATENCY: self.latency}

    def __repr__(self) -> str:
        return f"Total({self.name}, madds={self.madds}, params={self.params})"


class Entry(NamedTuple, Generic[D]):
    """A row, the name of the total that it is added to, and its multiply-adds as a convention counts them.

    `latency` is None if no model predicts it.
    """

    name: str
    row: Row[D]
    madds: Size[D]
    latency: Size[D] | None = None


def totals_of(entries: Iterable[Entry[D]]) -> dict[str, Total[D]]:
    """Return the totals by name, in the order in which the names first occur."""
    totals: dict[str, Total[D]] = {}
    for name, row, madds, latency in entries:
        total = totals.get(name)
        if total is None:
            total = totals[name] = Total(name)
        total.madds = total.madds + madds
        total.params = total.params + row.params
        total.activations = total.activations + row.activations
        if latency is not None:
            total.latency = latency if total.latency is None else total.latency + latency
    return totals


def whole_of(bill: Bill) -> Total[int]:
    """Return the total of a bill, with its latency if there is a latency model."""
    latency = None if bill.device is None else bill.latency
    return Total("total", bill.madds, bill.params, bill.activations, latency)


def minus(new: Total[int], old: Total[int]) -> Total[int]:
    """Return the difference of two totals, under the name of the new one. A latency that is not known counts as 0.

    If neither is known, nor is the difference.
    """
    times = [total.latency for total in (new, old)]
    latency = None if times == [None, None] else (times[0] or 0) - (times[1] or 0)
    madds, params = new.madds - old.madds, new.params - old.params
    return Total(new.name, madds, params, new.activations - old.activations, latency)


def costs_of(parts: Iterable[Part[D]]) -> list[Cost[D]]:
    """Return the cost of each op of the parts, in running order."""
    return [cost for part in parts for _, _, cost in part.ops]


def params_of(parts: Sequence[Part[D]], without: frozenset[str] = frozenset()) -> Size[D]:
    """Return the number of parameters of all ops, except ops of the kinds `without`."""
    return sum([cost.weights + cost.biases for cost in costs_of(parts) if cost.kind not in without])


def activations_of(parts: Sequence[Part[D]]) -> Size[D]:
    """Return the number of values that all ops output. Parameters that are only read do not count."""
    return sum([activations(cost) for cost in costs_of(parts)])
