"""What `verify` found, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mfprofile.audit.explain import Comparison, Explanation
from mfprofile.audit.verify import Verification
from mfprofile.view.numbers import grouped
from mfprofile.view.tables import Column, Table

JSON_SCHEMA = 1


def verification_table(found: Verification) -> Table:
    """Return a line for each tool: what it printed, the core, what it adds and misses, and what is unexplained."""
    columns = [
        Column("tool", "tool"),
        Column("printed", "printed", grouped, right=True),
        Column("unit", "unit"),
        Column("core", "core", grouped, right=True),
        Column("+ adds", "adds", _kinds, right=True),
        Column("− misses", "misses", _kinds, right=True),
        Column("predicted", "predicted", grouped, right=True),
        Column("unexplained", "unexplained", _left_over, right=True),
        Column("params", "params", grouped, right=True),
        Column("unexplained", "unexplained_params", _left_over, right=True),
    ]
    data = [_line(one) for one in found.explanations]
    bill = found.bill
    network = bill.network
    above = f"{bill.name}: input {network.height}×{network.width}; {grouped(bill.madds)} core MAdds, "
    above += f"{grouped(bill.params)} params"
    return Table(columns, data, above=[above], below=list(_remarks(found)))


def _line(one: Explanation) -> list[Any]:
    measured = one.measured
    tool = f"{measured.tool} {measured.version}"
    total = [one.core, one.adds, one.misses, one.predicted, one.unexplained]
    return [tool, measured.total, one.unit, *total, measured.params, one.unexplained_params]


def _kinds(amounts: Mapping[str, int]) -> str:
    return "\n".join(f"{kind} {grouped(amount)}" for kind, amount in amounts.items()) or "–"


def _left_over(amount: int) -> str:
    return f"{amount:+,}" if amount else "0"


def _remarks(found: Verification) -> list[str]:
    lines = [_compared("parameters against torch's tensors", found.params)]
    for one in found.explanations:
        if one.by_path is not None:
            lines.append(_compared(f"{one.unit} against {one.measured.tool}", one.by_path))
        overlooked = found.bill.params - one.predicted_params
        if overlooked:
            lines.append(f"{one.measured.tool} overlooks {grouped(overlooked)} params that no called leaf module owns")
        if not one.understood:
            lines.append(
                f"{one.measured.tool} {one.measured.version}: not understood, its source was read at another version"
            )
    for one in found.explanations:
        if one.measured.unsupported:
            named = ", ".join(f"{name} ({times})" for name, times in sorted(one.measured.unsupported.items()))
            lines.append(f"{one.measured.tool} reports as not counted: {named}")
    if found.skipped:
        lines.append(f"not installed: {', '.join(found.skipped)}")
    return [*lines, "all explained" if found.holds else "NOT all explained"]


def _compared(what: str, comparison: Comparison) -> str:
    if not comparison.mismatches:
        return f"{what}: equal at each of {comparison.paths} module paths"
    first = comparison.mismatches[0]
    where = first.path or "the whole"
    text = f"{what}: {len(comparison.mismatches)} of {comparison.paths} module paths differ, first {where}"
    return f"{text} ({grouped(first.ours)} ours, {grouped(first.theirs)} theirs)"


def verification_json(found: Verification) -> dict[str, Any]:
    """Return what was found as JSON holds it."""
    network = found.bill.network
    return {
        "schema": JSON_SCHEMA,
        "name": found.bill.name,
        "input": [network.height, network.width],
        "madds": found.bill.madds,
        "params": found.bill.params,
        "holds": found.holds,
        "params_by_path": _comparison_json(found.params),
        "counters": [_explanation_json(one) for one in found.explanations],
        "not_installed": list(found.skipped),
    }


def _explanation_json(one: Explanation) -> dict[str, Any]:
    measured = one.measured
    return {
        "tool": measured.tool,
        "version": measured.version,
        "understood": one.understood,
        "unit": one.unit,
        "printed": measured.total,
        "core": one.core,
        "adds": dict(one.adds),
        "misses": dict(one.misses),
        "predicted": one.predicted,
        "unexplained": one.unexplained,
        "params": measured.params,
        "predicted_params": one.predicted_params,
        "unexplained_params": one.unexplained_params,
        "by_path": None if one.by_path is None else _comparison_json(one.by_path),
        "unsupported": dict(measured.unsupported),
        "holds": one.holds,
    }


def _comparison_json(comparison: Comparison) -> dict[str, Any]:
    mismatches = [{"path": one.path, "ours": one.ours, "theirs": one.theirs} for one in comparison.mismatches]
    return {"paths": comparison.paths, "mismatches": mismatches}
