"""Record what a model runs: each ATen operator as ops with their costs, under the module that runs it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from torch import Tensor, nn
from torch._ops import OpOverload
from torch.utils._python_dispatch import TorchDispatchMode

from mfprofile.cost.dataflow import DataFlow
from mfprofile.cost.kinds import COMPOSED, ODD, UNCOVERED, check
from mfprofile.cost.ops import Cost, elementwise
from mfprofile.cost.rows import Part
from mfprofile.cost.subject import Outside
from mfprofile.trace import fourier, nested, older, sparse
from mfprofile.trace.calls import Call
from mfprofile.trace.causal import Causal
from mfprofile.trace.claims import Claims
from mfprofile.trace.forms import form_of, is_nested, named, wraps
from mfprofile.trace.formulas import Costs, Formulas
from mfprofile.trace.functions import Reading, under
from mfprofile.trace.handles import FUNCTIONS, is_counted
from mfprofile.trace.mode import PLAIN, Mode
from mfprofile.trace.operators import CONTROL, NUMBERS
from mfprofile.trace.overloads import Operator, operator_of
from mfprofile.trace.owners import tensors_in
from mfprofile.trace.products import Named
from mfprofile.trace.reads import Reads
from mfprofile.trace.shapes import answer
from mfprofile.trace.training import Training


class Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """A dispatch mode that records ops in running order, each with the module call that ran it.

    It works in inference mode, where torch keeps operators whole (`linear`, `matmul`, `scaled_dot_product_attention`).
    An operator without a handle is decomposed as in torch. `fault` is the exception of a handle of ours. `reads`
    checks each tensor that is read. Of its parts, `owners`, `calls`, `threads` and `storages` are attributes here too.
    `mode` says how ops are counted: `training` and `causal` have what is known for that.
    """

    supports_higher_order_operators = True

    def __init__(self, model: nn.Module, original: nn.Module | None = None, mode: Mode = PLAIN) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        older.admit(type(self))
        self.reads = Reads(model, original)
        self.owners, self.calls, self.threads = self.reads.owners, self.reads.calls, self.reads.threads
        self.training = Training(mode.training)
        self.claims = Claims(self.owners, self.calls, self.training)
        self.causal, self.storages = Causal(mode.causal), self.reads.storages
        self.fault: Exception | None = None
        self.formulas = Formulas()
        self.fourier_flops, self._runs = 0, 0
        self.output_type: type = type(None)
        self._padding_is_string = self._is_inside = False  # inside: an operator of torch that is run by others
        self._ops: list[tuple[Call, str, int, str, Cost]] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Run an operator and record what it costs."""
        if older.compiler_is_being_imported():
            return func(*args, **(kwargs or {}))
        operator, options, self._runs = operator_of(func), kwargs or {}, self._runs + 1
        run, first, ran = self._runs, len(self._ops), self.storages.ran
        read = list(tensors_in((*args, *options.values())))
        if any(map(wraps, types)) and not any(map(is_nested, read)):
            self.reads.note_after(operator.name, read)
            return NotImplemented  # torch then asks the tensor's class, which runs operators on what it wraps
        written = operator.written(args, options) if operator.arguments else read
        self.reads.note_before(operator.name, read, written, self._is_inside)
        formula = self.formulas.own(func)
        if formula is not None:
            out = func(*args, **options)
            self._record_formulas(
                operator, args, options, self.formulas.own_costs(formula, operator, out, args, options)
            )
        else:
            out = func(*args, **options) if operator.free else self._run(operator, func, args, options, read)
        self.reads.note_after(operator.name, read)
        number = out if operator.name in NUMBERS or not operator.free else None
        made = list(tensors_in([out]))
        self.reads.note_outputs(operator.name, read, [*made, *written], number, (*args, *options.values()))
        self.reads.values.note(self.calls.current.path, operator.name, func, args, options, read, made)
        self.training.note_run(operator, read, made, written)
        if self._runs == run:
            self.storages.note(self.calls.current.path, operator, (first, len(self._ops)), read, made, written)
        else:  # the operators that it ran are recorded
            self.storages.note_made(self.calls.current.path, operator, made)
        if operator.name == "einsum" and not self._is_inside:
            self.storages.note_einsum(self.calls.current.path, ran, args, out)
        return out

    def _run(
        self, operator: Operator, func: Any, args: tuple[Any, ...], options: Mapping[str, Any], read: Sequence[Tensor]
    ) -> Any:
        """Run an operator that reads these tensors, and record its ops."""
        form = next(filter(None, map(form_of, read)), "")
        others = {name: value for name, value in options.items() if name not in operator.outs}
        if form == "nested":
            return self._run_nested(operator, func, args, others)
        if sparse.counts(operator.name, read):
            operator = replace(operator, handle=sparse.HANDLES[operator.name])
        elif form:  # the shapes of its operands do not say what it costs
            return self._run_uncovered(operator, func, args, options, form)
        elif operator.handle is None or not is_counted(operator.name, args, others):
            return self._run_decomposed(operator, func, args, options)
        out = None if form else answer(operator.name, operator.in_place, args, options)
        if out is None:
            out = func(*args, **options)
        given = dict(zip(operator.arguments, args, strict=False)) | others
        costs = self.causal.costs(self._costs(operator, out, args, others), given)
        self._record_costs(operator, costs, args, others)
        if operator.name in fourier.TRANSFORMS:
            self.fourier_flops += fourier.flops(out, *args)
        return out

    def _run_nested(self, operator: Operator, func: Any, args: tuple[Any, ...], options: Mapping[str, Any]) -> Any:
        """Run an operator on nested tensors, and record the sum over their parts."""
        out = func(*args, **options)
        first = out if isinstance(out, Tensor) else out[0]
        count = nested.parts_of(operator.name, first, args, options)
        if not count or operator.handle is None:
            self._record_uncovered(operator, operator.name, args, options, out)
            return out

        def call(index: int) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
            one = partial(nested.part, index=index, dimensions=first.dim(), whole=operator.name in nested.OPERATORS)
            return one(first), tuple(map(one, args)), {name: one(value) for name, value in options.items()}

        self._record_costs(operator, nested.cost_of(operator.handle, count, call), *call(0)[1:])
        return out

    def _record_costs(
        self, operator: Operator, costs: Named, args: tuple[Any, ...], options: Mapping[str, Any]
    ) -> None:
        given = {**dict(zip(operator.arguments, args, strict=False)), **options}
        is_alone = sum(cost.kind == "matmul" for _, cost in costs) == 1
        self.training.note_ops(len(self._ops), operator, costs, given)
        for name, cost in costs:
            self._record(name, *self.claims.attributed(operator, cost, given, is_alone, self._padding_is_string))

    def _run_decomposed(self, operator: Operator, func: Any, args: tuple[Any, ...], options: Mapping[str, Any]) -> Any:
        """Run an operator by those that torch defines it by; an operator without a decomposition is not covered."""
        if not isinstance(func, OpOverload):
            return self._run_with_functions(operator, func, args, options)
        before, self._padding_is_string = (
            self._padding_is_string,
            self._padding_is_string or func._overloadname == "padding",
        )
        inside, self._is_inside, runs = self._is_inside, self._is_inside or func.namespace == "aten", self._runs
        try:
            with self.storages.inside(), self:
                out = func.decompose(*args, **options)
        finally:
            self._padding_is_string, self._is_inside = before, inside
        if out is NotImplemented:
            return self._run_uncovered(operator, func, args, options)
        if self._runs == runs and func.namespace != "aten":  # it computes without operators of torch
            self._record_uncovered(operator, operator.name, args, options, out)
        return out

    def _run_with_functions(
        self, operator: Operator, func: Any, args: tuple[Any, ...], options: Mapping[str, Any]
    ) -> Any:
        """Run an operator with functions as arguments.

        Ops of these functions are recorded if the operator runs nothing else. If not, only what they read is recorded,
        because it runs them on each value; flex attention itself is counted.
        """
        is_control = operator.name in CONTROL
        mode = self if is_control else Reading(self.owners)
        given = tuple(under(mode, each) if callable(each) else each for each in args)
        if not is_control and operator.name not in FUNCTIONS:
            return self._run_uncovered(operator, func, given, options)
        out = func(*given, **options)
        for name, cost in FUNCTIONS[operator.name](out[0], *args[:3]) if not is_control else ():
            self._record(name, COMPOSED, cost)
        return out

    def _run_uncovered(
        self, operator: Operator, func: Any, args: tuple[Any, ...], options: Mapping[str, Any], form: str = ""
    ) -> Any:
        """Run an operator without a rule. It is counted by torch's registry, or recorded as not covered."""
        out = func(*args, **options)
        costs = None if form else self.formulas.registered_costs(operator, func, out, args, options)
        if costs is None:
            self._record_uncovered(operator, named(operator.name, form), args, options, out)
        else:
            self._record_formulas(operator, args, options, costs)
        return out

    def _record_formulas(
        self, operator: Operator, args: tuple[Any, ...], options: Mapping[str, Any], costs: Costs
    ) -> None:
        """Record the costs that formulas give for an operator, with the parameters that it reads."""
        given = dict(zip(operator.arguments, args, strict=False)) | dict(options)
        self.training.note_ops(len(self._ops), operator, costs, given)
        for role, cost in costs:
            name = operator.name if role != ODD else f"{operator.name}-{ODD}"
            self._record(name, role, self.claims.owned(operator, cost, given, alone=len(costs) == 1))

    def _record_uncovered(
        self, operator: Operator, kind: str, args: tuple[Any, ...], options: Mapping[str, Any], out: Any
    ) -> None:
        """Record an operator that is not counted, with the elements that it puts out, writes or only reads."""
        self._record(kind, UNCOVERED, elementwise(kind, *operator.size(out, args, options)))

    def _costs(self, operator: Operator, out: Any, args: tuple[Any, ...], options: Mapping[str, Any]) -> Named:
        first = out if isinstance(out, Tensor) else out[0]
        assert operator.handle is not None
        try:
            return operator.handle(first, *args, **options)
        except Exception as error:
            self.fault = error
            raise

    def note_unseen(self, kernels: Iterable[str]) -> None:
        """Record kernels that run without an operator of ATen: they are not covered, and their outputs are unknown."""
        for name in kernels:
            self._record(name, UNCOVERED, elementwise(name, 0))

    def _record(self, name: str, role: str, cost: Cost) -> None:
        check(cost.kind, role)
        call, name = self.calls.current, cost.kind if name == "matmul" else name
        self._ops.append((call, name, call.numbered(name), role, cost))

    @property
    def outside(self) -> tuple[Outside, ...]:
        """Return the tensors that were read, but that nobody gave and no operator put out."""
        return self.reads.origins.outside

    def unknown_backward(self) -> list[str]:
        """Return the kinds of products that ran in training, but whose backward pass is not known."""
        return self.training.unknown((name, cost) for _, name, _, _, cost in self._ops)

    def parts(self) -> list[Part]:
        """Return a part for each recorded op, under its module's path, and for each parameter that no op owns."""
        named = [(self.calls.name(call, name, at), role, cost) for call, name, at, role, cost in self._ops]
        parts = [Part("", None, "", self._ops[at][0].path, [op]) for at, op in self.training.trained(named)]
        return [*self.owners.rest(read=True), *parts, *self.owners.rest(read=False)]

    def dataflow(self) -> DataFlow:
        """Return which storages each operator reads and puts out."""
        return self.storages.dataflow(self.owners.bytes, first_row=sum(1 for _ in self.owners.rest(read=True)))
