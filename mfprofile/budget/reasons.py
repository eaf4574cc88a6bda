"""Why a limit is not met, and what would meet it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from mfprofile.budget.checks import Outcome
from mfprofile.budget.remedies import Remedy, Trials, remedies
from mfprofile.budget.verdicts import Finding, Verdict, heaviest
from mfprofile.spec.limits import MEMORY, PILLARS

if TYPE_CHECKING:
    from mfprofile.cost.memory import Peak

MOST_BLOCKS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Reason:
    """What weighs most in a limit that is not met, and the smallest changes of one knob each that would meet it.

    Of a network in code `blocks` are modules, and there are neither pillars nor knobs.
    `nearest` is how near each knob gets, where none of them meets it; `peak` is where
    memory is highest.
    """

    verdict: Verdict
    finding: Finding
    pillars: Sequence[tuple[str, int]]
    blocks: Sequence[tuple[str, int]]
    remedies: Sequence[Remedy] = ()
    nearest: Sequence[Remedy] = ()
    peak: Peak | None = None


Reasons = Mapping[int, Reason]
"""Reasons by the `id` of their finding."""


def reasons(outcome: Outcome) -> Reasons:
    """Return the reason of each limit that is not met."""
    found = {}
    for verdict in outcome.verdicts:
        trials = Trials(verdict)
        for finding in verdict.findings:
            if not finding.holds:
                found[id(finding)] = reason(trials, finding)
    return MappingProxyType(found)


def reason(trials: Trials, finding: Finding) -> Reason:
    """Return why a limit is not met."""
    verdict = trials.verdict
    name, bill, terms = finding.limit.name, verdict.bill, verdict.terms
    meets, nearest = remedies(trials, finding)
    if name == MEMORY:
        return Reason(verdict, finding, [], [], meets, nearest, terms.peak(bill))
    if verdict.spec is None:
        return Reason(verdict, finding, [], heaviest(name, bill, "path", MOST_BLOCKS))
    pillars = [] if "." in name else heaviest(name, bill, "pillar", len(PILLARS))
    return Reason(verdict, finding, pillars, heaviest(name, bill, "block", MOST_BLOCKS), meets, nearest)
