"""Record what a model runs: each ATen operator as ops with their costs, under the module that runs it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from torch import Tensor, nn
from torch._ops import OpOverload
from torch.utils._python_dispatch import TorchDispatchMode

from mfprofile.cost.kinds import COMPLEX, COMPLEX_BIASED, COMPOSED, FUSED, RARE, UNCOVERED, check
from mfprofile.cost.ops import Cost, elementwise
from mfprofile.cost.rows import Part
from mfprofile.cost.subject import Outside
from mfprofile.trace import products
from mfprofile.trace.calls import Call
from mfprofile.trace.forms import form_of, is_nested, named, size_of, wraps
from mfprofile.trace.functions import Reading, under
from mfprofile.trace.handles import is_counted
from mfprofile.trace.operators import (
    COMPLEX_LAYERS,
    CONTROL,
    NUMBERS,
    OWNERS,
    PRODUCTS,
    RARE_PRODUCTS,
    RECURRENT,
)
from mfprofile.trace.overloads import Operator, operator_of
from mfprofile.trace.owners import tensors_in
from mfprofile.trace.products import Named
from mfprofile.trace.reads import Reads
from mfprofile.trace.shapes import answer


class Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """A dispatch mode that records ops in running order, each with the module call that ran it.

    It works in inference mode, where torch keeps operators whole (`linear`, `matmul`, `scaled_dot_product_attention`).
    An operator without a handle is decomposed as in torch. `fault` is the exception of a handle of ours. `reads`
    checks each tensor that is read. Of its parts, `owners`, `calls` and `threads` are attributes here too.
    """

    supports_higher_order_operators = True

    def __init__(self, model: nn.Module, original: nn.Module | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.reads = Reads(model, original)
        self.owners, self.calls, self.threads = self.reads.owners, self.reads.calls, self.reads.threads
        self.fault: Exception | None = None
        self.output_type: type = type(None)
        self._padding_is_string = False
        self._is_inside = False  # an operator of torch that is run by others
        self._runs = 0
        self._ops: list[tuple[Call, str, int, str, Cost]] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Run an operator and record what it costs."""
        operator, options, self._runs = operator_of(func), kwargs or {}, self._runs + 1
        read = list(tensors_in((*args, *options.values())))
        if any(map(wraps, types)) and not any(map(is_nested, read)):
            self.reads.note_after(operator.name, read)
            return NotImplemented  # torch then asks the tensor's class, which runs operators on what it wraps
        written = operator.written(args, options) if operator.arguments else read
        self.reads.note_before(operator.name, read, written, self._is_inside)
        out = func(*args, **options) if operator.free else self._run(operator, func, args, options, read)
        self.reads.note_after(operator.name, read)
        number = out if operator.name in NUMBERS or not operator.free else None
        made = list(tensors_in([out]))
        self.reads.note_outputs(operator.name, read, [*made, *written], number, (*args, *options.values()))
        self.reads.values.note(self.calls.current.path, operator.name, func, args, options, read, made)
        return out

    def _run(
        self, operator: Operator, func: Any, args: tuple[Any, ...], options: Mapping[str, Any], read: Sequence[Tensor]
    ) -> Any:
        """Run an operator that reads these tensors, and record its ops."""
        form = next(filter(None, map(form_of, read)), "")
        if form:  # the shapes of its operands do not say what it costs
            return self._run_uncovered(operator, func, args, options, form)
        others = {name: value for name, value in options.items() if name not in operator.outs}
        if operator.handle is None or not is_counted(operator.name, args, others):
            return self._run_decomposed(operator, func, args, options)
        out = answer(operator.name, operator.in_place, args, options)
        if out is None:
            out = func(*args, **options)
        costs = self._costs(operator, out, args, others)
        given = dict(zip(operator.arguments, args, strict=False)) | others
        for name, cost in costs:
            self._record(name, *self._attributed(operator, cost, given, alone=len(costs) == 1))
        return out

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
            with self:
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

        Ops of these functions are recorded if the operator runs nothing else. If not, only what they read is recorded.
        """
        is_control = operator.name in CONTROL
        mode = self if is_control else Reading(self.owners)
        given = tuple(under(mode, each) if callable(each) else each for each in args)
        return func(*given, **options) if is_control else self._run_uncovered(operator, func, given, options)

    def _run_uncovered(
        self, operator: Operator, func: Any, args: tuple[Any, ...], options: Mapping[str, Any], form: str = ""
    ) -> Any:
        out = func(*args, **options)
        self._record_uncovered(operator, named(operator.name, form), args, options, out)
        return out

    def _record_uncovered(
        self, operator: Operator, kind: str, args: tuple[Any, ...], options: Mapping[str, Any], out: Any
    ) -> None:
        """Record an operator that is not counted, with the elements that it puts out, writes or only reads."""
        tensors = list(tensors_in([out])) or operator.written(args, options)
        tensors = tensors or list(tensors_in((*args, *options.values())))
        self._record(kind, UNCOVERED, elementwise(kind, *size_of(tensors)))

    def _costs(self, operator: Operator, out: Any, args: tuple[Any, ...], options: Mapping[str, Any]) -> Named:
        first = out if isinstance(out, Tensor) else out[0]
        assert operator.handle is not None
        try:
            return operator.handle(first, *args, **options)
        except Exception as error:
            self.fault = error
            raise

    def _attributed(self, operator: Operator, cost: Cost, given: Mapping[str, Any], alone: bool) -> tuple[str, Cost]:
        """Return the op's role, and its cost with the parameters that it claims."""
        bias = given.get(operator.bias)
        kind, weights, biases = cost.kind, 0, 0
        operands = list(tensors_in(value for name, value in given.items() if name != operator.bias))
        if kind == "matmul" and alone and any(map(self.owners.holds, operands)):
            kind = "linear"
        if kind in OWNERS:
            vectors = [each for each in operands if operator.name in RECURRENT and each.dim() == 1]
            biases = sum(map(self.owners.claim, [*vectors, *tensors_in([bias])]))
            weights = sum(map(self.owners.claim, operands))
        role = operator.role or (RARE if _is_rare(operator, cost, given) else self._role(operator, given))
        return role, Cost(kind, cost.out, cost.madds, cost.elements, weights, biases)

    def _role(self, operator: Operator, given: Mapping[str, Any]) -> str:
        """Return the role where tools differ: fused attention, statistics, complex numbers, bias, padding."""
        if operator.name == "scaled_dot_product_attention":
            return FUSED if products.fuses(**given) else COMPOSED
        if "scaled_dot_product" in operator.name:
            return FUSED
        if operator.name == "batch_norm" and given["training"]:
            return "training" if given.get("weight") is not None else "training-plain"
        if operator.name in COMPLEX_LAYERS:
            return COMPLEX if given.get(operator.bias) is None else COMPLEX_BIASED
        if given.get(operator.decides) is None:
            return "string-padding" if self._padding_is_string else "plain"
        if operator.name == "linear":
            vectors = given["input"]  # torch fuses the bias if the vectors are contiguous
            return "biased" if vectors.dim() == 2 or vectors.is_contiguous() else "added"
        return "string-padding-biased" if self._padding_is_string else "biased"

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

    def parts(self) -> list[Part]:
        """Return a part for each recorded op, under its module's path, and for each parameter that no op owns."""
        parts = [
            Part("", None, "", call.path, [(self.calls.name(call, name, at), role, cost)])
            for call, name, at, role, cost in self._ops
        ]
        return [*self.owners.rest(read=True), *parts, *self.owners.rest(read=False)]


def _is_rare(operator: Operator, cost: Cost, given: Mapping[str, Any]) -> bool:
    """Return whether torch does not run a product as one of matrices; this includes an einsum that sums nothing."""
    if operator.name in PRODUCTS:
        return products.meets_vector(*islice(given.values(), 2))
    return operator.name in RARE_PRODUCTS or (operator.name == "einsum" and cost.madds == cost.elements)
