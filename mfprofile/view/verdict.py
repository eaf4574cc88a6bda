"""The output of `check`: a table with the reasons below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from mfprofile.budget.checks import Outcome
from mfprofile.budget.knobs import GROWTH, Knob
from mfprofile.budget.limits import shown_amount
from mfprofile.budget.reasons import MOST_PARTS, Reason, Reasons
from mfprofile.budget.remedies import Remedy
from mfprofile.budget.verdicts import Finding, Terms, Verdict
from mfprofile.cost.subject import gaps
from mfprofile.spec.words import printable, several
from mfprofile.view.bill import unpriced_ops
from mfprofile.view.coverage import outside_lines
from mfprofile.view.numbers import relative, share, share_beside
from mfprofile.view.tables import TEXT, Form, Table, dumps, render
from mfprofile.view.verdict_json import conventions_of, outcome_json
from mfprofile.view.verdict_latency import is_latency, predicted_by, remarks_on, rounded, written
from mfprofile.view.verdict_table import (
    columns,
    heading,
    in_conventions,
    limit_lines,
    quantity,
    records_table,
    relation,
    signed,
)


def outcome_text(outcome: Outcome, reasons: Reasons, terms: Terms, form: Form = TEXT) -> str:
    """Return a check as text, LaTeX, CSV or JSON. As text and LaTeX, it is empty if no spec was judged."""
    if form.name == "json":
        return dumps(outcome_json(outcome, reasons, terms))
    if form.name == "csv":
        return render(records_table(outcome), form)
    if not outcome.verdicts:
        return ""
    table = outcome_table(outcome, reasons, terms)
    return render(table._replace(below=[closing(outcome, terms)]) if form.name == "latex" else table, form)


def outcome_table(outcome: Outcome, reasons: Reasons, terms: Terms) -> Table:
    """Return a table with a line for each limit of each spec, then the reasons of missed limits, then the verdict."""
    below = [line for reason in reasons.values() for line in (*reason_lines(reason), "")]
    below += [line for verdict in outcome.verdicts if verdict.is_partial for line in (uncounted_line(verdict), "")]
    below += [line for verdict in outcome.verdicts for line in remarks_on(verdict)]
    return Table(
        columns(),
        list(limit_lines(outcome, terms)),
        above=[heading(outcome, terms)],
        below=[*below, closing(outcome, terms)],
    )


def reason_lines(reason: Reason) -> Iterator[str]:
    """Yield the missed limit in one line, then the heaviest parts, then the remedies."""
    finding = reason.finding
    how = f"in convention '{finding.limit.convention}'"
    how = predicted_by([reason.verdict]) if is_latency(finding.limit) else how
    yield f"{reason.verdict.bill.name}: {_sentence(finding)}, {how}"
    given = ": ".join(filter(None, (str(finding.limit.given), finding.limit.about)))
    yield f"  given by {printable(given)}"
    if reason.changes:
        yield f"  changed since the baseline: {_changes(reason)}"
    if reason.pillars:
        yield f"  pillars: {_weights(reason.pillars, finding)}"
    if reason.peak is not None:
        yield f"  the peak is at {reason.peak.op}, where these are live:"
        yield from (f"    {tensor.name} {tensor.bytes:,}" for tensor in reason.peak.live)
    if reason.parts:
        axis = reason.verdict.bill.subject.axes[0]
        named = [(_part(name, axis), amount) for name, amount in reason.parts]
        yield f"  heaviest: {_weights(named, finding)}"
    if reason.verdict.knobs:
        yield from _remedies(reason)


def uncounted_line(verdict: Verdict) -> str:
    """Return the line on what of a network is not counted, for `--strict`."""
    subject = verdict.bill.subject
    names = [*(each.operator for each in subject.uncovered), *(each.text for each in gaps(subject))]
    uncounted = [f"not counted: {', '.join(names)}"] if names else []
    unpriced = [f"{line[0].lower()}{line[1:]}" for line in (unpriced_ops(verdict.bill) if verdict.is_timed else ())]
    return f"{subject.name}: --strict: {'; '.join([*uncounted, *outside_lines(subject), *unpriced])}"


def _part(name: str, axis: str) -> str:
    return f"{axis} {name}" if name.isdecimal() else name or "the network itself"


def _sentence(finding: Finding) -> str:
    difference = ", ".join(filter(None, (signed(finding), relative(finding.excess, finding.allowed))))
    counted, allowed = map(written(finding), (finding.counted, finding.allowed))
    text = f"{quantity(finding)} {counted} {relation(finding)} {allowed} ({difference})"
    if finding.whole is None:
        return text
    return f"{text}, {shown_amount(finding.limit)} of {written(finding)(finding.whole)}: it is {_share(finding)} %"


def _changes(reason: Reason) -> str:
    """Return the largest changes since a baseline, and how many others there are."""
    axis, text = reason.verdict.bill.subject.axes[0], written(reason.finding)
    shown = []
    for one in reason.changes[:MOST_PARTS]:
        sign = "+" if one.difference > 0 else "-"
        then = "new" if one.earlier is None else f"was {text(one.earlier)}"
        then += ", removed" if one.now is None else ""
        shown.append(f"{_part(one.name, axis)} {sign}{text(abs(one.difference))} ({then})")
    others = len(reason.changes) - len(shown)
    return ", ".join(shown) + (f" and {several(others, 'other')}" if others else "")


def _share(finding: Finding) -> str:
    """Return the share of the amount, with enough digits not to read as the limit."""
    if not finding.whole:
        return "0"
    return share_beside(finding.counted, finding.whole, Fraction(finding.limit.amount))


def _weights(amounts: Sequence[tuple[str, int]], finding: Finding) -> str:
    text = rounded(finding.limit)
    return ", ".join(f"{name} {text(amount)} ({share(amount, finding.counted)} %)" for name, amount in amounts)


def _remedies(reason: Reason) -> Iterator[str]:
    if reason.remedies:
        yield "  any one of these meets the limit, the nearest to it first:"
    elif reason.nearest:
        yield f"  no single knob{_reach(reason)} meets the limit; the nearest result of each:"
    else:
        yield f"  no single knob{_reach(reason)} meets the limit or comes nearer"
    remedies = [*sorted(reason.remedies, key=lambda one: abs(one.finding.excess)), *reason.nearest]
    turned = [f"{one.knob.name} {one.knob.value} → {one.step.value}{_before_width(one.knob)}:" for one in remedies]
    for one, text in zip(remedies, turned, strict=True):
        yield f"    {text.ljust(max(map(len, turned)))} {_result(one)}{_side_effects(one)}"


def _before_width(knob: Knob) -> str:
    """Return a remark on a number of channels that the spec's `width` scales: the knob has the one before."""
    is_scaled = knob.name == "stem" or knob.name.endswith((".out", ".exp", ".exp2"))
    return " (before width)" if is_scaled and knob.spec.width != 1 else ""


