"""The output of `check` as JSON: every figure is a whole number, and each limit has its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mfprofile.budget.checks import Outcome
from mfprofile.budget.limits import Limit, shown_amount
from mfprofile.budget.reasons import Reason, Reasons
from mfprofile.budget.remedies import Remedy
from mfprofile.budget.verdicts import Finding, Terms, Verdict
from mfprofile.cost.conventions import find_convention
from mfprofile.spec.problems import Mark
from mfprofile.view.coverage import coverage_json
from mfprofile.view.head import SCHEMA, identity, latency_json

if TYPE_CHECKING:
    from mfprofile.cost.memory import Peak


def conventions_of(outcome: Outcome, terms: Terms) -> list[str]:
    """Return the conventions of the limits of a check, each once, or that of the terms if there is no limit."""
    findings = (finding for verdict in outcome.verdicts for finding in verdict.findings)
    return list(dict.fromkeys(finding.limit.convention for finding in findings)) or [terms.convention.name]


def outcome_json(outcome: Outcome, reasons: Reasons, terms: Terms) -> dict[str, Any]:
    """Return a check for JSON. Its convention is null if the limits are in several; each limit has its own."""
    names = conventions_of(outcome, terms)
    return {
        "schema": SCHEMA,
        "mode": terms.mode,
        "convention": names[0] if len(names) == 1 else None,
        "unit": find_convention(names[0], of_file=True).unit if len(names) == 1 else None,
        "batch": terms.batch,
        "dtype": terms.dtype,
        "holds": outcome.holds,
        "specs": [_verdict_json(verdict, reasons) for verdict in outcome.verdicts],
        "problems": [{**_mark_json(problem.mark), "message": str(problem)} for problem in outcome.problems],
    }


def _verdict_json(verdict: Verdict, reasons: Reasons) -> dict[str, Any]:
    return {
        **identity(verdict.bill),
        "spec": verdict.reference,
        "holds": verdict.holds,
        "new": verdict.is_new,
        "coverage": coverage_json(verdict.bill),
        **(latency_json(verdict.bill) if verdict.is_timed else {}),
        "limits": [_finding_json(one, reasons.get((verdict.reference, one.limit))) for one in verdict.findings],
    }


def bound(limit: Limit) -> str:
    """Return the side of a limit: `max` or `min`."""
    return "max" if limit.most else "min"


def _finding_json(finding: Finding, reason: Reason | None) -> dict[str, Any]:
    limit = finding.limit
    fields: dict[str, Any] = {
        "quantity": limit.name,
        "bound": bound(limit),
        "counted": finding.counted,
        "limit": finding.allowed,
        "convention": limit.convention,
        "share": shown_amount(limit) if finding.whole is not None else None,
        "whole": finding.whole,
        "excess": finding.excess,
        "holds": finding.holds,
        "given": {**_mark_json(limit.given), "about": limit.about},
    }
    if reason is not None:
        fields["pillars"] = dict(reason.pillars)
        fields[f"{reason.verdict.bill.subject.axes[0]}s"] = dict(reason.parts)
        fields["changes"] = [one._asdict() for one in reason.changes]
        fields["peak"] = None if reason.peak is None else _peak_json(reason.peak)
        fields["remedies"] = [_remedy_json(one) for one in reason.remedies]
        fields["nearest"] = [_remedy_json(one) for one in reason.nearest]
    return fields


def _peak_json(peak: Peak) -> dict[str, Any]:
    return {"op": peak.op, "live": {tensor.name: tensor.bytes for tensor in peak.live}}


def _remedy_json(remedy: Remedy) -> dict[str, Any]:
    return {
        "knob": remedy.knob.name,
        "from": remedy.knob.value,
        "to": remedy.step.value,
        "set": list(remedy.step.settings),
        "counted": remedy.finding.counted,
        "limit": remedy.finding.allowed,
        "whole": remedy.finding.whole,
        "breaks": [limit.name for limit in remedy.breaks],
    }


def _mark_json(mark: Mark) -> dict[str, Any]:
    return {"source": mark.source, "line": mark.line, "column": mark.column}
