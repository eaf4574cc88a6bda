"""What one traced network gained and lost against another, by the paths of their modules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mfprofile.cost.sums import Total
from mfprofile.trace.ledger import Ledger, Trace
from mfprofile.trace.tree import SELF, Branch, tree


@dataclass(frozen=True, slots=True)
class ModuleDifference:
    """A module in both networks: its class and total in each, None where it is not; or what one runs itself."""

    path: str
    kinds: tuple[str | None, str | None]
    a: Total | None
    b: Total | None
    unchanged: bool = False

    @property
    def status(self) -> str:
        """Return added, removed, changed or unchanged."""
        if self.unchanged:
            return "unchanged"
        return "added" if self.a is None else "removed" if self.b is None else "changed"

    @property
    def madds(self) -> int:
        """Return the multiply-adds gained, as the bills' convention counts them."""
        return sum(int(side.madds) * sign for side, sign in ((self.b, 1), (self.a, -1)) if side is not None)

    @property
    def params(self) -> int:
        """Return the parameters gained."""
        return sum(int(side.params) * sign for side, sign in ((self.b, 1), (self.a, -1)) if side is not None)


@dataclass(frozen=True, slots=True, eq=False)
class NetworkDifference:
    """Two bills in one convention, and the modules that make them up: their differences sum to that of `whole`."""

    a: Ledger
    b: Ledger
    whole: ModuleDifference
    modules: Sequence[ModuleDifference]


def network_difference(a: Trace, b: Trace, convention: str = "core", depth: int = 2) -> NetworkDifference:
    """Return what was gained and lost from `a` to `b`, in modules not deeper than `depth`.

    A module that one network alone has, and one that is the same in both, stands for all within it.
    """
    bills = a.bill(convention), b.bill(convention)
    roots = tree(bills[0]), tree(bills[1])
    whole = ModuleDifference("", (roots[0].kind, roots[1].kind), roots[0].total, roots[1].total, _same(*roots))
    return NetworkDifference(*bills, whole, tuple(_within(*roots, depth)))


def _within(a: Branch, b: Branch, depth: int) -> Iterator[ModuleDifference]:
    """Yield the differences within a module of both."""
    if _same(a, b) or b.level >= depth or not (a.children or b.children):
        yield ModuleDifference(b.path, (a.kind, b.kind), a.total, b.total, _same(a, b))
        return
    mine, theirs = ({child.name: child for child in side.children} for side in (a, b))
    for name in _merged(list(mine), list(theirs)):
        before, after = mine.get(name), theirs.get(name)
        if before is not None and after is not None:
            yield from _within(before, after, depth)
        else:
            yield _of_one(before, after)
    if a.own is not None or b.own is not None:
        path = f"{b.path}.{SELF}".lstrip(".")
        yield ModuleDifference(path, (None, None), a.own, b.own, _amounts(a.own) == _amounts(b.own))


def _of_one(a: Branch | None, b: Branch | None) -> ModuleDifference:
    if a is not None:
        return ModuleDifference(a.path, (a.kind, None), a.total, None)
    assert b is not None, "one side always has the module"
    return ModuleDifference(b.path, (None, b.kind), None, b.total)


def _same(a: Branch, b: Branch) -> bool:
    """Return whether two modules are of one class, cost the same, and so do all within them."""
    if a.kind != b.kind or _amounts(a.own) != _amounts(b.own) or len(a.children) != len(b.children):
        return False
    pairs = zip(a.children, b.children, strict=True)
    return all(mine.name == theirs.name and _same(mine, theirs) for mine, theirs in pairs)


def _amounts(total: Total | None) -> tuple[object, object]:
    return (0, 0) if total is None else (total.madds, total.params)


def _merged(a: Sequence[str], b: Sequence[str]) -> list[str]:
    """Return the names of both, those of `b` alone each after the one that it follows there."""
    found = list(a)
    for at, name in enumerate(b):
        if name not in found:
            found.insert(found.index(b[at - 1]) + 1 if at else 0, name)
    return found
