"""The smallest changes of one knob each that would meet a limit, each counted anew."""

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
"""How many blocks' `exp`, `out` or depth are told, those that change least."""


@dataclass(frozen=True, slots=True, eq=False)
class Remedy:
    """A knob turned by a step, the limit's finding then, and the limits that held and would not any more."""

    knob: Knob
    step: Step
    finding: Finding
    breaks: Sequence[Limit] = ()

    @property
    def change(self) -> Fraction:
        """Return how far the knob is turned, as a part of its value."""
        return _change(self.knob, self.step.value)


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """A knob and the values on one side of it, the nearest first."""

    knob: Knob
    values: Sequence[Any]

    @property
    def kind(self) -> str:
        """Return what blocks have in common: `exp`, `out`, `repeat`; of the network's knobs each its own."""
        return self.knob.name.rpartition(".")[2] if self.knob.name.startswith("blocks.") else self.knob.name


Trial: TypeAlias = tuple[Step, Mapping[Limit, Finding]]


class Trials:
    """Steps tried on a judged spec: its findings after each, None where the rules forbid it; each is counted once."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        self.known: dict[tuple[str, Any], Trial | None] = {}

    def trial(self, knob: Knob, value: Any) -> Trial | None:
        """Return the step of a knob to a value, and how the spec then stands to each of its limits."""
        key = knob.name, value
        if key not in self.known:
            step = knob.step(value)
            self.known[key] = None if step is None else (step, self._findings(step))
        return self.known[key]

    def _findings(self, step: Step) -> Mapping[Limit, Finding]:
        terms = self.verdict.terms
        bill = count(step.spec, terms.convention)
        return {one.limit: finding(one.limit, bill, terms) for one in self.verdict.findings}

    def meets(self, limit: Limit, knob: Knob, value: Any) -> bool | None:
        """Return whether a step meets a limit, or None where the rules forbid it."""
        trial = self.trial(knob, value)
        return None if trial is None else trial[1][limit].holds

    def last(self, way: Way, values: Sequence[Any]) -> int | None:
        """Return which of the values is the last that the rules allow."""
        allowed = (at for at in reversed(range(len(values))) if self.trial(way.knob, values[at]) is not None)
        return next(allowed, None)

    def remedy(self, limit: Limit, knob: Knob, value: Any) -> Remedy:
        """Return what comes of a step that the rules allow."""
        trial = self.trial(knob, value)
        assert trial is not None
        step, findings = trial
        breaks = [one.limit for one in self.verdict.findings if one.holds and not findings[one.limit].holds]
        return Remedy(knob, step, findings[limit], breaks)


def remedies(trials: Trials, finding: Finding) -> tuple[list[Remedy], list[Remedy]]:
    """Return the remedies of a limit that is not met and, where there is none, how near each knob gets.

    A remedy is the first step of its knob at which the limit is met, found on exact counts, and breaks no other limit
    that held. Of blocks those two are told, for each of `exp`, `out` and `repeat`, that are changed least.
    """
    ways = _ways(trials.verdict, finding)
    meeting: dict[str, list[Remedy]] = {}
    for way in ways:
        known = meeting.setdefault(way.kind, [])
        least = known[-1].change if len(known) == MOST_OF_A_KIND else None
        remedy = _remedy(trials, finding.limit, way, least)
        if remedy is not None and not remedy.breaks:
            meeting[way.kind] = sorted([*known, remedy], key=lambda one: one.change)[:MOST_OF_A_KIND]
    if any(meeting.values()):
        return list(chain(*meeting.values())), []
    return [], _nearest(trials, finding.limit, ways)


def _ways(verdict: Verdict, finding: Finding) -> list[Way]:
    """Return the knobs turned the way that costs less, or more for a least; a share may change by either."""
    down = [Way(knob, knob.below) for knob in verdict.knobs]
    up = [Way(knob, knob.above) for knob in verdict.knobs]
    first, other = (down, up) if finding.limit.most else (up, down)
    return first if finding.whole is None else first + other


def _remedy(trials: Trials, limit: Limit, way: Way, least: Fraction | None) -> Remedy | None:
    """Return the first step that meets a limit, if it is a smaller change than `least`."""
    knob = way.knob
    values = [value for value in way.values if least is None or _change(knob, value) < least]
    last = trials.last(way, values)
    if last is None or not trials.meets(limit, knob, values[last]):
        return None
    step = first_true(last + 1, lambda at: trials.meets(limit, knob, values[at]))
    return trials.remedy(limit, knob, values[step])


def _change(knob: Knob, value: object) -> Fraction:
    before = Fraction(knob.value)
    return abs(Fraction(str(value)) - before) / (before or 1)


def _nearest(trials: Trials, limit: Limit, ways: Iterable[Way]) -> list[Remedy]:
    """Return the furthest that each knob goes if that is nearer than the spec is, of blocks those that come nearest."""
    present = _gap(next(one for one in trials.verdict.findings if one.limit == limit))
    found: dict[str, list[Remedy]] = {}
    for way in ways:
        last = trials.last(way, way.values)
        if last is not None:
            remedy = _remedy(trials, limit, way, None) or trials.remedy(limit, way.knob, way.values[last])
            if remedy.finding.holds or _gap(remedy.finding) < present:
                found.setdefault(way.kind, []).append(remedy)
    return [one for kind in found.values() for one in sorted(kind, key=_distance)[:MOST_OF_A_KIND]]


def _distance(remedy: Remedy) -> tuple[int, Fraction]:
    return (0, Fraction(len(remedy.breaks))) if remedy.finding.holds else (1, _gap(remedy.finding))


def _gap(finding: Finding) -> Fraction:
    """Return how far an amount is from its limit, of a share in parts of the whole."""
    if finding.whole is None:
        return Fraction(abs(finding.excess))
    return abs(Fraction(finding.counted, finding.whole or 1) - finding.limit.amount)
