"""The bill of a traced network as a tree of modules. A module's total includes its submodules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mfprofile.cost.bill import Bill
from mfprofile.cost.subject import Module
from mfprofile.cost.sums import Total

SELF = "(self)"
"""The name of the line for the ops that a module runs itself, in addition to its submodules."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A module: its path, its class, its total with all submodules, its own total, and its direct submodules.

    `own` is the total of the ops that it runs itself, or None if there are none. Modules that run nothing and own
    nothing are left out.
    """

    path: str
    kind: str
    total: Total
    own: Total | None
    children: tuple[Branch, ...]

    @property
    def name(self) -> str:
        """Return its name within its parent module."""
        return self.path.rpartition(".")[2]

    @property
    def level(self) -> int:
        """Return its depth: 0 for the whole network."""
        return self.path.count(".") + 1 if self.path else 0


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the tree: a module, or the ops that a module runs itself in addition to its submodules."""

    path: str
    name: str
    kind: str
    level: int
    total: Total


def tree(bill: Bill) -> Branch:
    """Return the tree of a bill's modules, in the order in which they are registered."""
    return tree_of(bill.subject.modules, {total.name: total for total in bill.by("module")})


def tree_of(modules: Mapping[str, Module], own_totals: Mapping[str, Total]) -> Branch:
    """Return the tree of modules, from the total of the ops that each runs itself, by path."""
    submodules: dict[str, list[str]] = {}
    for path in modules:
        if path:
            submodules.setdefault(path.rpartition(".")[0], []).append(path)
    return _branch("", modules, submodules, own_totals)


def _branch(
    path: str, modules: Mapping[str, Module], submodules: Mapping[str, list[str]], own_totals: Mapping[str, Total]
) -> Branch:
    branches = (_branch(child, modules, submodules, own_totals) for child in submodules.get(path, ()))
    children = tuple(child for child in branches if child.own is not None or child.children)
    own = own_totals.get(path)
    return Branch(path, modules[path].kind, _sum(path, [child.total for child in children], own), own, children)


def _sum(path: str, totals: list[Total], own: Total | None) -> Total:
    summands = [*totals, *([own] if own is not None else [])]
    times = [total.latency for total in summands if total.latency is not None]
    return Total(
        path,
        sum(total.madds for total in summands),
        sum(total.params for total in summands),
        sum(total.activations for total in summands),
        sum(times) if times else None,
    )


def lines(branch: Branch, depth: int) -> Iterator[Line]:
    """Yield a line for each submodule of `branch` down to `depth`, and for the ops that each module runs itself.

    `depth` counts from the whole network. The lines one level below a module sum to its total.
    """
    if branch.level >= depth:
        return
    for child in branch.children:
        yield Line(child.path, child.name, child.kind, child.level, child.total)
        yield from lines(child, depth)
    if branch.own is not None and branch.children:
        yield Line(f"{branch.path}.{SELF}".lstrip("."), SELF, "", branch.level + 1, branch.own)


def branches(branch: Branch) -> Iterator[Branch]:
    """Yield a branch and all branches below it; each parent comes before its children."""
    yield branch
    for child in branch.children:
        yield from branches(child)
