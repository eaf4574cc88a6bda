"""The bill of a network: its rows, and their sums by block, stage, pillar, kind or op."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import starmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mfprofile.cost.blocks import network_parts
from mfprofile.cost.conventions import Convention, convention
from mfprofile.cost.ops import Dimension
from mfprofile.cost.overflow import refuse_overflow
from mfprofile.cost.rows import PILLARS, Part, Row, rows_of
from mfprofile.cost.sums import Entry, activations_of, params_of, totals_of
from mfprofile.cost.sums import Total as Total
from mfprofile.spec.load import load
from mfprofile.spec.model import Spec
from mfprofile.spec.network import Network, resolve
from mfprofile.spec.problems import InputError, nearest

if TYPE_CHECKING:
    import pandas as pd

AXES = ("block", "stage", "pillar", "kind", "op")


class Bill:
    """What a network costs: `rows`, an op each in running order, and beside them `row_madds` as `convention` counts.

    Everything is a sum of those, of one image. Where the network holds arrays or symbols, so does the bill.
    """

    def __init__(self, network: Network, counted_by: Convention, parts: list[Part] | None = None) -> None:
        self.network = network
        self.convention = counted_by
        self.parts = network_parts(network) if parts is None else parts
        self.row_madds = counted_by.weigh(self.parts)
        self.madds = sum(self.row_madds)
        """All multiply-adds of one image, as the convention counts."""
        if hasattr(self.madds, "dtype"):
            refuse_overflow(network, counted_by)

    @property
    def name(self) -> str:
        """Return the variant's name."""
        return self.network.name

    @cached_property
    def rows(self) -> list[Row]:
        """Return every op as a row, in running order; made when first asked for, since totals need none."""
        return rows_of(self.parts)

    @cached_property
    def params(self) -> Dimension:
        """Return all parameters (buffers, such as BatchNorm's running statistics, are none)."""
        return params_of(self.parts)

    @cached_property
    def counted_params(self) -> Dimension:
        """Return the parameters that the convention counts: some tools overlook those of some kinds."""
        return params_of(self.parts, self.convention.uncounted_params)

    @cached_property
    def activations(self) -> Dimension:
        """Return how many values all ops put out for one image; parameters that are read are none."""
        return activations_of(self.parts)

    @cached_property
    def pillars(self) -> dict[str, Total]:
        """Return the totals of mobile, former, bridge and head, those without rows being 0."""
        return {pillar: Total(pillar) for pillar in PILLARS} | {total.name: total for total in self.by("pillar")}

    @property
    def final_bridge(self) -> Total:
        """Return the part of the bridge that is the final Mobile→Former."""
        return next((total for total in self.by("block") if total.name == "final"), Total("final"))

    def by(self, axis: str) -> list[Total]:
        """Return the totals by block, stage, pillar, kind or op, in running order (pillars in that of `PILLARS`).

        Stages are named by log₂ of the output stride; `tokens`, a table without a resolution, stands by itself.
        Raises `InputError` for another axis.
        """
        totals = totals_of(starmap(Entry, zip(self.names(axis), self.rows, self.row_madds, strict=True)))
        return [totals[name] for name in PILLARS if name in totals] if axis == "pillar" else list(totals.values())

    def names(self, axis: str) -> Iterable[str]:
        """Yield each row's block, stage, pillar, kind or own name; raises `InputError` for another axis."""
        if axis not in AXES:
            raise InputError(f"cannot count by {axis!r}; {nearest(axis, AXES) or 'there are ' + ', '.join(AXES)}")
        if axis == "stage":
            return ("tokens" if row.stage is None else str(row.stage) for row in self.rows)
        attribute = "name" if axis == "op" else axis
        return (getattr(row, attribute) for row in self.rows)

    def under(self, name: str) -> Bill:
        """Return the same network's bill in another convention."""
        return Bill(self.network, convention(name), self.parts)

    def records(self) -> list[dict[str, Any]]:
        """Return each row as a mapping of plain values; `madds`, `params` and `activations` sum to the bill's."""
        return [
            {
                "name": row.name,
                "block": row.block,
                "stage": row.stage,
                "pillar": row.pillar,
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
        """Return a pandas frame: every op with all its columns, or the totals by block, stage, pillar or kind."""
        import pandas as pd

        if by == "op":
            return pd.DataFrame(self.records())
        return pd.DataFrame([{by: total.name, **total.amounts()} for total in self.by(by)])

    def __repr__(self) -> str:
        return f"Bill({self.name}, madds={self.madds}, params={self.params}, convention={self.convention.name})"


def count(spec: Spec | Network | str | Path | Mapping[str, Any], convention_name: str = "core") -> Bill:
    """Return the bill of a variant: a `Spec`, a resolved `Network`, or anything that `load` takes.

    Raises `SpecError` for a spec that breaks rules and `InputError` for a convention that does not exist.

    >>> bill = count("mf294m")
    >>> bill.madds, bill.params
    (286732160, 11422648)
    """
    if isinstance(spec, Network):
        return Bill(spec, convention(convention_name))
    return Bill(resolve(spec if isinstance(spec, Spec) else load(spec)), convention(convention_name))
