"""The bill of a network: its rows, and their sums by block, stage, pillar, kind or op, or by module."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import starmap
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mfprofile.cost.blocks import network_parts
from mfprofile.cost.conventions import find_convention
from mfprofile.cost.measures import measure
from mfprofile.cost.overflow import refuse_overflow
from mfprofile.cost.rows import Part, Row, rows_of
from mfprofile.cost.sums import Entry, Total, activations_of, params_of, totals_of
from mfprofile.cost.weights import NOTHING, OPS, TORCH_LEAVES, Convention
from mfprofile.spec.layout import resolve
from mfprofile.spec.load import load
from mfprofile.spec.model import Spec
from mfprofile.spec.names import PILLARS
from mfprofile.spec.network import Network
from mfprofile.spec.problems import InputError
from mfprofile.spec.renamed import renamed
from mfprofile.spec.words import instead, shown

if TYPE_CHECKING:
    import pandas as pd

    from mfprofile.cost.subject import Subject

_NAME_OF: Mapping[str, Callable[[Row], Any]] = MappingProxyType(
    {
        "block": operator.attrgetter("block"),
        "stage": lambda row: "tokens" if row.stage is None else str(row.stage),
        "pillar": operator.attrgetter("pillar"),
        "module": operator.attrgetter("part.path"),
        "kind": operator.attrgetter("kind"),
        "op": operator.attrgetter("name"),
    }
)
"""How a row is named on each axis."""


class Bill:
    """What a network costs: `rows`, one per op in running order, and `row_madds`, what `convention` counts of each.

    Everything is a sum of those, of one image. `subject` is what was counted: the `Network` of a spec, or the `Trace`
    of any other. Where the network holds arrays or symbols, so does the bill.
    """

    def __init__(self, subject: Subject, parts: Sequence[Part], convention: Convention) -> None:
        self.subject = subject
        self.parts = parts
        self.convention = convention
        self.row_madds = self._weighed()
        self.madds = sum(self.row_madds)
        """All multiply-adds, as the convention counts them."""

    @property
    def name(self) -> str:
        """Return the network's name."""
        return self.subject.name

    @cached_property
    def rows(self) -> list[Row]:
        """Return every op as a row, in running order; made when first asked for, since totals need none."""
        return rows_of(self.parts)

    @cached_property
    def params(self) -> int:
        """Return all parameters, each tensor once (buffers, such as BatchNorm's running statistics, are none)."""
        return params_of(self.parts)

    @cached_property
    def counted_params(self) -> int:
        """Return the parameters that the convention counts: some tools overlook those of some kinds and modules.

        One that looks at `TORCH_LEAVES` adds up those of the modules of other people's networks, tied ones twice.
        """
        modules = self.subject.modules
        if not modules or self.convention.sees != TORCH_LEAVES:
            return params_of(self.parts, self.convention.uncounted_params)
        known = (row for row in self.rows if row.part.path and self._sees(row.part))
        paths = {row.part.path for row in known if self.convention.weight(row.kind, row.role) != NOTHING}
        return sum(modules[path].params for path in paths)

    @cached_property
    def activations(self) -> int:
        """Return how many values all ops put out; parameters that are read are none."""
        return activations_of(self.parts)

    @cached_property
    def pillars(self) -> dict[str, Total]:
        """Return the totals of mobile, former, bridge and head; none of a network that has no pillars."""
        if "pillar" not in self.subject.axes:
            return {}
        return {pillar: Total(pillar) for pillar in PILLARS} | {total.name: total for total in self.by("pillar")}

    @property
    def final_bridge(self) -> Total:
        """Return the part of the bridge that is the final Mobile→Former; 0 of a network without one."""
        blocks = self.by("block") if self.pillars else []
        return next((total for total in blocks if total.name == "final"), Total("final"))

    def by(self, axis: str) -> list[Total]:
        """Return the totals by one of the subject's axes, in running order (pillars in that of `PILLARS`).

        Stages are named by log₂ of the output stride; `tokens`, a table without a resolution, is one by itself. A
        module's total is of the ops that it runs itself, without those of modules within it. Raises `InputError` for
        another axis.
        """
        totals = totals_of(starmap(Entry, zip(self.names(axis), self.rows, self.row_madds, strict=True)))
        return [totals[name] for name in PILLARS if name in totals] if axis == "pillar" else list(totals.values())

    def names(self, axis: str) -> Iterable[str]:
        """Yield each row's name on an axis, as its block or its kind; raises `InputError` for another axis."""
        if axis not in self.subject.axes:
            raise InputError(f"cannot count by {shown(axis)}; {instead(axis, self.subject.axes)}")
        return map(_NAME_OF[axis], self.rows)

    def amount(self, quantity: str) -> int:
        """Return the amount of a sum over ops: `madds`, `params`, `activations`, or of a pillar, as `former.madds`.

        Raises `InputError` for a pillar of a network that has none.
        """
        if quantity == "madds":
            return self.madds
        sought = measure(quantity)
        if sought.pillar is not None and "pillar" not in self.subject.axes:
            raise InputError(f"{quantity}: a network in code has no pillars; use {sought.quantity}")
        return sought.of(self.parts, self.convention)

    def under(self, name: str) -> Bill:
        """Return the same network's bill in another convention."""
        return Bill(self.subject, self.parts, find_convention(name))

    def records(self) -> list[dict[str, Any]]:
        """Return each row as a mapping of plain values; `madds`, `params` and `activations` sum to the bill's."""
        places = [axis for axis in self.subject.axes if axis not in ("kind", "op")]
        return [
            {
                "name": row.name,
                **{axis: row.stage if axis == "stage" else _NAME_OF[axis](row) for axis in places},
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
        """Return a pandas frame: every op with all its columns, or the totals by another axis."""
        import pandas as pd

        if by == "op":
            return pd.DataFrame(self.records())
        return pd.DataFrame([{by: total.name, **total.amounts()} for total in self.by(by)])

    def _weighed(self) -> list[int]:
        """Return what the convention counts of each op; nothing of one in a module that its tool does not look at."""
        weighed = self.convention.weigh(self.parts)
        if self.convention.sees == OPS or not self.subject.modules:
            return weighed
        seen = [self._sees(part) for part in self.parts for _ in part.ops]
        return [madds if is_seen else 0 for madds, is_seen in zip(weighed, seen, strict=True)]

    def _sees(self, part: Part) -> bool:
        """Return whether the convention's tool looks at the module that runs a part."""
        module = self.subject.modules.get(part.path)
        return module is not None and module.leaf and (module.of_torch or self.convention.sees != TORCH_LEAVES)

    def __repr__(self) -> str:
        return f"Bill({self.name}, madds={self.madds}, params={self.params}, convention={self.convention.name})"


@renamed(convention_name="convention")
def count(spec: Spec | Network | str | Path | Mapping[str, Any], convention: str | Convention = "core") -> Bill:
    """Return the bill of a variant: a `Spec`, a resolved `Network`, or anything that `load` takes.

    Raises `SpecError` for a spec that breaks rules and `InputError` for a convention that does not exist.

    >>> bill = count("mf294m")
    >>> bill.madds, bill.params
    (286732160, 11422648)
    """
    weights = find_convention(convention) if isinstance(convention, str) else convention
    if not isinstance(spec, Network):
        spec = resolve(spec if isinstance(spec, Spec) else load(spec))
    bill = Bill(spec, network_parts(spec), weights)
    if hasattr(bill.madds, "dtype"):
        refuse_overflow(spec, weights)
    return bill
