"""What `audit` found: the bill by module, kind or op, what was not counted, and other counters' totals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mfprofile.audit.audits import Audit
from mfprofile.audit.ledger import Ledger, Trace, Uncovered
from mfprofile.audit.tree import SELF, Branch, branches, lines, tree
from mfprofile.cost.sums import Total
from mfprofile.view.bill import bill_columns, bill_line, left_out, ops_columns, ops_lines, ops_total
from mfprofile.view.numbers import grouped, human
from mfprofile.view.tables import Column, Form, Table, dumps, render
from mfprofile.view.verification import verification_json, verification_text

JSON_SCHEMA = 1
MOST_NAMED = 4
"""How many of what is unused, or recurrent, is named for people."""


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
    why = f", since meta tensors will not do: {found.reason}" if found.reason else ""
    yield f"run on {'meta tensors' if found.device == 'meta' else 'a CPU'}{why}"
    yield from coverage(found)
    if found.unused:
        named = _some([f"{path} {grouped(size)}" for path, size in found.unused.items()])
        yield f"parameters that no op reads: {grouped(sum(found.unused.values()))} ({named})"


def coverage(found: Trace) -> Iterator[str]:
    """Yield what of the network is counted: the operators that are not, and recurrent layers."""
    operators = [one for one in found.uncovered if not one.recurrent]
    recurrent = [row for row in found.rows if row.kind in {one.operator for one in found.uncovered if one.recurrent}]
    if not found.uncovered:
        yield "every operator is counted"
        return
    elements = sum(row.elements for row in found.rows if row.kind != "table")
    yield f"counted: operators with {_percent(found)} % of all elements; NOT counted:"
    yield from (f"  {_operator(one, elements)}" for one in operators)
    if recurrent:
        yield f"  recurrent layers: {_some([f'{row.name} ({row.kind})' for row in recurrent])}"


def _percent(found: Trace) -> str:
    """Return the share that is counted, rounded down, so that it never reads as all of it."""
    tenths = found.coverage.numerator * 1000 // found.coverage.denominator
    return f"{tenths // 10}.{tenths % 10}"


def _operator(one: Uncovered, elements: int) -> str:
    share = f"{100 * one.elements / elements:.1f}" if elements else "0"
    return (
        f"{one.operator}: {one.count} time{'s' if one.count > 1 else ''}, {grouped(one.elements)} elements ({share} %)"
    )


def _some(names: list[str]) -> str:
    more = [f"and {len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else []
    return ", ".join([*names[:MOST_NAMED], *more])


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
        "coverage": _coverage_json(trace),
        "unused": dict(trace.unused),
        "modules": [_branch_json(branch) for branch in branches(tree(bill))],
        "rows": bill.records(),
    }
    if axis == "kind":
        whole["groups"] = {"by": axis, "totals": [{"name": one.name, **one.amounts()} for one in bill.by(axis)]}
    if found.verification is not None:
        whole["verification"] = verification_json(found.verification)
    return whole


def _coverage_json(found: Trace) -> Mapping[str, Any]:
    elements = sum(row.elements for row in found.rows if row.kind != "table")
    return {
        "elements": elements,
        "uncovered_elements": sum(one.elements for one in found.uncovered),
        "uncovered": [
            {"operator": one.operator, "count": one.count, "elements": one.elements, "recurrent": one.recurrent}
            for one in found.uncovered
        ],
    }


def _branch_json(branch: Branch) -> Mapping[str, Any]:
    own = None if branch.own is None else branch.own.amounts()
    return {"path": branch.path, "class": branch.kind, **branch.total.amounts(), "self": own}
