"""The smallest changes of one knob each that would meet a limit, each counted anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from typing import Any

from mfprofile.budget.limits import Limit
from mfprofile.budget.turns import Turn, turns
from mfprofile.budget.verdicts import Finding, Verdict, found
from mfprofile.cost.counts import Bill
from mfprofile.spec.model import Spec
from mfprofile.spec.network import resolve
from mfprofile.spec.problems import SpecError

MOST_OF_A_KIND = 2
"""How many blocks' `exp`, `out` or depth are told, those that change least."""


@dataclass(frozen=True, slots=True, eq=False)
class Remedy:
    """A knob turned from `before` to `after`: the `setting` that `--set` takes, and the limit's finding then.

    `change` is how far the knob was turned, as a part of its value; `breaks` are the limits that held and would not
    any more.
    """

    knob: str
    kind: str
    before: str
    after: str
    setting: str
    change: Fraction
    finding: Finding
    breaks: Sequence[Limit] = ()


class Trials:
    """Changes tried on a judged spec: its findings after each, None where the rules do not allow it; each made once."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        self.known: dict[str, Mapping[Limit, Finding] | None] = {}

    def findings(self, setting: str) -> Mapping[Limit, Finding] | None:
        """Return how the spec stands to each of its limits after an assignment of `--set`."""
        if setting not in self.known:
            self.known[setting] = self._found(setting)
        return self.known[setting]

    def _found(self, setting: str) -> Mapping[Limit, Finding] | None:
        terms = self.verdict.terms
        try:
            bill = Bill(resolve(self.verdict.spec.replace(_patch(setting))), terms.convention)
        except SpecError:
            return None
        return {one.limit: found(one.limit, bill, terms) for one in self.verdict.findings}


def _patch(setting: str) -> dict[str, Any]:
    """Return an assignment of a number as the map that `Spec.replace` takes, which spares reading it as YAML."""
    key, _, text = setting.partition("=")
    value: Any = float(text) if "." in text else int(text)
    for part in reversed(key.split(".")):
        value = {part: value}
    return dict(value)


def remedies(trials: Trials, finding: Finding) -> tuple[list[Remedy], list[Remedy]]:
    """Return the remedies of a limit that is not met and, where there is none, how near each knob gets.

    A remedy is the first step of its knob at which the limit is met, found on exact counts, and breaks no other limit
    that held. Of blocks the two are told, for each of `exp`, `out` and depth, that are changed least.
    """
    turned = _turns(trials.verdict.spec, finding)
    meeting: dict[str, list[Remedy]] = {}
    for turn in turned:
        known = meeting.setdefault(turn.kind, [])
        least = known[MOST_OF_A_KIND - 1].change if len(known) >= MOST_OF_A_KIND else None
        remedy = _remedy(trials, finding.limit, turn, least)
        if remedy is not None and not remedy.breaks:
            meeting[turn.kind] = sorted([*known, remedy], key=lambda one: one.change)[:MOST_OF_A_KIND]
    if any(meeting.values()):
        return list(chain(*meeting.values())), []
    return [], _nearest(trials, finding.limit, turned)


def _turns(spec: Spec, finding: Finding) -> list[Turn]:
    """Return the knobs turned the way that costs less, or more for a least; a share may change by either."""
    most = finding.limit.most
    return turns(spec, down=most) + ([] if finding.whole is None else turns(spec, down=not most))


def _remedy(trials: Trials, limit: Limit, turn: Turn, least: Fraction | None) -> Remedy | None:
    """Return the first step of a knob that meets a limit, if it is a smaller change than `least`."""
    steps = [value for value in turn.values if least is None or turn.change(value) < least]
    last = _last(trials, turn, steps)
    if last is None or not _holds(trials, limit, turn.setting(steps[last])):
        return None
    return _turned(trials, limit, turn, steps[first(last, lambda at: _holds(trials, limit, turn.setting(steps[at])))])


def _last(trials: Trials, turn: Turn, steps: Sequence[object]) -> int | None:
    """Return the last step that the rules allow."""
    return next(
        (at for at in reversed(range(len(steps))) if trials.findings(turn.setting(steps[at])) is not None), None
    )


def _holds(trials: Trials, limit: Limit, setting: str) -> bool | None:
    findings = trials.findings(setting)
    return None if findings is None else findings[limit].holds


def _turned(trials: Trials, limit: Limit, turn: Turn, value: object) -> Remedy:
    setting = turn.setting(value)
    findings = trials.findings(setting)
    assert findings is not None
    breaks = [one.limit for one in trials.verdict.findings if one.holds and not findings[one.limit].holds]
    return Remedy(turn.key, turn.kind, str(turn.now), str(value), setting, turn.change(value), findings[limit], breaks)


def _nearest(trials: Trials, limit: Limit, turned: Iterable[Turn]) -> list[Remedy]:
    """Return the furthest that each knob goes, of blocks those that come nearest."""
    found: dict[str, list[Remedy]] = {}
    for turn in turned:
        last = _last(trials, turn, turn.values)
        if last is not None:
            remedy = _remedy(trials, limit, turn, None) or _turned(trials, limit, turn, turn.values[last])
            found.setdefault(turn.kind, []).append(remedy)
    return [one for kind in found.values() for one in sorted(kind, key=_distance)[:MOST_OF_A_KIND]]


def _distance(remedy: Remedy) -> tuple[int, int]:
    return (0, len(remedy.breaks)) if remedy.finding.holds else (1, abs(remedy.finding.excess))


def first(last: int, meets: Callable[[int], bool | None]) -> int:
    """Return the first step from 0 to `last` at which `meets` is true, as it is at `last`; None is a step left out.

    Found by halving, for which it is taken that what meets a limit goes on to meet it. Where that is not so, the step
    before the one that is returned does not meet it all the same.
    """
    below, at = -1, last
    while True:
        middle = (below + at) // 2
        inside = sorted(range(below + 1, at), key=lambda step: abs(step - middle))
        step = next((step for step in inside if meets(step) is not None), None)
        if step is None:
            return at
        below, at = (below, step) if meets(step) else (step, at)
