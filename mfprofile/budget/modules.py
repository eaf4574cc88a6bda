"""The modules of two networks in code, paired by their paths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mfprofile.budget.parts import PartDifference, Piece, piece_of
from mfprofile.cost.bill import Bill
from mfprofile.cost.sums import Total
from mfprofile.cost.tree import SELF, Branch, tree
from mfprofile.spec.traits import Traits


def module_parts(a: Bill, b: Bill, depth: int) -> Iterator[PartDifference]:
    """Yield the modules of two networks down to `depth` levels. Their differences sum to those of the networks.

    A module that only one network has, or that is the same in both, is one part with all its submodules.
    """
    yield from paired(tree(a), tree(b), depth)


def paired(a: Branch, b: Branch, depth: int) -> Iterator[PartDifference]:
    """Yield the differences within a module that both networks have."""
    if _same(a, b) or b.level >= depth or not (a.children or b.children):
        yield PartDifference(*_pieces(a, b), differs_within=not _same(a, b))
        return
    in_a, in_b = ({child.name: child for child in side.children} for side in (a, b))
    for name in _merged(list(in_a), list(in_b)):
        before, after = in_a.get(name), in_b.get(name)
        if before is not None and after is not None:
            yield from paired(before, after, depth)
        else:
            yield PartDifference(_piece(before), _piece(after))
    if a.own is not None or b.own is not None:
        path = f"{b.path}.{SELF}".lstrip(".")
        yield PartDifference(_piece_of(path, a.own, {}), _piece_of(path, b.own, {}))


def _pieces(a: Branch, b: Branch) -> tuple[Piece | None, Piece | None]:
    """Return a module in both networks; without its class if one does not know it, as a model file may not."""
    if a.kind and b.kind:
        return _piece(a), _piece(b)
    return _piece_of(a.path, a.total, {}), _piece_of(b.path, b.total, {})


def _piece(branch: Branch | None) -> Piece | None:
    return None if branch is None else _piece_of(branch.path, branch.total, {"class": branch.kind})


def _piece_of(path: str, total: Total | None, traits: Traits) -> Piece | None:
    return None if total is None else piece_of(total, traits, path)


def _same(a: Branch, b: Branch) -> bool:
    """Return whether two modules have the same class (if both know it), costs and submodules."""
    is_other = bool(a.kind and b.kind) and a.kind != b.kind
    if is_other or _amounts(a.own) != _amounts(b.own) or len(a.children) != len(b.children):
        return False
    pairs = zip(a.children, b.children, strict=True)
    return all(child_a.name == child_b.name and _same(child_a, child_b) for child_a, child_b in pairs)


def _amounts(total: Total | None) -> tuple[object, ...]:
    return (0, 0, 0) if total is None else (total.madds, total.params, total.latency or 0)


def _merged(a: Sequence[str], b: Sequence[str]) -> list[str]:
    """Return the names of both. A name that only `b` has comes after the name that it follows in `b`."""
    merged = list(a)
    for at, name in enumerate(b):
        if name not in merged:
            merged.insert(merged.index(b[at - 1]) + 1 if at else 0, name)
    return merged
