"""The verdict on a network: each limit with the counted amount, and the heaviest parts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil, floor
from typing import TYPE_CHECKING

from mfprofile.budget.knobs import Knob, knobs
from mfprofile.budget.limits import Limit
from mfprofile.cost.bill import Bill
from mfprofile.cost.measures import measure
from mfprofile.cost.rows import Part
from mfprofile.cost.training import mode_of
from mfprofile.cost.weights import Convention
from mfprofile.errors import InputError
from mfprofile.notebook import in_short, shown_as
from mfprofile.spec.model import Spec
from mfprofile.spec.names import LATENCY, MEMORY

if TYPE_CHECKING:
    from mfprofile.cost.memory import Peak


@dataclass(frozen=True, slots=True)
class Terms:
    """How a network is measured: the convention for multiply-adds, and the batch and the type of values for memory.

    The convention is that of limits that do not have their own. If it is `required`, limits in another are refused.
    With `training`, multiply-adds are those of a forward and a backward pass.
    """

    convention: Convention
    batch: int = 1
    dtype: str = "float32"
    required: bool = False
    training: bool = False

    @property
    def mode(self) -> str:
        """Return the mode of the bills."""
        return mode_of(self.training)

    def amount(self, name: str, bill: Bill) -> int:
        """Return a bill's amount of a quantity. Memory is the peak of live memory in one inference, in bytes.

        A latency is in nanoseconds.

        Raises `InputError` for something that the network does not have: pillars, or a known data flow.
        """
        return self.peak(bill).bytes if name == MEMORY else int(bill.amount(name))

    def peak(self, bill: Bill) -> Peak:
        """Return the peak memory of a bill's network. Raise `InputError` if it is not known."""
        from mfprofile.cost.memory import Inference, peak_memory

        return peak_memory(bill, *Inference(self.batch, self.dtype).of(bill))


@dataclass(frozen=True, slots=True)
class Finding:
    """One limit compared with one network.

    `counted` is the amount of the limited quantity, and `allowed` the largest or smallest whole number that meets the
    limit. For a share, `allowed` is that part of `whole`, the network's own amount. It is rounded towards the side that
    meets the limit, which changes no comparison.
    """

    limit: Limit
    counted: int
    allowed: int
    whole: int | None = None

    @property
    def holds(self) -> bool:
        """Return whether the limit is met, exactly."""
        return self.counted <= self.allowed if self.limit.most else self.counted >= self.allowed

    @property
    def excess(self) -> int:
        """Return the amount above the limit, negative below it."""
        return self.counted - self.allowed


@dataclass(frozen=True, repr=False)
class Verdict:
    """All the findings on one network, known by `reference`. `bill` is its count in the convention of the terms.

    `spec` is the spec of the network, None for a network in code, which has no known knobs. `is_partial` if
    something is not counted, or has no predicted latency, that must have. `is_new` if a baseline has no bill of the
    network and may have none.
    """

    reference: str
    spec: Spec | None
    bill: Bill
    terms: Terms
    findings: Sequence[Finding]
    is_partial: bool = False
    is_new: bool = False

    @property
    def holds(self) -> bool:
        """Return whether each limit is met, and all is counted that must be."""
        return not self.missed and not self.is_partial

    @property
    def missed(self) -> list[Finding]:
        """Return the findings of the limits that are not met."""
        return [finding for finding in self.findings if not finding.holds]

    @property
    def is_timed(self) -> bool:
        """Return whether a limit is on a predicted latency."""
        return any(_is_latency(finding.limit) for finding in self.findings)

    @cached_property
    def knobs(self) -> Sequence[Knob]:
        """Return the knobs that could be turned to meet a limit."""
        return [] if self.spec is None else knobs(self.spec)

    def __repr__(self) -> str:
        missed = ", ".join(f"{one.limit.name} {one.counted}, limit {one.allowed}" for one in self.missed)
        return f"Verdict({in_short(self.reference)}, holds={self.holds}{f', missed: {missed}' if missed else ''})"

    _repr_html_ = shown_as("verdict")


def judged(
    reference: str,
    spec: Spec | None,
    bill: Bill,
    limits: Iterable[Limit],
    terms: Terms,
    *,
    is_partial: bool = False,
    is_new: bool = False,
) -> Verdict:
    """Return the verdict on a counted network, with the finding of each limit."""
    findings = [finding(limit, bill, terms) for limit in limits]
    return Verdict(reference, spec, bill, terms, findings, is_partial, is_new)


def finding(limit: Limit, bill: Bill, terms: Terms) -> Finding:
    """Return the finding of a limit on a counted network, in the limit's own convention.

    Raises `InputError` for a limit on memory of which only a lower bound is known, if that does not decide.
    """
    bill = in_its_convention(limit, bill)
    counted = terms.amount(limit.name, bill)
    if isinstance(limit.amount, int):
        result = Finding(limit, counted, limit.amount)
        if limit.name == MEMORY and result.holds is limit.most:
            _refuse_unseen(bill)
        return result
    whole = terms.amount(limit.name.partition(".")[2], bill)
    share = limit.amount * whole
    return Finding(limit, counted, floor(share) if limit.most else ceil(share), whole)


def is_priced(bill: Bill, limits: Iterable[Limit]) -> bool:
    """Return whether the latency model knows each op of a network, or no limit is on its latency."""
    return not (bill.unpriced and any(_is_latency(limit) for limit in limits))


def _is_latency(limit: Limit) -> bool:
    return limit.name.rpartition(".")[2] == LATENCY


def _refuse_unseen(bill: Bill) -> None:
    """Raise `InputError` for a network of which the bytes of some tensors are not known."""
    flow = bill.subject.dataflow
    if flow is not None and flow.unseen:
        what = f"{MEMORY}: only a lower bound is known, without the tensors of {', '.join(flow.unseen)}"
        raise InputError(f"{bill.name}: {what}; remove its limit")


def in_its_convention(limit: Limit, bill: Bill) -> Bill:
    """Return the bill in the convention of a limit."""
    return bill.under(limit.convention) if limit.convention else bill


def heaviest(name: str, bill: Bill, axis: str, most: int) -> list[tuple[str, int]]:
    """Return the blocks, pillars or modules (`axis`) with the largest amounts of a sum, the heaviest first."""
    amounts = [pair for pair in amounts_by(name, bill, axis).items() if pair[1]]
    return sorted(amounts, key=lambda pair: -pair[1])[:most]


def amounts_by(name: str, bill: Bill, axis: str) -> dict[str, int]:
    """Return the amount of a sum in each block, pillar or module (`axis`)."""
    quantity = measure(name)
    groups: dict[str, list[Part]] = {}
    for part in bill.parts:
        if quantity.pillar in (None, part.pillar):
            groups.setdefault(part.on(axis), []).append(part)
    return {label: int(quantity.of(parts, bill.convention, bill.subject.batch)) for label, parts in groups.items()}
