"""The bill of a network: its rows, and their sums by block, stage, pillar, kind, op or module."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import starmap
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mfprofile.cost.arrays import check_dimensions
from mfprofile.cost.blocks import network_parts
from mfprofile.cost.conventions import find_convention
from mfprofile.cost.measures import device_of, measure
from mfprofile.cost.overflow import refuse_overflow
from mfprofile.cost.rows import Part, Row, rows_of
from mfprofile.cost.seen import params_seen, sees, weighed
from mfprofile.cost.sums import Entry, Total, activations_of, params_of, totals_of
from mfprofile.cost.training import INFERENCE, TRAINING, check_mode, in_training
from mfprofile.cost.weights import NOTHING, Convention, Counting
from mfprofile.errors import InputError
from mfprofile.notebook import in_short, shown_as
from mfprofile.spec.layout import resolve
from mfprofile.spec.load import load
from mfprofile.spec.model import Spec
from mfprofile.spec.names import LATENCY, PILLARS
from mfprofile.spec.network import Network
from mfprofile.spec.renamed import renamed
from mfprofile.spec.words import instead, shown

if TYPE_CHECKING:
    import pandas as pd

    from mfprofile.cost.device import Device
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
"""The name of a row on each axis."""


class Bill:
    """The cost of a network: `rows`, one per op in running order, and `row_madds`, which `convention` counts for each.

    All other numbers are sums of these, for one image. `subject` is what was counted: the `Network` of a spec, or the
    `Trace` of any other network. If the network contains arrays or symbols, so does the bill. `mode` is `inference`, or
    `training` for parts with the products of a forward and a backward pass. Raises `InputError` for a convention that
    cannot count training.
    """

    def __init__(self, subject: Subject, parts: Sequence[Part], convention: Convention, mode: str = INFERENCE) -> None:
        check_mode(convention, mode)
        self.subject = subject
        self.mode = mode
        self.parts = parts
        self.convention = convention
        self.row_madds = weighed(subject, parts, convention)
        self.madds = sum(self.row_madds)
        """The total multiply-adds, as the convention counts them."""

    @property
    def name(self) -> str:
        """Return the network's name."""
        return self.subject.name

    @cached_property
    def rows(self) -> list[Row]:
        """Return every op as a row, in running order. Rows are built on first use, because totals do not need them."""
        return rows_of(self.parts)

    @cached_property
    def params(self) -> int:
        """Return the number of parameters. Each tensor counts once; buffers such as running statistics do not count."""
        return params_of(self.parts)

    @cached_property
    def row_latencies(self) -> Sequence[int | None]:
        """Return the nanoseconds that the latency model predicts for each op; None for all without a model.

        Raises `InputError` for ops that it has no price for, unless it allows them, and for a bill of training.
        """
        if self.device is None:
            return [None] * len(self.row_madds)
        if self.mode == TRAINING:
            raise InputError(f"{LATENCY}: a latency model is of one inference; use it without training")
        return self.device.price(self.parts, self.subject.batch)

    @property
    def device(self) -> Device | None:
        """Return the latency model, if there is one."""
        return self.convention.device

    @property
    def latency(self) -> int:
        """Return the predicted nanoseconds of one inference, of one batch of the latency model.

        Raises `InputError` without a model.
        """
        device_of(self.convention)
        return sum(time for time in self.row_latencies if time is not None)

    @cached_property
    def unpriced(self) -> dict[str, int]:
        """Return the kinds of ops that the latency model has no price for, each with the number of its ops."""
        return {} if self.device is None else self.device.unpriced(self.parts)

    @cached_property
    def counted_params(self) -> int:
        """Return the parameters that the convention counts. Some tools miss those of some kinds or modules.

        For a traced network, a tool with `sees` = `TORCH_LEAVES` adds up the parameters of modules, tied ones twice.
        """
        return params_seen(self)

    @cached_property
    def counted_modules(self) -> frozenset[str]:
        """Return the paths of the modules that the convention's tool sees, and has a rule for."""
        modules = self.subject.modules
        known = (row for row in self.rows if row.part.path and sees(self.convention, modules.get(row.part.path)))
        return frozenset(row.part.path for row in known if self.convention.weight(row.kind, row.role) != NOTHING)

    @cached_property
    def activations(self) -> int:
        """Return the number of values that all ops output. Parameters that are only read do not count."""
        return activations_of(self.parts)

    @cached_property
    def pillars(self) -> dict[str, Total]:
        """Return the totals of mobile, former, bridge and head, or an empty dict if the network has no pillars."""
        if "pillar" not in self.subject.axes:
            return {}
        return {pillar: Total(pillar) for pillar in PILLARS} | {total.name: total for total in self.by("pillar")}

    @property
    def final_bridge(self) -> Total:
        """Return the total of the final Mobile→Former, which is part of the bridge. It is 0 without one."""
        blocks = self.by("block") if self.pillars else []
        return next((total for total in blocks if total.name == "final"), Total("final"))

    def by(self, axis: str) -> list[Total]:
        """Return the totals by one of the subject's axes, in running order (pillars in that of `PILLARS`).

        A stage's name is log₂ of the output stride. The stage `tokens` is the token table, which has no resolution. A
        module's total counts the ops that it runs itself, without those of its submodules. Raises `InputError` for an
        unknown axis.
        """
        columns = (self.names(axis), self.rows, self.row_madds, self.row_latencies)
        totals = totals_of(starmap(Entry, zip(*columns, strict=True)))
        return [totals[name] for name in PILLARS if name in totals] if axis == "pillar" else list(totals.values())

    def names(self, axis: str) -> Iterable[str]:
        """Yield each row's name on an axis, such as its block or kind. Raises `InputError` for an unknown axis."""
        if axis not in self.subject.axes:
            raise InputError(f"cannot count by {shown(axis)}; {instead(axis, self.subject.axes)}")
        return map(_NAME_OF[axis], self.rows)

    def amount(self, quantity: str) -> int:
        """Return a quantity that is a sum over ops: `madds`, `params`, `activations`, `latency`; or `former.madds`.

        Raises `InputError` for a pillar's quantity if the network has no pillars, and for a latency without a model.
        """
        if quantity in ("madds", LATENCY):
            return self.madds if quantity == "madds" else self.latency
        wanted = measure(quantity)
        if wanted.pillar is not None and "pillar" not in self.subject.axes:
            raise InputError(f"{quantity}: a network in code has no pillars; use {wanted.quantity}")
        return wanted.of(self.parts, self.convention, self.subject.batch)

    def under(self, name: str) -> Bill:
        """Return the bill of the same network in a convention, which is this bill if that is its own."""
        if name == self.convention.name:
            return self
        return Bill(self.subject, self.parts, find_convention(name).on(self.device), self.mode)

    def records(self) -> list[dict[str, Any]]:
        """Return each row as a dict of plain values. Its quantities sum to the bill's totals.

        `latency`, in nanoseconds, is there with a latency model, and None for an op that it has no price for.
        """
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
                **({} if self.device is None else {LATENCY: latency}),
                "out": list(row.out),
            }
            for row, madds, latency in zip(self.rows, self.row_madds, self.row_latencies, strict=True)
        ]

    def frame(self, by: str = "op") -> pd.DataFrame:
        """Return a pandas DataFrame: all ops with all columns, or the totals by another axis."""
        import pandas as pd

        if by == "op":
            return pd.DataFrame(self.records())
        return pd.DataFrame([{by: total.name, **total.amounts()} for total in self.by(by)])

    def __repr__(self) -> str:
        amounts = f"madds={in_short(self.madds)}, params={in_short(self.params)}"
        return f"Bill({in_short(self.name)}, {amounts}, convention={self.convention.name})"

    _repr_html_ = shown_as("bill")


@renamed(convention_name="convention")
def count(
    spec: Spec | Network | str | Path | Mapping[str, Any],
    convention: Counting = "core",
    *,
    training: bool = False,
    device: Device | None = None,
) -> Bill:
    """Return the bill of a variant: a `Spec`, a resolved `Network`, or anything that `load` accepts.

    With `training`, its multiply-adds are those of a forward and a backward pass. A latency model, the `device`,
    predicts its latency. Raises `SpecError` for a spec that breaks rules, and `InputError` for an unknown convention,
    for one that cannot count training, and for dimensions that are not ints, int64 arrays or symbols.

    >>> count("mf294m")
    Bill(mf294m, madds=286732160, params=11422648, convention=core)
    """
    weights = find_convention(convention) if device is None else find_convention(convention).on(device)
    if isinstance(spec, Network | Spec):
        check_dimensions(spec)
    if not isinstance(spec, Network):
        spec = resolve(spec if isinstance(spec, Spec) else load(spec))
    prepare, mode = (in_training, TRAINING) if training else (list[Part], INFERENCE)
    bill = Bill(spec, prepare(network_parts(spec)), weights, mode)
    if hasattr(bill.madds, "dtype"):
        refuse_overflow(spec, weights, prepare)
    return bill
