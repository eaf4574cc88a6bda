"""What a tool misses along with the parameters that it does not count: modules that it has no rule for, and tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mfprofile.cost.bill import Bill
from mfprofile.cost.kinds import PACKED
from mfprofile.cost.weights import NOTHING, TORCH_LEAVES


class Missed(NamedTuple):
    """Modules of one class, or ops of one kind: their paths, multiply-adds of core and parameters."""

    kind: str
    paths: tuple[str, ...]
    madds: int
    params: int


def missed(bill: Bill) -> list[Missed]:
    """Return what a bill's convention misses where it skips parameters, by class of module or kind of op.

    A module includes those of its submodules that are missed too. Multiply-adds are those of `core` that the convention
    does not count.
    """
    groups: dict[str, Missed] = {}
    by_module = bill.subject.modules and bill.convention.sees == TORCH_LEAVES
    for one in _modules(bill) if by_module else _ops(bill):
        known = groups.get(one.kind, Missed(one.kind, (), 0, 0))
        groups[one.kind] = Missed(one.kind, known.paths + one.paths, known.madds + one.madds, known.params + one.params)
    return list(groups.values())


def _ops(bill: Bill) -> Iterator[Missed]:
    convention = bill.convention
    has_packed = not bill.subject.modules or convention.weight("linear", PACKED) != NOTHING
    for row in bill.rows:
        if row.params and (row.kind in convention.uncounted_params or (row.role == PACKED and not has_packed)):
            yield Missed(row.kind, (row.name,), 0, row.params)


def _modules(bill: Bill) -> Iterator[Missed]:
    """Yield each module whose parameters are not counted, with those below it. The root stands for itself alone."""
    modules, counted, madds = bill.subject.modules, bill.counted_modules, _madds(bill)
    params = {path: each.params for path, each in modules.items() if each.params and path not in counted}
    for top in params:
        if not any(_is_below(top, other) for other in params):
            below = [path for path in modules if path not in counted and (path == top or _is_below(path, top))]
            lost = [sum(each.get(path, 0) for path in below) for each in (madds, params)]
            yield Missed(modules[top].kind, (top,), *lost)


def _madds(bill: Bill) -> dict[str, int]:
    """Return the multiply-adds of core that the convention does not count, by the module that runs them."""
    sums: dict[str, int] = {}
    for row, ours, theirs in zip(bill.rows, bill.under("core").row_madds, bill.row_madds, strict=True):
        sums[row.part.path] = sums.get(row.part.path, 0) + ours - theirs
    return sums


def _is_below(path: str, above: str) -> bool:
    return bool(above) and path.startswith(f"{above}.")
