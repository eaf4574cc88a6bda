"""A spec and a network in code or in a file, by module, where their names agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from mfprofile.budget.items import Item
from mfprofile.budget.likeness import both_items, is_file, whole, without_rest
from mfprofile.budget.modules import paired
from mfprofile.budget.parts import PartDifference, Piece
from mfprofile.cost.bill import Bill
from mfprofile.cost.subject import Module
from mfprofile.cost.sums import Total
from mfprofile.cost.tree import SELF, Branch, branches, tree_of

UNKNOWN = Module("", False, False)
"""A module that only the spec has."""


def names_agree(a: Bill, b: Bill) -> bool:
    """Return whether most of the sub-blocks of the bill without modules are modules of the other one."""
    paths, modules = _paths(a, b), {**a.subject.modules, **b.subject.modules}
    return 2 * sum(path in modules for path in paths) > len(paths)


def share_modules(a: Bill, b: Bill) -> bool:
    """Return whether any module that runs an op has the same path in two networks in code; the root does not count."""
    first, second = ({part.path for part in bill.parts if part.path} for bill in (a, b))
    return not first or not second or bool(first & second)


def parts_by_name(a: Bill, b: Bill, depth: int) -> Iterator[PartDifference]:
    """Yield the modules of both down to `depth` levels, as `modules.module_parts` does for two networks in code.

    An op of the spec belongs to the innermost module whose path its name begins with. A module whose multiply-adds and
    parameters differ only by folded norms, and in a model file by biases that are stored once, is alike.
    """
    modules = _modules(a, b)
    plain, lean = both_items(a, b)
    key = without_rest if is_file(a) or is_file(b) else whole
    true_a, true_b = (_pieces(_tree(items, modules)) for items in plain)
    lean_a, lean_b = (_tree([_compared(item, key(item)) for item in items], modules) for items in lean)
    for part in paired(lean_a, lean_b, depth):
        is_same = part.status == "unchanged"
        name = part.piece.name
        yield PartDifference(true_a.get(name), true_b.get(name), part.differs_within, is_alike=is_same)


def _paths(a: Bill, b: Bill) -> set[str]:
    return {part.path for bill in (a, b) if not bill.subject.modules for part in bill.parts if part.path}


def _modules(a: Bill, b: Bill) -> dict[str, Module]:
    """Return the modules of one network, then those that only the spec has, with the modules around them."""
    modules: dict[str, Module] = {"": UNKNOWN, **a.subject.modules, **b.subject.modules}
    for path in sorted(_paths(a, b)):
        names = path.split(".")
        for end in range(1, len(names) + 1):
            modules.setdefault(".".join(names[:end]), UNKNOWN)
    return modules


def _compared(item: Item, amounts: tuple[int, int, int]) -> Item:
    madds, weights, rest = amounts
    return replace(item, madds=madds, weights=weights, rest=rest)


def _tree(items: Sequence[Item], modules: Mapping[str, Module]) -> Branch:
    totals: dict[str, Total[int]] = {}
    for item in items:
        if item.madds or item.params:
            total = totals.setdefault(_module(item.name, modules), Total(""))
            total.madds, total.params = total.madds + item.madds, total.params + item.params
    return tree_of(modules, totals)


def _module(name: str, modules: Mapping[str, Module]) -> str:
    path = name.partition("#")[0]
    while path not in modules:
        path = path.rpartition(".")[0]
    return path


def _pieces(root: Branch) -> dict[str, Piece]:
    """Return every module with its total, and what each module with submodules runs itself."""
    pieces = {}
    for branch in branches(root):
        traits = {"class": branch.kind} if branch.kind else {}
        pieces[branch.path] = Piece(branch.path, int(branch.total.madds), int(branch.total.params), traits)
        if branch.own is not None:
            path = f"{branch.path}.{SELF}".lstrip(".")
            pieces[path] = Piece(path, int(branch.own.madds), int(branch.own.params), {})
    return pieces
