"""Why a limit is not met, and which changes would meet it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from mfprofile.budget.checks import Outcome
from mfprofile.budget.limits import Limit
from mfprofile.budget.remedies import Remedy, Trials, remedies
from mfprofile.budget.verdicts import Finding, Verdict, heaviest, in_its_convention
from mfprofile.spec.names import MEMORY, PILLARS

if TYPE_CHECKING:
    from mfprofile.cost.memory import Peak

MOST_PARTS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Reason:
    """The heaviest parts of a limit that is not met, and the smallest changes of one knob each that would meet it.

    `parts` are the heaviest blocks or modules. A network in code has no pillars and no remedies. `nearest` is how near
    each knob gets if none of them meets the limit. `peak` is where memory is highest.
    """

    verdict: Verdict
    finding: Finding
    pillars: Sequence[tuple[str, int]]
    parts: Sequence[tuple[str, int]]
    remedies: Sequence[Remedy] = ()
    nearest: Sequence[Remedy] = ()
    peak: Peak | None = None


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
    parts = heaviest(name, bill, bill.subject.axes[0], MOST_PARTS)
    return Reason(verdict, finding, pillars, parts, meets, nearest)
