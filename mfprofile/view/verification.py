"""The output of `verify`: tables, CSV or JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mfprofile.cost.conventions import find_convention
from mfprofile.cost.training import TRAINING
from mfprofile.spec.words import listed
from mfprofile.verify.explanation import NODES
from mfprofile.view.formulas import formulas_json, unknown_formulas
from mfprofile.view.head import head
from mfprofile.view.numbers import grouped, human
from mfprofile.view.skipped import skipped_modules
from mfprofile.view.tables import Column, Form, Table, dumps, render, render_each
from mfprofile.view.values import MOST_NAMED

if TYPE_CHECKING:
    from mfprofile.cost.bill import Bill
    from mfprofile.verify.explanation import Comparison, Explanation
    from mfprofile.verify.outcome import Verification


def verification_text(verifications: Sequence[Verification], form: Form) -> str:
    """Return verifications in one of the four forms: one document in JSON and CSV, else one table each."""
    if form.name == "json":
        every = [verification_json(one) for one in verifications]
        return dumps(every if len(every) > 1 else every[0])
    if form.name == "csv":
        return render(Table(_columns(), [line for one in verifications for line in _lines(one)]), form)
    return "\n".join(render_each(list(map(verification_table, verifications)), form))


def verification_table(verification: Verification) -> Table:
    """Return a line for each tool: its printed total, the core, what it adds and misses, and the unexplained rest."""
    bill = verification.bill
    of_mode = " of training" if bill.mode == TRAINING else ""
    above = f"{bill.name}: input {bill.subject.input}; {grouped(bill.madds)} core MAdds{of_mode}, "
    above += f"{grouped(bill.params)} params"
    columns = _columns(are_params_explained=not any(one.unexplained_params for one in verification.explanations))
    data = [line[1:] for line in _lines(verification)]
    return Table(columns[1:], data, above=[above], below=list(_remarks(verification)))


def _columns(are_params_explained: bool = False) -> list[Column]:
    """Return the columns. Where parameters are explained, a narrow table skips their difference first."""
    return [
        Column("name", "name"),
        Column("tool", "tool"),
        Column("version", "version", optional=3),
        Column("printed", "printed", grouped, right=True, short=human),
        Column("unit", "unit"),
        Column("core", "core", grouped, right=True, optional=2, short=human),
        Column("adds", "adds", _kinds, right=True, record=_flat, short=_kinds_rounded),
        Column("misses", "misses", _kinds, right=True, record=_flat, short=_kinds_rounded),
        Column("predicted", "predicted", grouped, right=True, optional=2, short=human),
        Column("unexplained", "unexplained", _signed, right=True, style=_colour),
        Column("params", "params", grouped, right=True, optional=1, short=human),
        Column(
            "params unexplained",
            "unexplained_params",
            _signed,
            right=True,
            style=_colour,
            optional=4 if are_params_explained else 0,
        ),
    ]


def _lines(verification: Verification) -> list[list[Any]]:
    return [
        [
            verification.bill.name, one.measured.tool, one.measured.version, one.measured.total, one.unit, one.core,
            one.adds, one.misses, one.predicted, one.unexplained, one.measured.params, one.unexplained_params,
        ]
        for one in verification.explanations
    ]  # fmt: skip


def _flat(amounts: Mapping[str, int]) -> str:
    """Return amounts by kind as one field of a CSV: `batch-norm=8445952;pool=56448`."""
    return ";".join(f"{kind}={amount}" for kind, amount in amounts.items())


def _kinds(amounts: Mapping[str, int]) -> str:
    return "\n".join(f"{kind} {grouped(amount)}" for kind, amount in amounts.items()) or "–"


def _kinds_rounded(amounts: Mapping[str, int]) -> str:
    return "\n".join(f"{kind} {human(amount)}" for kind, amount in amounts.items()) or "–"


def _colour(unexplained: int) -> str:
    return "red" if unexplained else "green"


def _signed(amount: int) -> str:
    return f"{amount:+,}" if amount else "0"


def _remarks(verification: Verification) -> list[str]:
    params = verification.params
    lines = [] if params is None else [_compared("parameters against torch's tensors", params)]
    lines += unknown_formulas(verification.formulas)
    for one in verification.explanations:
        lines += _remarks_on(one, verification.bill)
    lines += [_warning(one) for one in verification.explanations if one.measured.unsupported]
    if any(one.measured.params is not None for one in verification.explanations):
        lines += _params_left(verification.explanations)
    lines += failures(verification)
    if verification.modes and verification.explanations:
        lines.append(_mode_line(verification))
    if verification.bill.mode == TRAINING:
        lines.append("only torch's FlopCounterMode can count training; for convolutions in groups it counts more")
    if verification.unable:
        lines.append(f"counters that run a network, and cannot read a file: {', '.join(verification.unable)}")
    if verification.skipped:
        lines.append(f"not installed: {', '.join(verification.skipped)}")
    return [*lines, "all explained" if verification.holds else "NOT all explained"]


def _mode_line(verification: Verification) -> str:
    """Return in which mode the counters ran a network that behaves differently in the other mode."""
    named = f"{listed(verification.modes)} behave differently in"
    if verification.bill.mode == TRAINING:
        return f"the counters ran the network in training mode, as after .train(): {named} eval mode"
    return f"the counters ran the network in eval mode, as after .eval(): {named} training, where a tool can print more"


def failures(verification: Verification) -> list[str]:
    """Return one line for each tool that could not be run."""
    return [f"{name} could not be run: {reason}" for name, reason in verification.failures.items()]


def _warning(one: Explanation) -> str:
    """Return a line on the operators that a tool warns of, and where the table has what it misses with them."""
    tool = one.measured.tool
    named = ", ".join(f"{name} ({times})" for name, times in sorted(one.measured.unsupported.items()))
    where = "its row above has what that misses" if one.misses else "core counts nothing there that it misses"
    return f"{tool} itself warns that it skips {named}{f'; {where}' if one.holds else ''}"


def _params_left(explanations: Sequence[Explanation]) -> Iterator[str]:
    """Yield a line that all parameters are explained, or nothing: the table has a column of those that are not."""
    if not any(one.unexplained_params for one in explanations):
        yield "all parameters of the tools are explained"


def _remarks_on(one: Explanation, bill: Bill) -> Iterator[str]:
    """Yield remarks on one tool: the comparisons by path, the parameters that it misses, and its version."""
    tool = one.measured.tool
    if one.holds and not one.adds and not one.misses:
        yield f"{tool} prints the same as core{', as 2 FLOPs a multiply-add' if one.unit == 'FLOPs' else ''}"
    if one.by_path is not None:
        yield _compared(f"{one.unit} against {tool}", one.by_path)
        yield from _nodes_left(one.by_path)
    if one.activations is not None:
        yield _compared(f"activations of products against {tool}", one.activations)
    if bill.params != one.predicted_params:
        yield _params_missed(one, bill)
    if not one.version_known:
        yield _of_another_version(one)


def _params_missed(one: Explanation, bill: Bill) -> str:
    tool = one.measured.tool
    if _is_of_file(one):
        return f"the params of {tool} are stored tensors that its nodes read, also running statistics and sizes"
    modules = skipped_modules(bill.under(tool))
    return f"{tool} misses {modules or f'{grouped(bill.params - one.predicted_params)} params outside its layers'}"


def _is_of_file(one: Explanation) -> bool:
    return one.by_path is not None and one.by_path.of == NODES


def _nodes_left(comparison: Comparison) -> Iterator[str]:
    """Yield a line with the nodes of a file that differ beyond the first, which is named already."""
    if comparison.of == NODES and len(comparison.mismatches) > 1:
        rest = [f"{one.path} ({grouped(one.ours)} ours, {grouped(one.theirs)} theirs)" for one in comparison.mismatches]
        yield f"nodes not explained: {listed(rest, MOST_NAMED)}"


def _of_another_version(one: Explanation) -> str:
    read = ", ".join(find_convention(one.measured.tool, of_file=True).versions)
    verdict = "still explained" if one.holds else "NOT understood"
    return f"{one.measured.tool} {one.measured.version}: its source was read at {read}, {verdict}"


def _compared(what: str, comparison: Comparison) -> str:
    if not comparison.mismatches:
        if comparison.paths == 1:
            return f"{what}: equal"
        return f"{what}: equal at each of {comparison.paths} {comparison.of}"
    first = comparison.mismatches[0]
    where = first.path or "the whole"
    paths = f"{len(comparison.mismatches)} of {comparison.paths} {comparison.of} differ, first "
    text = f"{what}: {paths if comparison.paths > 1 else 'differ, '}{where}"
    return f"{text} ({grouped(first.ours)} ours, {grouped(first.theirs)} theirs)"


def verification_json(verification: Verification) -> dict[str, Any]:
    """Return a verification for JSON."""
    return {
        **head(verification.bill),
        "holds": verification.holds,
        "params_by_path": None if verification.params is None else _comparison_json(verification.params),
        "counters": [_explanation_json(one) for one in verification.explanations],
        "formulas": formulas_json(verification.formulas),
        "failures": dict(verification.failures),
        "not_installed": list(verification.skipped),
        **({"cannot_read_files": list(verification.unable)} if verification.unable else {}),
    }


def _explanation_json(one: Explanation) -> dict[str, Any]:
    measured = one.measured
    return {
        "tool": measured.tool,
        "version": measured.version,
        "version_read": one.version_known,
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
        "activations_by_path": None if one.activations is None else _comparison_json(one.activations),
        "unsupported": dict(measured.unsupported),
        "holds": one.holds,
    }


def _comparison_json(comparison: Comparison) -> dict[str, Any]:
    mismatches = [{"path": one.path, "ours": one.ours, "theirs": one.theirs} for one in comparison.mismatches]
    return {"paths": comparison.paths, "mismatches": mismatches}
