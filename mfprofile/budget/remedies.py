"""The smallest changes of one knob each that would meet a limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mfprofile.budget.limits import Limit
from mfprofile.budget.verdicts import Finding, Verdict


@dataclass(frozen=True, slots=True, eq=False)
class Remedy:
    """A knob turned from `before` to `after`: the `settings` that `--set` takes, and the limit's finding then.

    `breaks` are the limits that held and would not any more.
    """

    knob: str
    before: str
    after: str
    settings: Sequence[str]
    finding: Finding
    breaks: Sequence[Limit] = ()


def remedies(verdict: Verdict, finding: Finding) -> tuple[list[Remedy], list[Remedy]]:
    """Return the remedies of a limit that is not met and, where there is none, how near each knob gets."""
    return [], []
