"""The result of tracing a network: its modules, its ops, and what is not counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from types import MappingProxyType
from typing import ClassVar, Never

from mfprofile.cost.bill import Bill
from mfprofile.cost.conventions import find_convention
from mfprofile.cost.dataflow import DataFlow
from mfprofile.cost.kinds import UNCOVERED
from mfprofile.cost.rows import Part, Row, rows_of
from mfprofile.cost.subject import Module, Outside, Remark, Uncovered, ValueRead
from mfprofile.cost.training import INFERENCE
from mfprofile.cost.weights import Counting
from mfprofile.notebook import in_short, shown_as
from mfprofile.spec.inputs import InputShape
from mfprofile.spec.names import MODULE_AXES
from mfprofile.spec.renamed import renamed
from mfprofile.spec.traits import Labels, Traits
from mfprofile.trace.leftovers import joined
from mfprofile.trace.operators import RECURRENT
from mfprofile.trace.uses import Use


@dataclass(frozen=True, repr=False)
class Trace:
    """The result of running a network once. It is a `Subject`, so it can have a bill.

    `device` is where it ran, `meta` or `cpu`. `reason` says why it could not run on meta tensors ('' if it could).
    `modules` are all modules by path; a module registered at several paths has the first of them. Each of `parts` has
    one op. `fill` says what the inputs held: `zeros`, `random`, or `given` for tensors of the caller. `values_read` are
    the operators by which the network read values that depend on its weights, its inputs or random numbers. `outside`
    are the tensors that were read but not given, and that no operator of the run put out. `remarks` say what
    the network has or does that the rows do not show. `formulas` are those of others that counted operators. `dataflow`
    has the storages that each operator read and put out. `batch` is that of inputs that were made; None if they have no
    batch dimension, or are those of the caller. A model file does not run: its `device` and `fill` are ''.

    `mode` is `training` if the rows have the products of a forward and a backward pass. `frozen` is the number of
    parameters that need no gradient. `causal` says what of causal attention is counted, `all` rows × columns or visible
    `pairs`; it is '' if none ran. `by_node` makes the parts of an ONNX file for tools that
    count each node, also those without a row; None for anything else.
    """

    axes: ClassVar = MODULE_AXES
    blocks: ClassVar[tuple[Never, ...]] = ()

    name: str
    inputs: tuple[InputShape, ...]
    device: str
    reason: str
    modules: Mapping[str, Module]
    parts: Sequence[Part]
    fill: str = "zeros"
    values_read: tuple[ValueRead, ...] = ()
    outside: tuple[Outside, ...] = ()
    remarks: Sequence[Remark] = ()
    formulas: Sequence[Use] = ()
    dataflow: DataFlow | None = None
    batch: int | None = 1
    mode: str = INFERENCE
    frozen: int = 0
    causal: str = ""
    by_node: Callable[[], Sequence[Part]] | None = None

    @renamed(convention_name="convention")
    def bill(self, convention: Counting = "core") -> Bill:
        """Return the network's bill in a convention, in the mode of the trace.

        Raises `InputError` for a convention that does not exist, and for one that cannot count training.
        """
        counting = find_convention(convention, of_file=self.by_node is not None)
        if counting.nodes is None or self.by_node is None:
            return Bill(self, self.parts, counting, self.mode)
        return Bill(self, joined(self.by_node(), counting.nodes), counting, self.mode)

    @property
    def input(self) -> str:
        """Return the inputs as text."""
        return ", ".join(map(str, self.inputs)) or "none"

    @property
    def about(self) -> str:
        """Return the batch of inputs that were made, if it is not 1."""
        if self.batch == 1 or self.fill == "given":
            return ""
        return "no batch dimension" if self.batch is None else f"batch of {self.batch}"

    @property
    def settings(self) -> Traits:
        """Return the traits of the whole network: its inputs, and its class if it is known."""
        kind = self.modules[""].kind
        return {"input": self.input, "class": kind} if kind else {"input": self.input}

    @property
    def traits(self) -> Mapping[str, Traits]:
        """Return the class of each module."""
        return {path: {"class": module.kind} for path, module in self.modules.items()}

    @property
    def labels(self) -> Labels:
        """Return the class of each module, for tables."""
        return Labels(("class",), ("class",), {path: (module.kind,) for path, module in self.modules.items()})

    @cached_property
    def rows(self) -> list[Row]:
        """Return a row for each op in running order, after the rows of tables and before those of unused parameters."""
        return rows_of(self.parts)

    @cached_property
    def uncovered(self) -> tuple[Uncovered, ...]:
        """Return the operators without a handle, in the order of their first run."""
        rows_by_operator: dict[str, list[Row]] = {}
        for row in self.rows:
            if row.role == UNCOVERED:
                rows_by_operator.setdefault(row.kind, []).append(row)
        return tuple(
            Uncovered(
                kind,
                len(rows),
                sum(row.elements for row in rows),
                kind in RECURRENT,
                sum(not row.elements for row in rows),
            )
            for kind, rows in rows_by_operator.items()
        )

    @property
    def coverage(self) -> Fraction:
        """Return the counted share of the elements of all ops, without free operators and tables.

        It is a share of values, not of multiply-adds: how many of those are missing is unknown. It is an upper bound if
        an operator is `unsized`.
        """
        elements = sum(row.elements for row in self.rows if row.kind != "table")
        return 1 - Fraction(sum(each.elements for each in self.uncovered), elements) if elements else Fraction(1)

    @cached_property
    def unused(self) -> Mapping[str, int]:
        """Return the number of values of each parameter that no op reads, by path."""
        return MappingProxyType({row.name: row.params for row in self.rows if row.kind == "unused"})

    def __repr__(self) -> str:
        ops = sum(row.kind not in ("table", "unused") for row in self.rows)
        uncovered = sum(one.count for one in self.uncovered)
        return f"Trace({in_short(self.name)}, input={in_short(self.input)}, ops={ops}, uncovered={uncovered})"

    _repr_html_ = shown_as("trace")
