"""Record what a model runs: each ATen operator as ops with their costs, under the module that runs it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

import torch
from torch import Tensor, nn
from torch._ops import OpOverload
from torch.utils._python_dispatch import TorchDispatchMode

from mfprofile.cost.kinds import COMPOSED, FUSED, RARE, UNCOVERED, check
from mfprofile.cost.ops import Cost, elementwise
from mfprofile.cost.rows import Part
from mfprofile.trace import products
from mfprofile.trace.calls import Call, Calls
from mfprofile.trace.functions import Reading, under
from mfprofile.trace.handles import HANDLES, Handle, shape_of
from mfprofile.trace.modules import named_parameters, named_tensors
from mfprofile.trace.operators import (
    BIASES,
    CONTROL,
    DIMENSIONS,
    FREE,
    OWNERS,
    PRODUCTS,
    RARE_PRODUCTS,
    RECURRENT,
    base_name,
)
from mfprofile.trace.owners import Owners, storage, tensors_in
from mfprofile.trace.products import Named
from mfprofile.trace.shapes import answer
from mfprofile.trace.threads import Threads


@dataclass(frozen=True, slots=True)
class Operator:
    """What is known about an ATen operator: its handle, if any, whether it is free, and the names of its arguments.

    `outs` are the arguments that receive the result, such as `out=`.
    """

    name: str
    handle: Handle | None
    free: bool
    in_place: bool
    arguments: tuple[str, ...]
    outs: frozenset[str] = frozenset()

    @property
    def role(self) -> str:
        """Return the role of its ops if its name decides it, else ''."""
        if self.name in RECURRENT:
            return UNCOVERED
        return next((dimensions for dimensions in DIMENSIONS if self.name.endswith(dimensions)), "")

    @property
    def bias(self) -> str:
        """Return the name of its bias argument."""
        return BIASES.get(self.name, "bias")


@cache
def operator_of(function: Any) -> Operator:
    """Return what is known about an operator, given as dispatch modes get it."""
    if not isinstance(function, OpOverload):
        return Operator(str(function), None, False, False, ())
    name = base_name(function)
    arguments = tuple(str(argument.name) for argument in function._schema.arguments)
    in_place = str(function._schema.name).endswith("_")
    outs = frozenset(str(argument.name) for argument in function._schema.arguments if argument.is_out)
    return Operator(name, HANDLES.get(name), name in FREE or name.startswith("prim::"), in_place, arguments, outs)


class Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """A dispatch mode that records ops in running order, each with the module call that ran it.

    It works in inference mode, where torch keeps operators whole (`linear`, `matmul`, `scaled_dot_product_attention`).
    An operator without a handle is decomposed as in torch. `fault` is the exception of a handle of ours. `threads`
    detects operators that run in other threads, and `calls` detects that a copied model uses its `original`.
    """

    supports_higher_order_operators = True

    def __init__(self, model: nn.Module, original: nn.Module | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.owners = Owners(model)
        self.threads = Threads(self.belongs)
        self.calls = Calls(model, self.threads.note, original)
        self._original_storages = (
            set() if original is None else {storage(each) for _, each in named_parameters(original)} - {0}
        )
        self._given_storages = {storage(each) for _, each in named_tensors(model)}
        self.fault: Exception | None = None
        self.output_type: type = type(None)
        self._padding_is_string = False
        self._gradient_storages = set[int]()  # of tensors made outside of inference mode, which a network can leave
        self._ops: list[tuple[Call, str, int, str, Cost]] = []

    def note_inputs(self, inputs: Iterable[Any]) -> None:
        """Record the inputs of the model."""
        self._given_storages |= set(map(storage, tensors_in(inputs)))

    def belongs(self, tensor: Tensor) -> bool:
        """Return whether a tensor belongs to the run: it is the model's, an input, or made in inference mode."""
        return tensor.is_inference() or self.owners.holds(tensor) or storage(tensor) in self._given_storages

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Run an operator and record what it costs."""
        operator, options = operator_of(func), kwargs or {}
        out = func(*args, **options) if operator.free else self._run(operator, func, args, options)
        self.note_read(operator.name, (*args, *options.values()))
        if not torch.is_inference_mode_enabled():
            self._gradient_storages |= set(map(storage, tensors_in(out if isinstance(out, tuple | list) else [out])))
        return out

    def note_read(self, reader: str, values: Iterable[Any]) -> None:
        """Record which parameters are read, and detect tensors that do not belong to the run."""
        tensors = list(tensors_in(values))
        self.owners.read(tensors)
        for tensor in tensors:
            # other threads are not in inference mode, so the tensors that they compute have a grad_fn
            if tensor.grad_fn is not None and storage(tensor) not in self._gradient_storages:
                self.threads.note(f"a tensor that {reader} reads was computed before the run or")
            elif storage(tensor) in self._original_storages:
                self.calls.note_original_used(f"{reader} reads a parameter in the original")

    def _run(self, operator: Operator, func: Any, args: tuple[Any, ...], options: Mapping[str, Any]) -> Any:
        if any(each.is_nested for each in tensors_in((*args, *options.values()))):
            return self._run_uncovered(operator, func, args, options)  # the sides of a nested tensor are not numbers
        if operator.handle is None:
            return self._run_decomposed(operator, func, args, options)
        out = answer(operator.name, operator.in_place, args, options)
        if out is None:
            out = func(*args, **options)
        read = {name: value for name, value in options.items() if name not in operator.outs}
        costs = self._costs(operator, out, args, read)
        if costs is None:
            return self._run_decomposed(operator, func, args, options)
        given = dict(zip(operator.arguments, args, strict=False)) | read
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
        with self:
            out = func.decompose(*args, **options)
        self._padding_is_string = before
        return self._run_uncovered(operator, func, args, options) if out is NotImplemented else out

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

    def _run_uncovered(self, operator: Operator, func: Any, args: tuple[Any, ...], options: Mapping[str, Any]) -> Any:
        out = func(*args, **options)
        for first in islice(tensors_in(out if isinstance(out, tuple | list) else [out]), 1):
            shape = (first.numel(),) if first.is_nested else shape_of(first)
            self._record(operator.name, UNCOVERED, elementwise(operator.name, *shape))
        return out

    def _costs(self, operator: Operator, out: Any, args: tuple[Any, ...], options: Mapping[str, Any]) -> Named | None:
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
        """Return the role for cases that some tools count differently: fused attention, statistics, bias, padding."""
        if operator.name == "scaled_dot_product_attention":
            return FUSED if products.fuses(**given) else COMPOSED
        if "scaled_dot_product" in operator.name:
            return FUSED
        if operator.name == "batch_norm" and given["training"]:
            return "training" if given.get("weight") is not None else "training-plain"
        if given.get(operator.bias) is None:
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
