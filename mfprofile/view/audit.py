"""What `audit` found: the bill by module, kind or op, what was not counted, and other counters' totals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mfprofile.cost.sums import Total
from mfprofile.trace.ledger import Ledger, Trace
from mfprofile.trace.tree import SELF, Branch, branches, lines, tree
from mfprofile.verify.audited import Audit
from mfprofile.view.bill import bill_columns, bill_line, left_out, ops_columns, ops_lines, ops_total
from mfprofile.view.coverage import coverage, coverage_json, some
from mfprofile.view.numbers import grouped, human
from mfprofile.view.tables import Column, Form, Table, dumps, render
from mfprofile.view.verification import verification_json, verification_text

JSON_SCHEMA = 1


def audit_text(found: Audit, bill: Ledger, axis: str, depth: int, form: Form) -> str:
    """Return an audit in one of the four forms; as CSV, other counters' totals where they were asked for."""
    if form == "json":
        return dumps(audit_json(found, bill, axis))
    if found.verification is not None and form == "csv":
        return verification_text([found.verification], form)
    parts = [render(audit_table(found.trace, bill, axis, depth, form), form)]
    if found.verification is not None:
        parts.append(verification_text([found.verification], form))
    return "\n".join(parts)


def audit_table(found: Trace, bill: Ledger, axis: str, depth: int, form: Form = "text") -> Table:
    """Return a line for each module down to a depth, or for each kind or op, and the total.

    Modules stand indented as text, and else by their paths.
    """
    above, below = [heading(bill)], [*left_out(bill), *_core(bill), *remarks(found)]
    if axis == "op":
        return Table(ops_columns(bill), ops_lines(bill), [[ops_total(bill)]], above, below)
    whole = Total("total", bill.madds, bill.params)
    if axis == "kind":
        totals = sorted(bill.by("kind"), key=lambda total: (total.madds, total.params), reverse=True)
        data = [bill_line(bill, [total.name], total) for total in totals]
        return Table(
            [Column("kind", "kind"), *bill_columns(bill)], data, [[bill_line(bill, ["total"], whole)]], above, below
        )
    root = tree(bill)
    labels = [Column("module", "module"), Column("class", "class", optional=True)]
    data = [
        bill_line(
            bill, [f"{'  ' * (line.level - 1)}{line.name}" if form == "text" else line.path, line.kind], line.total
        )
        for line in lines(root, depth)
        if line.name != SELF or line.total.madds or line.total.params
    ]
    return Table([*labels, *bill_columns(bill)], data, [[bill_line(bill, ["total", root.kind], whole)]], above, below)


def heading(bill: Ledger) -> str:
    """Return the line that names the network, its inputs and the convention."""
    counted = f"{bill.convention.unit} in convention '{bill.convention.name}'"
    return f"{bill.name}: input {', '.join(bill.inputs) or 'none'}; {counted}"


def _core(bill: Ledger) -> list[str]:
    """Return the line with the total of the core, where the bill is another convention's."""
    core = bill.under("core")
    return (
        []
        if bill.convention.name == "core"
        else [f"In convention 'core': {human(core.madds)} MAdds ({grouped(core.madds)})"]
    )


def remarks(found: Trace) -> Iterator[str]:
    """Yield what there is to say of a trace: where it ran, what was not counted, and what no op reads."""
    why = f", since {found.reason}" if found.reason else ""
    yield f"run on {'meta tensors' if found.device == 'meta' else 'a CPU'}{why}"
    yield from coverage(found)
    if found.unused:
        named = some([f"{path} {grouped(size)}" for path, size in found.unused.items()])
        yield f"parameters that no op reads: {grouped(sum(found.unused.values()))} ({named})"


def audit_json(found: Audit, bill: Ledger, axis: str) -> dict[str, Any]:
    """Return an audit as JSON holds it: totals, what is not counted, every module and op; with an axis its groups."""
    trace = found.trace
    whole = {
        "schema": JSON_SCHEMA,
        "name": bill.name,
        "convention": bill.convention.name,
        "unit": bill.convention.unit,
        "input": list(bill.inputs),
        "device": trace.device,
        "reason": trace.reason,
        "madds": bill.madds,
        "params": bill.params,
        "counted_params": bill.counted_params,
        "activations": bill.activations,
        "coverage": coverage_json(trace),
        "unused": dict(trace.unused),
        "modules": [_branch_json(branch) for branch in branches(tree(bill))],
        "rows": bill.records(),
    }
    if axis == "kind":
        whole["groups"] = {"by": axis, "totals": [{"name": one.name, **one.amounts()} for one in bill.by(axis)]}
    if found.verification is not None:
        whole["verification"] = verification_json(found.verification)
    return whole


def _branch_json(branch: Branch) -> Mapping[str, Any]:
    own = None if branch.own is None else branch.own.amounts()
    return {"path": branch.path, "class": branch.kind, **branch.total.amounts(), "self": own}
