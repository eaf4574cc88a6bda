"""The output of `check`: a table with the reasons below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from mfprofile.budget.checks import Outcome
from mfprofile.budget.knobs import GROWTH, Knob
from mfprofile.budget.limits import shown_amount
from mfprofile.budget.reasons import Reason, Reasons
from mfprofile.budget.remedies import Remedy
from mfprofile.budget.verdicts import Finding, Terms, Verdict
from mfprofile.cost.conventions import find_convention
from mfprofile.cost.subject import gaps
from mfprofile.spec.names import LATENCY, MEMORY
from mfprofile.spec.words import printable, several
from mfprofile.view.bill import unpriced_ops
from mfprofile.view.coverage import outside_lines
from mfprofile.view.numbers import relative, share, share_beside
from mfprofile.view.tables import Column, Table, dumps, render
from mfprofile.view.verdict_json import conventions_of, outcome_json
from mfprofile.view.verdict_latency import is_latency, predicted_by, remarks_on, rounded, written


def outcome_text(outcome: Outcome, reasons: Reasons, terms: Terms, form: str) -> str:
    """Return a check as a `table`, which is empty if no spec was judged, or as `json`."""
    if form == "json":
        return dumps(outcome_json(outcome, reasons, terms))
    return render(outcome_table(outcome, reasons, terms)) if outcome.verdicts else ""


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


def heading(outcome: Outcome, terms: Terms) -> str:
    """Return what the limits of a check are judged in: conventions, units, memory and latency."""
    names = conventions_of(outcome, terms)
    parts = [f"Limits {_in(names)}"]
    units = {name: unit for name in names if (unit := find_convention(name, of_file=True).unit) != "MAdds"}
    parts += [f"madds{f' of {name!r}' if len(names) > 1 else ''} in {unit}" for name, unit in units.items()]
    parts += ["madds of training (forward and backward)"] if terms.training else []
    predicted = predicted_by(outcome.verdicts)
    return ", ".join([*parts, *_memory(outcome, terms), *([f"{LATENCY} {predicted}"] if predicted else [])])


def _memory(outcome: Outcome, terms: Terms) -> Iterator[str]:
    """Yield how the memory of specs is counted, and of networks in code and in files, if there are limits on it."""
    limited = [each for each in outcome.verdicts if any(one.limit.name == MEMORY for one in each.findings)]
    subjects = [each.bill.subject for each in limited]
    if any(each.dataflow is None for each in subjects):
        yield f"memory of {several(terms.batch, 'image')} in {terms.dtype}"
    if any(each.dataflow is not None and each.fill for each in subjects):
        yield "memory of networks in code as they run"
    if any(each.dataflow is not None and not each.fill for each in subjects):
        yield "memory of files as they are"


def _in(conventions: Sequence[str]) -> str:
    """Return the names of conventions as in `in conventions 'core' and 'paper'`."""
    quoted = [f"'{name}'" for name in conventions]
    if len(quoted) == 1:
        return f"in convention {quoted[0]}"
    return f"in conventions {', '.join(quoted[:-1])} and {quoted[-1]}"


def columns() -> list[Column]:
    """Return the columns of the table of limits."""
    return [
        Column("spec", "name"),
        Column("quantity", "quantity"),
        Column("counted", "counted", right=True),
        Column("", "relation"),
        Column("limit", "limit", right=True),
        Column("difference", "difference", right=True),
        Column("", "verdict", style=lambda word: {"within": "green", "new": ""}.get(word, "red")),
    ]


def limit_lines(outcome: Outcome, terms: Terms) -> Iterator[list[Any]]:
    """Yield the cells of each limit of each network, the word of its verdict last."""
    several_conventions = len(conventions_of(outcome, terms)) > 1
    for verdict in outcome.verdicts:
        if verdict.is_new:
            yield [verdict.bill.name, "–", None, "", "", "", "new"]
        for finding in verdict.findings:
            difference = relative(finding.excess, finding.allowed) or _signed(finding)
            judged = "within" if finding.holds else "OVER" if finding.limit.most else "UNDER"
            yield [
                verdict.bill.name, _quantity(finding, several_conventions),
                written(finding)(finding.counted), relation(finding), _limit(finding), difference, judged,
            ]  # fmt: skip


def _quantity(finding: Finding, with_convention: bool = False) -> str:
    """Return the name of the limited quantity, with its convention on request.

    Memory and latency are the same in each.
    """
    if finding.limit.name == MEMORY:
        return "memory, bytes"
    if is_latency(finding.limit):
        return f"{finding.limit.name}, ms"
    return f"{finding.limit.name} in {finding.limit.convention}" if with_convention else finding.limit.name


def relation(finding: Finding) -> str:
    """Return the sign between count and limit: `≤` or `>` for a maximum, `≥` or `<` for a minimum."""
    return ("≤" if finding.holds else ">") if finding.limit.most else ("≥" if finding.holds else "<")


def _limit(finding: Finding) -> str:
    allowed = written(finding)(finding.allowed)
    return allowed if finding.whole is None else f"{allowed} ({shown_amount(finding.limit)})"


def reason_lines(reason: Reason) -> Iterator[str]:
    """Yield the missed limit in one line, then the heaviest parts, then the remedies."""
    finding = reason.finding
    how = f"in convention '{finding.limit.convention}'"
    how = predicted_by([reason.verdict]) if is_latency(finding.limit) else how
    yield f"{reason.verdict.bill.name}: {_sentence(finding)}, {how}"
    given = ": ".join(filter(None, (str(finding.limit.given), finding.limit.about)))
    yield f"  given by {printable(given)}"
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
    difference = ", ".join(filter(None, (_signed(finding), relative(finding.excess, finding.allowed))))
    counted, allowed = map(written(finding), (finding.counted, finding.allowed))
    text = f"{_quantity(finding)} {counted} {relation(finding)} {allowed} ({difference})"
    if finding.whole is None:
        return text
    return f"{text}, {shown_amount(finding.limit)} of {written(finding)(finding.whole)}: it is {_share(finding)} %"


def _share(finding: Finding) -> str:
    """Return the share of the amount, with enough digits not to read as the limit."""
    if not finding.whole:
        return "0"
    return share_beside(finding.counted, finding.whole, Fraction(finding.limit.amount))


def _signed(finding: Finding) -> str:
    return f"{'+' if finding.excess >= 0 else '-'}{written(finding)(abs(finding.excess))}"


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
    """Return the verdict on all limits as one line, which begins with `FAILED: ` if one is not met."""
    limits = [finding for verdict in outcome.verdicts for finding in verdict.findings]
    missed = sum(not finding.holds for finding in limits)
    named = _in(conventions_of(outcome, terms))
    new = sum(verdict.is_new for verdict in outcome.verdicts)
    uncounted = sum(verdict.is_partial for verdict in outcome.verdicts)
    partly = f"{several(uncounted, 'network')} not fully counted" if uncounted else ""
    unjudged = f"; {len(outcome.unjudged)} not judged" if outcome.unjudged else ""
    if missed:
        text = f"{missed} of {several(len(limits), 'limit')} not met {named}{f'; {partly}' if partly else ''}"
    else:
        met = f"{'all' if len(limits) > 1 else 'the'} {several(len(limits), 'limit')} met"
        text = f"{met if limits or not new else 'no limit to meet'} {named}"
        text = f"{partly}; {text}" if partly else text
    return f"{'FAILED: ' if missed or partly else ''}{text}{f'; {new} new' if new else ''}{unjudged}"
