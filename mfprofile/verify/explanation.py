"""What a counter printed and how it is explained: plain values, for which torch is not needed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mfprofile.cost.rows import Row
from mfprofile.cost.weights import Convention

MODULES, NODES = "module paths", "nodes"
"""What a comparison is of."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """The result of a tool for a network: its total, and each module's share by path if it has them (the root is '').

    `total` and `by_path` are in the tool's own unit. `params` are the parameters that it counted. `unsupported` are the
    operators that it reports as not counted, with the number of times. `activations` are the output values of ops by
    path, if it counts them. The paths of a model file are the names of its nodes.
    """

    tool: str
    version: str
    total: int
    params: int | None = None
    by_path: Mapping[str, int] | None = None
    unsupported: Mapping[str, int] = field(default_factory=dict)
    activations: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A module path, or a node of a file, where our count and a measurement differ."""

    path: str
    ours: int
    theirs: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result of a comparison by module path: the number of paths, and the mismatches.

    The deepest mismatches come first, in running order. `of` is what was compared, `MODULES` or `NODES`.
    """

    paths: int
    mismatches: tuple[Mismatch, ...]
    of: str = MODULES


@dataclass(frozen=True, slots=True)
class Explanation:
    """One tool's totals, and what its convention predicts from our rows.

    `core` is in the tool's unit. `adds` and `misses` are by kind and positive. `version_known` is whether the
    convention was read from the source of the installed version; if not, a difference is not understood. `activations`
    compares the output values, if the tool counts them.
    """

    measured: Measurement
    unit: str
    core: int
    adds: Mapping[str, int]
    misses: Mapping[str, int]
    predicted: int
    predicted_params: int
    by_path: Comparison | None
    version_known: bool
    activations: Comparison | None = None

    @property
    def unexplained(self) -> int:
        """Return the tool's total minus the prediction."""
        return self.measured.total - self.predicted

    @property
    def unexplained_params(self) -> int:
        """Return the tool's parameters minus the prediction, or 0 if it counts none."""
        return 0 if self.measured.params is None else self.measured.params - self.predicted_params

    @property
    def holds(self) -> bool:
        """Return whether the tool's figures are fully explained, in total and at every path."""
        paths_match = not any(each.mismatches for each in (self.by_path, self.activations) if each is not None)
        return paths_match and not self.unexplained and not self.unexplained_params

    @property
    def understood(self) -> bool:
        """Return whether the tool is explained, or its version's source was read."""
        return self.holds or self.version_known


def was_read(convention: Convention, version: str) -> bool:
    """Return whether the version starts with the numbers of a version whose source was read."""
    numbers = re.findall(r"[0-9]+", version)
    return any(numbers[: read.count(".") + 1] == read.split(".") for read in convention.versions)


def by_kind(rows: Iterable[Row], amounts: Iterable[int]) -> dict[str, int]:
    """Return the sum of amounts by the kind of their rows."""
    sums: dict[str, int] = {}
    for row, amount in zip(rows, amounts, strict=True):
        sums[row.kind] = sums.get(row.kind, 0) + amount
    return sums


def added_and_missed(core: Mapping[str, int], theirs: Mapping[str, int]) -> tuple[dict[str, int], dict[str, int]]:
    """Return what a tool adds to `core` and what it misses of it, by kind; both are positive."""
    extra = {kind: theirs.get(kind, 0) - core.get(kind, 0) for kind in {**core, **theirs}}
    adds = {kind: more for kind, more in extra.items() if more > 0}
    return adds, {kind: -more for kind, more in extra.items() if more < 0}
