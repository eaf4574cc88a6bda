"""Why a limit is not met, and which changes would meet it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from mfprofile.budget.checks import Outcome
from mfprofile.budget.limits import Limit
from mfprofile.budget.remedies import Remedy, Trials, remedies
from mfprofile.budget.verdicts import Finding, Verdict, amounts_by, heaviest, in_its_convention
from mfprofile.spec.names import MEMORY, PILLARS

if TYPE_CHECKING:
    from mfprofile.cost.memory import Peak

MOST_PARTS = 3


class Change(NamedTuple):
    """The amount of a block or module in a baseline and now: None if it did not exist then, or does not now."""

    name: str
    earlier: int | None
    now: int | None

    @property
    def difference(self) -> int:
        """Return how much it grew, negative if it became smaller."""
        return (self.now or 0) - (self.earlier or 0)


@dataclass(frozen=True, slots=True, eq=False)
class Reason:
    """The heaviest parts of a limit that is not met, and the smallest changes of one knob each that would meet it.

    `parts` are the heaviest blocks or modules. A network in code has no pillars and no remedies. `nearest` is how near
    each knob gets if none of them meets the limit. `peak` is where memory is highest. `changes` are the blocks or
    modules that differ from a baseline, the largest change first.
    """

    verdict: Verdict
    finding: Finding
    pillars: Sequence[tuple[str, int]]
    parts: Sequence[tuple[str, int]]
    remedies: Sequence[Remedy] = ()
    nearest: Sequence[Remedy] = ()
    peak: Peak | None = None
    changes: Sequence[Change] = ()


Reasons = Mapping[tuple[str, Limit], Reason]
"""Reasons by the reference of the network and the limit that it does not meet."""


def reasons(outcome: Outcome) -> Reasons:
    """Return the reason of each limit that is not met."""
    unmet = {}
    for verdict in outcome.verdicts:
        trials = Trials(verdict)
        for finding in verdict.findings:
            if not finding.holds:
                unmet[verdict.reference, finding.limit] = reason(trials, finding)
    return MappingProxyType(unmet)


def reason(trials: Trials, finding: Finding) -> Reason:
    """Return why a limit is not met."""
    verdict = trials.verdict
    name, bill, terms = finding.limit.name, in_its_convention(finding.limit, verdict.bill), verdict.terms
    meets, nearest = remedies(trials, finding)
    if name == MEMORY:
        return Reason(verdict, finding, [], [], meets, nearest, terms.peak(bill))
    pillars = heaviest(name, bill, "pillar", len(PILLARS)) if bill.pillars and "." not in name else []
    axis = bill.subject.axes[0]
    changed = _changes(finding.limit.earlier, amounts_by(name, bill, axis)) if finding.limit.earlier else []
    return Reason(verdict, finding, pillars, heaviest(name, bill, axis, MOST_PARTS), meets, nearest, changes=changed)


def _changes(earlier: Mapping[str, int], now: Mapping[str, int]) -> list[Change]:
    changes = [Change(name, earlier.get(name), now.get(name)) for name in {**earlier, **now}]
    return sorted([one for one in changes if one.difference], key=lambda one: -abs(one.difference))
