"""What a traced network's result is: its rows, what was not covered, and its bill in any convention."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import starmap
from typing import TYPE_CHECKING, Any, NamedTuple

from mfprofile.cost.conventions import LEAVES, NOTHING, OPS, TORCH_LEAVES, Convention, convention
from mfprofile.cost.rows import Part, Row, rows_of
from mfprofile.cost.sums import Entry, Total, activations_of, params_of, totals_of
from mfprofile.spec.problems import InputError, nearest
from mfprofile.trace.operators import RECURRENT
from mfprofile.trace.recorder import UNCOVERED

if TYPE_CHECKING:
    import pandas as pd

AXES = ("module", "kind", "op")


class Ledger:
    """The bill of a traced network: `rows`, an op each in running order, and beside them `row_madds` by `convention`.

    As a `Bill`, but that its rows stand in the tree of modules, and nowhere else: there are no blocks and no pillars.
    A row's module is its `part.path`, of which its name is made; `found` is the trace that it is the bill of.
    """

    def __init__(self, found: Trace, counted_by: Convention) -> None:
        self.found = found
        self.name = found.name
        self.inputs = found.inputs
        self.parts = found.parts
        self.convention = counted_by
        weighed = zip(self.parts, counted_by.weigh(self.parts), strict=True)
        self.row_madds: list[int] = [madds if self._sees(part) else 0 for part, madds in weighed]
        self.madds = sum(self.row_madds)
        """All multiply-adds, as the convention counts."""

    @cached_property
    def rows(self) -> list[Row]:
        """Return every op as a row, in running order, after the tables and before what is unused."""
        return rows_of(self.parts)

    @cached_property
    def params(self) -> int:
        """Return all parameters of the model, each tensor once."""
        return int(params_of(self.parts))

    @cached_property
    def counted_params(self) -> int:
        """Return the parameters that the convention counts: some tools overlook those of some kinds and modules.

        One that looks at `TORCH_LEAVES` adds up those of modules within the network, not over it itself, and of tied
        ones twice.
        """
        if self.convention.sees != TORCH_LEAVES:
            return int(params_of(self.parts, self.convention.uncounted_params))
        seen = {row.part.path for row in self.rows if row.part.path and self._sees(row.part) and self._knows(row)}
        return sum(self.found.modules[path].params for path in seen)

    def _knows(self, row: Row) -> bool:
        """Return whether a tool that looks at modules has a rule for those that run such an op."""
        return self.convention.weight(row.kind, row.role) != NOTHING

    def _sees(self, part: Part) -> bool:
        """Return whether the convention's tool looks at the module that runs an op."""
        if self.convention.sees == OPS:
            return True
        module = self.found.modules.get(part.path)
        return module is not None and module.leaf and (module.of_torch or self.convention.sees == LEAVES)

    @property
    def uncovered(self) -> list[str]:
        """Return the operators and recurrent layers that are not counted, each once."""
        return [one.operator for one in self.found.uncovered]

    @cached_property
    def activations(self) -> int:
        """Return how many values all ops put out; parameters that are read are none."""
        return int(activations_of(self.parts))

    def by(self, axis: str) -> list[Total]:
        """Return the totals by module, kind or op, in running order; raises `InputError` for another axis.

        A module's total is of the ops that it runs itself, without those of modules within it.
        """
        return list(totals_of(starmap(Entry, zip(self.names(axis), self.rows, self.row_madds, strict=True))).values())

    def names(self, axis: str) -> Iterable[str]:
        """Yield each row's module, kind or own name; raises `InputError` for another axis."""
        if axis not in AXES:
            raise InputError(f"cannot count by {axis!r}; {nearest(axis, AXES) or 'there are ' + ', '.join(AXES)}")
        if axis == "module":
            return (row.part.path for row in self.rows)
        return (row.name if axis == "op" else row.kind for row in self.rows)

    def under(self, name: str) -> Ledger:
        """Return the same network's bill in another convention."""
        return Ledger(self.found, convention(name))

    def records(self) -> list[dict[str, Any]]:
        """Return each row as a mapping of plain values; `madds`, `params` and `activations` sum to the bill's."""
        return [
            {
                "name": row.name,
                "module": row.part.path,
                "kind": row.kind,
                "role": row.role,
                "madds": madds,
                "elements": row.elements,
                "params": row.params,
                "activations": row.activations,
                "out": list(row.out),
            }
            for row, madds in zip(self.rows, self.row_madds, strict=True)
        ]

    def frame(self, by: str = "op") -> pd.DataFrame:
        """Return a pandas frame: every op with all its columns, or the totals by module or kind."""
        import pandas as pd

        if by == "op":
            return pd.DataFrame(self.records())
        return pd.DataFrame([{by: total.name, **total.amounts()} for total in self.by(by)])

    def __repr__(self) -> str:
        return f"Ledger({self.name}, madds={self.madds}, params={self.params}, convention={self.convention.name})"


@dataclass(frozen=True, slots=True)
class Uncovered:
    """An operator that is not counted: how often it ran, and how many values it put out; or a recurrent layer."""

    operator: str
    count: int
    elements: int
    recurrent: bool


class Module(NamedTuple):
    """What a module is: its class's name, whether none is within it, whether the class is torch.nn's own.

    `params` are the parameters that it holds itself; tied ones are those of each module that does.
    """

    kind: str
    leaf: bool
    of_torch: bool
    params: int = 0


@dataclass(frozen=True)
class Trace:
    """What was found by running a network once.

    `inputs` tell the inputs' shapes and types; `device` is where it ran, `meta` or `cpu`, and `reason` why it could not
    be meta tensors ('' where it was). `modules` are all modules by their paths; one that stands at several paths is at
    that by which it was registered first. `parts` have an op each.
    """

    name: str
    inputs: tuple[str, ...]
    device: str
    reason: str
    modules: Mapping[str, Module]
    parts: Sequence[Part]

    def bill(self, convention_name: str = "core") -> Ledger:
        """Return the network's bill in a convention; raises `InputError` for one that does not exist."""
        return Ledger(self, convention(convention_name))

    @cached_property
    def rows(self) -> list[Row]:
        """Return every op as a row, in running order."""
        return rows_of(self.parts)

    @cached_property
    def uncovered(self) -> tuple[Uncovered, ...]:
        """Return the operators that no handle counts, and the recurrent layers, in the order they first ran in."""
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            if row.role == UNCOVERED:
                found.setdefault(row.kind, []).append(row)
        return tuple(
            Uncovered(kind, len(rows), sum(row.elements for row in rows), kind in RECURRENT.values())
            for kind, rows in found.items()
        )

    @property
    def coverage(self) -> Fraction:
        """Return the share of all ops' elements that is of ops with a handle; what is free or a table has none."""
        elements = sum(row.elements for row in self.rows if row.kind != "table")
        return 1 - Fraction(sum(each.elements for each in self.uncovered), elements) if elements else Fraction(1)

    @property
    def unused(self) -> Mapping[str, int]:
        """Return the parameters that no op reads, by path."""
        return {row.name: row.params for row in self.rows if row.kind == "unused"}
