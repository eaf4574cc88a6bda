"""Explain a tool's total from our rows: the core, what the tool adds, what it misses, and what remains unexplained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from torch import nn

from mfprofile.cost.bill import Bill
from mfprofile.cost.kinds import PACKED
from mfprofile.cost.rows import Row
from mfprofile.cost.tools import FVCORE, THOP
from mfprofile.trace.modules import named_modules
from mfprofile.verify.counters import parameters
from mfprofile.verify.explanation import Comparison as Comparison
from mfprofile.verify.explanation import Explanation as Explanation
from mfprofile.verify.explanation import Measurement, added_and_missed, by_kind, was_read
from mfprofile.verify.explanation import Mismatch as Mismatch
from mfprofile.verify.jit import in_graph
from mfprofile.verify.shares import Share, at_each_path, params_at_each_path, shares_of

NO_PATHS: Mapping[str, Sequence[str]] = MappingProxyType({})


def explain(
    bill: Bill,
    measured: Measurement,
    modules: Iterable[str],
    plain: Bill | None = None,
    others: Mapping[str, Sequence[str]] = NO_PATHS,
) -> Explanation:
    """Return the explanation of a measurement of the bill's network; `modules` are the model's module paths.

    `plain` is the bill without the user's own formulas, if there are any. No tool knows them. `others` are the further
    paths of modules that have several, by the first (`trace.modules.other_paths`).
    """
    predicted = (bill if plain is None else plain).under(measured.tool)
    others = others if measured.tool == THOP.name else NO_PATHS
    factor = 2 if predicted.convention.unit == "FLOPs" else 1
    core = by_kind(bill.rows, [factor * madds for madds in bill.under("core").row_madds])
    shares = _shares(predicted, others)
    rows, amounts = [each.row for each in shares], [each.amount for each in shares]
    outputs = [each.outputs for each in shares]
    adds, misses = added_and_missed(core, by_kind(rows, amounts))
    return Explanation(
        measured,
        predicted.convention.unit,
        sum(core.values()),
        adds,
        misses,
        sum(amounts),
        predicted.counted_params + params_at_each_path(predicted, others),
        None if measured.by_path is None else compare(rows, amounts, measured.by_path, modules),
        was_read(predicted.convention, measured.version),
        None if measured.activations is None else compare(rows, outputs, measured.activations, modules),
    )


def _shares(bill: Bill, others: Mapping[str, Sequence[str]]) -> Sequence[Share]:
    """Return what the tool of a bill's convention counts for each row that it reads."""
    shares, flow = shares_of(bill), bill.subject.dataflow
    if bill.convention.name == FVCORE.name and flow is not None:
        shares = in_graph(bill, flow, shares)
    return at_each_path(shares, others) if others else shares


def compare_params(bill: Bill, model: nn.Module) -> Comparison:
    """Compare our parameters with the model's own tensors, at every module path.

    For a network in code, only the totals are compared: there, a parameter belongs to the op that uses it, and that op
    may run in another module.
    """
    if bill.subject.modules:
        ours = [0 if row.role == PACKED else row.params for row in bill.rows]  # they are no tensors of the model
        return compare(bill.rows, ours, {"": parameters(model)}, [""])
    theirs = {path: parameters(module) for path, module in named_modules(model)}
    return compare(bill.rows, [row.params for row in bill.rows], theirs, theirs)


def compare(
    rows: Iterable[Row], amounts: Iterable[int], theirs: Mapping[str, int], modules: Iterable[str]
) -> Comparison:
    """Compare our amounts with a tool's amounts at every module path; a path includes all rows at or below it.

    A path that the tool does not list has the amount 0. A path that only the tool lists is compared too.
    """
    ours = _by_prefix(rows, amounts)
    paths = list(dict.fromkeys([*modules, *theirs]))
    unequal = [
        Mismatch(path, ours.get(path, 0), theirs.get(path, 0))
        for path in paths
        if ours.get(path, 0) != theirs.get(path, 0)
    ]
    deepest = [each for each in unequal if not any(_is_below(other.path, each.path) for other in unequal)]
    return Comparison(len(paths), (*deepest, *(each for each in unequal if each not in deepest)))


def _by_prefix(rows: Iterable[Row], amounts: Iterable[int]) -> dict[str, int]:
    """Return the sum of the rows of all calls at or below each path; the root is ''."""
    sums = {"": 0}
    for row, amount in zip(rows, amounts, strict=True):
        sums[""] += amount
        path = row.name.partition("#")[0]  # a layer's second call is named `layer#2`
        while path:
            sums[path] = sums.get(path, 0) + amount
            path = path.rpartition(".")[0]
    return sums


def _is_below(path: str, above: str) -> bool:
    return path != above and (not above or path.startswith(f"{above}."))
