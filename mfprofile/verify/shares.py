"""What a tool counts for each row of a bill, before rows are summed by module path."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from mfprofile.cost.bill import Bill
from mfprofile.cost.kinds import CELL
from mfprofile.cost.recurrent import GATES
from mfprofile.cost.rows import Part, Row
from mfprofile.cost.tools import FVCORE


class Share(NamedTuple):
    """A row, what a tool counts for it, and how many of its output values fvcore counts."""

    row: Row
    amount: int = 0
    outputs: int = 0


def shares_of(bill: Bill) -> list[Share]:
    """Return the share of each row in the bill's convention."""
    pairs = zip(bill.rows, bill.row_madds, strict=True)
    return [Share(row, amount, counted_output(row)) for row, amount in pairs]


def counted_output(row: Row) -> int:
    """Return the number of values in an op's output, as fvcore counts activations.

    In a recurrent cell, it counts those of the two Linear layers that a cell consists of.
    """
    values = 2 * GATES[row.kind] if row.role == CELL else 1
    return int(row.activations * values) if FVCORE.weight(row.kind, row.role).products else 0


def at_each_path(shares: Iterable[Share], others: Mapping[str, Sequence[str]]) -> list[Share]:
    """Return the shares as thop has them, for modules that have `others` as further paths, by their first path.

    It hangs its rule into a module once for each path, so that each call counts that often. Then it adds up the result
    at each of the paths: `add_hooks` and `dfs_count` in thop/profile.py.
    """
    every: list[Share] = []
    for share in shares:
        row, paths = share.row, others.get(share.row.part.path, ())
        rows = [row, *(Row(Part("", None, "", path, []), row.local, row.role, row.cost) for path in paths)]
        every += [share._replace(row=each, amount=len(rows) * share.amount) for each in rows]
    return every


def params_at_each_path(bill: Bill, others: Mapping[str, Sequence[str]]) -> int:
    """Return the parameters that thop adds for the further paths of modules."""
    modules = bill.subject.modules
    return sum(modules[path].params * len(paths) for path, paths in others.items() if path in bill.counted_modules)
