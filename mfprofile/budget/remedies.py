"""The smallest changes of one knob each that would meet a limit, each counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from typing import Any, TypeAlias

from mfprofile.budget.halving import first_true
from mfprofile.budget.knobs import Knob, Step
from mfprofile.budget.limits import Limit
from mfprofile.budget.verdicts import Finding, Verdict, finding
from mfprofile.cost.bill import count

MOST_OF_A_KIND = 2
"""The number of blocks listed for each of `exp`, `out` and depth, those that change least."""


@dataclass(frozen=True, slots=True, eq=False)
class Remedy:
    """A knob turned by a step, the finding on the limit after it, and the other limits that the step breaks."""

    knob: Knob
    step: Step
    finding: Finding
    breaks: Sequence[Limit] = ()

    @property
    def change(self) -> Fraction:
        """Return the change of the knob, relative to its value."""
        return _change(self.knob, self.step.value)


@dataclass(frozen=True, slots=True, eq=False)
class Direction:
    """A knob and the values on one side of it, the nearest first."""

    knob: Knob
    values: Sequence[Any]

    @property
    def kind(self) -> str:
        """Return the group of a knob: `exp`, `out` or `repeat` for blocks, its own name for a knob of the network."""
        return self.knob.name.rpartition(".")[2] if self.knob.name.startswith("blocks.") else self.knob.name


Trial: TypeAlias = tuple[Step, Mapping[Limit, Finding]]


class Trials:
    """Steps tried on a judged spec, each counted once: the findings after each, or None if the step breaks a rule.

    Nor is a step tried whose ops a latency model never saw.
    """

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        self.known: dict[tuple[str, Any], Trial | None] = {}

    def trial(self, knob: Knob, value: Any) -> Trial | None:
        """Return the step of a knob to a value, and the findings on the spec after it."""
        key = knob.name, value
        if key not in self.known:
            step = knob.step(value)
            findings = None if step is None else self._findings(step)
            self.known[key] = None if step is None or findings is None else (step, findings)
        return self.known[key]

    def _findings(self, step: Step) -> Mapping[Limit, Finding] | None:
        """Return the findings after a step, or None if their latency would leave out more kinds of ops than before."""
        terms, before = self.verdict.terms, self.verdict.bill
        bill = count(step.spec, terms.convention, training=terms.training)
        if self.verdict.is_timed and not bill.unpriced.keys() <= before.unpriced.keys():
            return None
        return {each.limit: finding(each.limit, bill, terms) for each in self.verdict.findings}

    def meets(self, limit: Limit, knob: Knob, value: Any) -> bool | None:
        """Return whether a step meets a limit, or None if it breaks a rule."""
        trial = self.trial(knob, value)
        return None if trial is None else trial[1][limit].holds

    def last(self, direction: Direction, values: Sequence[Any]) -> int | None:
        """Return the index of the last value that is valid, or None."""
        allowed = (at for at in reversed(range(len(values))) if self.trial(direction.knob, values[at]) is not None)
        return next(allowed, None)

    def remedy(self, limit: Limit, knob: Knob, value: Any) -> Remedy:
        """Return the remedy of a valid step."""
        trial = self.trial(knob, value)
        assert trial is not None
        step, findings = trial
        breaks = [each.limit for each in self.verdict.findings if each.holds and not findings[each.limit].holds]
        return Remedy(knob, step, findings[limit], breaks)


def remedies(trials: Trials, finding: Finding) -> tuple[list[Remedy], list[Remedy]]:
    """Return the remedies of a limit that is not met and, if there are none, how near each knob gets.

    A remedy is the first step of its knob that meets the limit, by exact counts, and that breaks no other limit that
    held. For each of `exp`, `out` and `repeat`, only the two blocks with the smallest change are listed.
    """
    directions = _directions(trials.verdict, finding)
    meeting: dict[str, list[Remedy]] = {}
    for direction in directions:
        known = meeting.setdefault(direction.kind, [])
        least = known[-1].change if len(known) == MOST_OF_A_KIND else None
        remedy = _remedy(trials, finding.limit, direction, least)
        if remedy is not None and not remedy.breaks:
            meeting[direction.kind] = sorted([*known, remedy], key=lambda each: each.change)[:MOST_OF_A_KIND]
    if any(meeting.values()):
        return list(chain(*meeting.values())), []
    return [], _nearest(trials, finding.limit, directions)


def _directions(verdict: Verdict, finding: Finding) -> list[Direction]:
    """Return the directions that cost less, or more for a minimum. A share may need either."""
    down = [Direction(knob, knob.below) for knob in verdict.knobs]
    up = [Direction(knob, knob.above) for knob in verdict.knobs]
    first, other = (down, up) if finding.limit.most else (up, down)
    return first if finding.whole is None else first + other


def _remedy(trials: Trials, limit: Limit, direction: Direction, least: Fraction | None) -> Remedy | None:
    """Return the first step that meets a limit, if its change is smaller than `least`."""
    knob = direction.knob
    values = [value for value in direction.values if least is None or _change(knob, value) < least]
    last = trials.last(direction, values)
    if last is None or not trials.meets(limit, knob, values[last]):
        return None
    step = first_true(last + 1, lambda at: trials.meets(limit, knob, values[at]))
    return trials.remedy(limit, knob, values[step])


def _change(knob: Knob, value: object) -> Fraction:
    before = Fraction(knob.value)
    return abs(Fraction(str(value)) - before) / (before or 1)


def _nearest(trials: Trials, limit: Limit, directions: Iterable[Direction]) -> list[Remedy]:
    """Return the last valid step of each knob or, if it meets the limit, the first that does.

    Knobs that do not come nearer to the limit than the spec are skipped. Of blocks, only the nearest are returned.
    """
    current = _gap(next(each for each in trials.verdict.findings if each.limit == limit))
    nearer: dict[str, list[Remedy]] = {}
    for direction in directions:
        last = trials.last(direction, direction.values)
        if last is not None:
            furthest = direction.values[last]
            remedy = _remedy(trials, limit, direction, None) or trials.remedy(limit, direction.knob, furthest)
            if remedy.finding.holds or _gap(remedy.finding) < current:
                nearer.setdefault(direction.kind, []).append(remedy)
    return [remedy for kind in nearer.values() for remedy in sorted(kind, key=_distance)[:MOST_OF_A_KIND]]


def _distance(remedy: Remedy) -> tuple[int, Fraction]:
    return (0, Fraction(len(remedy.breaks))) if remedy.finding.holds else (1, _gap(remedy.finding))


def _gap(finding: Finding) -> Fraction:
    """Return the distance of an amount from its limit; for a share, relative to the whole."""
    if finding.whole is None:
        return Fraction(abs(finding.excess))
    return abs(Fraction(finding.counted, finding.whole or 1) - finding.limit.amount)
