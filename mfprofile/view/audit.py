"""The output of `audit`: the bill by module, kind or op, what is not counted, and other counters' totals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mfprofile.cost.bill import Bill
from mfprofile.cost.tree import Branch, branches, tree
from mfprofile.spec.words import listed
from mfprofile.trace.result import Trace
from mfprofile.verify.outcome import Audit
from mfprofile.view.bill import bill_json, bill_table
from mfprofile.view.coverage import coverage, coverage_json, other_remarks
from mfprofile.view.formulas import formulas_json
from mfprofile.view.gradients import frozen_lines
from mfprofile.view.numbers import grouped
from mfprofile.view.tables import Form, dumps, render_each
from mfprofile.view.values import MOST_NAMED, decided
from mfprofile.view.verification import verification_json, verification_table, verification_text


def audit_text(audit: Audit, bill: Bill, axis: str, depth: int, form: Form) -> str:
    """Return an audit in one of the four forms. In CSV, a requested verification replaces the bill."""
    if form.name == "json":
        return dumps(audit_json(audit, bill, axis))
    if audit.verification is not None and form.name == "csv":
        return verification_text([audit.verification], form)
    tables = [bill_table(bill, axis, depth, form, remarks(audit.trace))]
    if audit.verification is not None:
        tables.append(verification_table(audit.verification))
    return "\n".join(render_each(tables, form))


def remarks(trace: Trace) -> Iterator[str]:
    """Yield remarks on a trace: where it ran, what is not counted, and the parameters that no op reads."""
    why = f", because {trace.reason}" if trace.reason else ""
    on = "run on a CPU" if trace.device != "meta" else "counted on meta tensors: without weights and without compute"
    yield f"{on}{why}" if trace.device else "read from the file, without running anything"
    bill = trace.bill()
    yield from decided(bill)
    yield from coverage(bill)
    yield from other_remarks(trace)
    yield from frozen_lines(bill)
    if trace.unused:
        named = listed([f"{path} {grouped(size)}" for path, size in trace.unused.items()], MOST_NAMED)
        yield f"parameters that no op reads: {grouped(sum(trace.unused.values()))} ({named})"


def audit_json(audit: Audit, bill: Bill, axis: str) -> dict[str, Any]:
    """Return an audit for JSON: totals, what is not counted, every module and op, and the groups of a given axis."""
    trace = audit.trace
    whole = {
        **bill_json(bill, axis if axis == "kind" else None),
        "device": trace.device,
        "reason": trace.reason,
        "coverage": coverage_json(bill),
        "remarks": [remark.text for remark in trace.remarks],
        "formulas": formulas_json(trace.formulas),
        "unused": dict(trace.unused),
        "modules": [_branch_json(branch) for branch in branches(tree(bill))],
    }
    if audit.verification is not None:
        whole["verification"] = verification_json(audit.verification)
    return whole


def _branch_json(branch: Branch) -> Mapping[str, Any]:
    own = None if branch.own is None else branch.own.amounts()
    return {"path": branch.path, "class": branch.kind, **branch.total.amounts(), "self": own}
