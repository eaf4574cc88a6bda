"""A tool's total, explained from our rows: the core, what it adds, what it misses, and what is left over."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from torch import nn

from mfprofile.cost.bill import Bill
from mfprofile.cost.conventions import FVCORE
from mfprofile.cost.rows import Row
from mfprofile.cost.weights import Convention
from mfprofile.verify.counters import Measurement, parameters


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A module path at which the arithmetic and a measurement disagree."""

    path: str
    ours: int
    theirs: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was compared path by path: at how many paths, and where it differs, the deepest first in running order."""

    paths: int
    mismatches: tuple[Mismatch, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """One tool's totals beside what its convention predicts from our rows.

    `core` is in the tool's unit; `adds` and `misses` are by kind and positive. `version_read` tells whether the
    installed version is one whose source the convention was read from; a difference under another is not understood.
    `activations` compares what the tool says of the values put out, where it counts those.
    """

    measured: Measurement
    unit: str
    core: int
    adds: Mapping[str, int]
    misses: Mapping[str, int]
    predicted: int
    predicted_params: int
    by_path: Comparison | None
    version_read: bool
    activations: Comparison | None = None

    @property
    def unexplained(self) -> int:
        """Return what the tool printed beyond the prediction."""
        return self.measured.total - self.predicted

    @property
    def unexplained_params(self) -> int:
        """Return the parameters that the tool counted beyond the prediction."""
        return 0 if self.measured.params is None else self.measured.params - self.predicted_params

    @property
    def holds(self) -> bool:
        """Return whether nothing is left unexplained, in total and at every path."""
        paths = not any(one.mismatches for one in (self.by_path, self.activations) if one is not None)
        return paths and not self.unexplained and not self.unexplained_params

    @property
    def understood(self) -> bool:
        """Return False where something is unexplained and the version is none that was read."""
        return self.holds or self.version_read


def explain(bill: Bill, measured: Measurement, modules: Iterable[str]) -> Explanation:
    """Explain a measurement of the network that the bill is of; `modules` are the model's module paths."""
    predicted = bill.under(measured.tool)
    factor = 2 if predicted.convention.unit == "FLOPs" else 1
    core = [factor * madds for madds in bill.under("core").row_madds]
    extra = _by_kind(bill.rows, [ours - plain for ours, plain in zip(predicted.row_madds, core, strict=True)])
    return Explanation(
        measured,
        predicted.convention.unit,
        sum(core),
        {kind: more for kind, more in extra.items() if more > 0},
        {kind: -more for kind, more in extra.items() if more < 0},
        predicted.madds,
        predicted.counted_params,
        None if measured.by_path is None else compare(bill.rows, predicted.row_madds, measured.by_path, modules),
        _was_read(predicted.convention, measured.version),
        None if measured.activations is None else compare_activations(bill, measured.activations, modules),
    )


def _was_read(convention: Convention, version: str) -> bool:
    """Return whether the version's leading numbers are those of a version that was read."""
    numbers = re.findall(r"[0-9]+", version)
    return any(numbers[: read.count(".") + 1] == read.split(".") for read in convention.versions)


def _by_kind(rows: Iterable[Row], amounts: Iterable[int]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for row, amount in zip(rows, amounts, strict=True):
        sums[row.kind] = sums.get(row.kind, 0) + amount
    return sums


def compare_params(bill: Bill, model: nn.Module) -> Comparison:
    """Compare our parameters with torch's own tensors, at every module path.

    Of a network in code, in all: there a parameter belongs to the op that uses it, wherever it is registered.
    """
    if bill.subject.modules:
        return compare(bill.rows, [row.params for row in bill.rows], {"": parameters(model)}, [""])
    theirs = {path: parameters(module) for path, module in model.named_modules()}
    return compare(bill.rows, [row.params for row in bill.rows], theirs, theirs)


def compare_activations(bill: Bill, theirs: Mapping[str, int], modules: Iterable[str]) -> Comparison:
    """Compare our activations with fvcore's, at every module path.

    fvcore.nn.ActivationCountAnalysis counts the outputs of convolutions, Linear and matrix products, and of nothing
    else: fvcore/nn/activation_count.py.
    """
    return compare(bill.rows, [counted_output(row) for row in bill.rows], theirs, modules)


def counted_output(row: Row) -> int:
    """Return the values of an op's output as fvcore counts activations."""
    return int(row.activations) if FVCORE.weight(row.kind, row.role).products else 0


def compare(
    rows: Iterable[Row], amounts: Iterable[int], theirs: Mapping[str, int], modules: Iterable[str]
) -> Comparison:
    """Compare amounts of rows with a tool's, at every module path: a path has all rows that stand at or below it.

    A path that the tool does not name has 0 of it; a path that it names and the model has not is compared as well.
    """
    ours = _by_prefix(rows, amounts)
    paths = list(dict.fromkeys([*modules, *theirs]))
    unequal = [
        Mismatch(path, ours.get(path, 0), theirs.get(path, 0))
        for path in paths
        if ours.get(path, 0) != theirs.get(path, 0)
    ]
    deepest = [one for one in unequal if not any(_is_below(other.path, one.path) for other in unequal)]
    return Comparison(len(paths), (*deepest, *(one for one in unequal if one not in deepest)))


def _by_prefix(rows: Iterable[Row], amounts: Iterable[int]) -> dict[str, int]:
    """Return the sum of all rows at or below each path that begins a row's name, of all calls; the root is ''."""
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