def _reach(reason: Reason) -> str:
    """Return how far the knobs were turned up, or '' if they were only turned down, to their least values."""
    return (
        ""
        if reason.finding.limit.most and reason.finding.whole is None
        else f", turned up to {GROWTH} times its value,"
    )


def _result(remedy: Remedy) -> str:
    finding = remedy.finding
    text = written(finding)
    share_of = "" if finding.whole is None else f" ({_share(finding)} % of {text(finding.whole)})"
    return f"{text(finding.counted)}{share_of}"


def _side_effects(remedy: Remedy) -> str:
    """Return the other settings of a step, and the limits that it breaks."""
    others = f", with {' and '.join(remedy.step.settings[1:])}" if remedy.step.settings[1:] else ""
    named = ", ".join(f"{limit.name} of {limit.given}" for limit in remedy.breaks)
    return others + (f", which breaks {named}" if named else "")


def closing(outcome: Outcome, terms: Terms) -> str:
    """Return the verdict on all limits as one line. It begins with `FAILED: ` if something is not met or not judged."""
    limits = [finding for verdict in outcome.verdicts for finding in verdict.findings]
    missed = sum(not finding.holds for finding in limits)
    named = in_conventions(conventions_of(outcome, terms))
    new = sum(verdict.is_new for verdict in outcome.verdicts)
    partial = sum(verdict.is_partial for verdict in outcome.verdicts)
    partly = [f"{several(partial, 'network')} not fully counted"] if partial else []
    unjudged = [f"{len(outcome.unjudged)} not judged"] if outcome.unjudged else []
    if missed:
        text = [f"{missed} of {several(len(limits), 'limit')} not met {named}", *partly]
    else:
        met = f"{'all' if len(limits) > 1 else 'the'} {several(len(limits), 'limit')} met"
        judged = [f"{met if limits else 'no limit to meet'} {named}"] if outcome.verdicts else []
        text = [*unjudged, *partly, *judged]
    text += [f"{new} new"] if new else []
    text += unjudged if missed else []
    return f"{'FAILED: ' if missed or partly or unjudged else ''}{'; '.join(text)}"
