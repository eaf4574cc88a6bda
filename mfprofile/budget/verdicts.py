"""A network judged: each limit with what was counted, and what weighs most in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import TYPE_CHECKING, Protocol

from mfprofile.budget.limits import Limit
from mfprofile.cost.conventions import Convention
from mfprofile.cost.counts import Bill
from mfprofile.cost.measures import measure
from mfprofile.cost.rows import Part
from mfprofile.spec.limits import ADDITIVE, MEMORY
from mfprofile.spec.model import Spec
from mfprofile.spec.problems import InputError

if TYPE_CHECKING:
    from mfprofile.cost.memory import Peak


class Counted(Protocol):
    """A bill, of whatever network: its name, its ops, and the convention that weighs them."""

    @property
    def name(self) -> str:
        """Return the network's name."""

    @property
    def parts(self) -> Sequence[Part]:
        """Return the ops."""

    @property
    def convention(self) -> Convention:
        """Return the convention."""


class CountedCode(Counted, Protocol):
    """The bill of a network in code."""

    @property
    def inputs(self) -> Sequence[str]:
        """Return the shapes and types of what it was given."""

    @property
    def uncovered(self) -> Sequence[str]:
        """Return the operators and recurrent layers that are not counted."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How a network is measured: the convention of its multiply-adds, and for memory the batch and the values' type."""

    convention: Convention
    batch: int = 1
    dtype: str = "float32"

    def amount(self, name: str, bill: Counted) -> int:
        """Return a bill's amount of a quantity: memory in bytes, the peak of what is live in an inference.

        Raises `InputError` for what is of Mobile-Formers alone: pillars, and memory.
        """
        if name == MEMORY:
            return self.peak(bill).bytes
        if "." in name and not isinstance(bill, Bill):
            raise InputError(f"{name}: a network in code has no pillars; there are {', '.join(ADDITIVE)}")
        return int(measure(name).of(bill.parts, self.convention))

    def peak(self, bill: Counted) -> Peak:
        """Return the peak memory of a bill's network; raises `InputError` for a network in code."""
        if not isinstance(bill, Bill):
            raise InputError(f"{MEMORY} is told of specs alone: a network in code has {', '.join(ADDITIVE)}")
        from mfprofile.cost.memory import peak_memory

        return peak_memory(bill, self.batch, self.dtype)


@dataclass(frozen=True, slots=True)
class Finding:
    """One limit held against one network.

    `counted` is the amount of the limited quantity and `allowed` the whole number that it may just reach: of a share,
    that part of `whole`, the network's own amount, rounded towards what the limit allows, which changes no comparison.
    """

    limit: Limit
    counted: int
    allowed: int
    whole: int | None = None

    @property
    def holds(self) -> bool:
        """Return whether the limit is met; exactly."""
        return self.counted <= self.allowed if self.limit.most else self.counted >= self.allowed

    @property
    def excess(self) -> int:
        """Return how far the amount lies above the limit; negative below it."""
        return self.counted - self.allowed


@dataclass(frozen=True, slots=True)
class Verdict:
    """All the findings on one network, known by `reference`; `bill` is its count in the terms' convention.

    `spec` is None of a network in code, of which no knob is known. `uncounted` are its operators that are not counted,
    where that is demanded.
    """

    reference: str
    spec: Spec | None
    bill: Counted
    terms: Terms
    findings: Sequence[Finding]
    uncounted: Sequence[str] = ()

    @property
    def input(self) -> list[int] | list[str]:
        """Return height and width, or the shapes and types of what a network in code is given."""
        if isinstance(self.bill, Bill):
            return [self.bill.network.height, self.bill.network.width]
        return list(getattr(self.bill, "inputs", ()))

    @property
    def holds(self) -> bool:
        """Return whether each limit is met, and nothing uncounted that is demanded."""
        return all(finding.holds for finding in self.findings) and not self.uncounted


def judged(
    reference: str,
    spec: Spec | None,
    bill: Counted,
    limits: Iterable[Limit],
    terms: Terms,
    uncounted: Sequence[str] = (),
) -> Verdict:
    """Return each limit's finding on a counted network."""
    return Verdict(reference, spec, bill, terms, [found(limit, bill, terms) for limit in limits], uncounted)


def found(limit: Limit, bill: Counted, terms: Terms) -> Finding:
    """Return how a counted network stands to a limit."""
    counted = terms.amount(limit.name, bill)
    if isinstance(limit.amount, int):
        return Finding(limit, counted, limit.amount)
    whole = terms.amount(limit.name.partition(".")[2], bill)
    share = limit.amount * whole
    return Finding(limit, counted, floor(share) if limit.most else ceil(share), whole)


def heaviest(name: str, bill: Counted, axis: str, most: int) -> list[tuple[str, int]]:
    """Return the blocks, pillars or modules (`axis`) that weigh most in a sum, and their amounts, heaviest first."""
    pillar = name.partition(".")[0] if "." in name else None
    groups: dict[str, list[Part]] = {}
    for part in bill.parts:
        if pillar in (None, part.pillar):
            groups.setdefault(getattr(part, axis), []).append(part)
    amounts = [(label, int(measure(name).of(parts, bill.convention))) for label, parts in groups.items()]
    return sorted([pair for pair in amounts if pair[1]], key=lambda pair: -pair[1])[:most]
