"""A traced network's bill as the tree of its modules: each module's part is the sum of those within it and its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mfprofile.cost.bill import Bill
from mfprofile.cost.subject import Module
from mfprofile.cost.sums import Total

SELF = "(self)"
"""What stands for the ops that a module runs itself, beside the modules within it."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A module: its path, its class, the total of all at or below it, what it runs itself, and the modules within it.

    `own` is None where it runs no op itself. Modules that run nothing and own nothing are left out.
    """

    path: str
    kind: str
    total: Total
    own: Total | None
    children: tuple[Branch, ...]

    @property
    def name(self) -> str:
        """Return its name within the module that it is part of."""
        return self.path.rpartition(".")[2]

    @property
    def level(self) -> int:
        """Return how deep it stands: 0 for the whole network."""
        return self.path.count(".") + 1 if self.path else 0


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the tree: a module, or the ops that one runs itself beside the modules within it."""

    path: str
    name: str
    kind: str
    level: int
    total: Total


def tree(bill: Bill) -> Branch:
    """Return the tree of a bill's modules, in the order in which they are registered."""
    modules = bill.subject.modules
    within: dict[str, list[str]] = {}
    for path in modules:
        if path:
            within.setdefault(path.rpartition(".")[0], []).append(path)
    own = {total.name: total for total in bill.by("module")}
    return _branch("", modules, within, own)


def _branch(
    path: str, modules: Mapping[str, Module], within: Mapping[str, list[str]], own: Mapping[str, Total]
) -> Branch:
    found = (_branch(each, modules, within, own) for each in within.get(path, ()))
    children = tuple(child for child in found if child.own is not None or child.children)
    mine = own.get(path)
    return Branch(path, modules[path].kind, _sum(path, [child.total for child in children], mine), mine, children)


def _sum(path: str, totals: list[Total], own: Total | None) -> Total:
    every = [*totals, *([own] if own is not None else [])]
    return Total(
        path,
        sum(total.madds for total in every),
        sum(total.params for total in every),
        sum(total.activations for total in every),
    )


def lines(branch: Branch, depth: int) -> Iterator[Line]:
    """Yield a line for each module within one, down to a depth below the whole, and for what each runs itself.

    The lines that stand next below a module sum to it.
    """
    if branch.level >= depth:
        return
    for child in branch.children:
        yield Line(child.path, child.name, child.kind, child.level, child.total)
        yield from lines(child, depth)
    if branch.own is not None and branch.children:
        yield Line(f"{branch.path}.{SELF}".lstrip("."), SELF, "", branch.level + 1, branch.own)


def branches(branch: Branch) -> Iterator[Branch]:
    """Yield a branch and all below it, each before those within it."""
    yield branch
    for child in branch.children:
        yield from branches(child)
