"""Records what a model runs: each ATen operator as ops with their costs, under the module that is being called."""

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
from mfprofile.trace.answers import answer
from mfprofile.trace.calls import Call, Calls
from mfprofile.trace.functions import Reading, under
from mfprofile.trace.handles import HANDLES, Handle, shape_of
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
from mfprofile.trace.threads import Threads


@dataclass(frozen=True, slots=True)
class Operator:
    """What is known of an ATen operator: its handle, if any, whether it is free, and the names of its arguments.

    `outs` are those of them that it writes its result to, as `out=` has them.
    """

    name: str
    handle: Handle | None
    free: bool
    in_place: bool
    arguments: tuple[str, ...]
    outs: frozenset[str] = frozenset()

    @property
    def role(self) -> str:
        """Return the role of its ops where that is known from its name."""
        if self.name in RECURRENT:
            return UNCOVERED
        return next((dimensions for dimensions in DIMENSIONS if self.name.endswith(dimensions)), "")

    @property
    def bias(self) -> str:
        """Return the name of the argument that is its bias."""
        return BIASES.get(self.name, "bias")


@cache
def operator_of(function: Any) -> Operator:
    """Return what is known of an operator as a dispatch mode gets it."""
    if not isinstance(function, OpOverload):
        return Operator(str(function), None, False, False, ())
    name = base_name(function)
    arguments = tuple(str(argument.name) for argument in function._schema.arguments)
    in_place = str(function._schema.name).endswith("_")
    outs = frozenset(str(argument.name) for argument in function._schema.arguments if argument.is_out)
    return Operator(name, HANDLES.get(name), name in FREE or name.startswith("prim::"), in_place, arguments, outs)


class Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """A dispatch mode that records ops in running order, each with the call in which it ran.

    It is made for inference mode, in which operators come whole (`linear`, `matmul`, `scaled_dot_product_attention`);
    those that it has no handle for it takes apart as torch does. `fault` is what a handle of ours raised; `threads`
    tell of operators that were run where it does not see them, and `calls` of what a copy has of its `original`.
    """

    supports_higher_order_operators = True

    def __init__(self, model: nn.Module, original: nn.Module | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.owners = Owners(model)
        self.threads = Threads(self.has)
        self.calls = Calls(model, self.threads.note, original)
        self._originals = set() if original is None else set(map(storage, original.parameters())) - {0}
        self._given = {storage(buffer) for buffer in model.buffers()}
        self.fault: Exception | None = None
        self._worded = False
        self._made = set[int]()  # in no inference mode, which a network may leave
        self._found: list[tuple[Call, str, int, str, Cost]] = []

    def take(self, inputs: Iterable[Any]) -> None:
        """Note what the model is given."""
        self._given |= set(map(storage, tensors_in(inputs)))

    def has(self, tensor: Tensor) -> bool:
        """Return whether a tensor is of the run: of the model, given to it, or made in it, being of inference mode."""
        return tensor.is_inference() or self.owners.holds(tensor) or storage(tensor) in self._given

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Run an operator and record what it costs."""
        operator, options = operator_of(func), kwargs or {}
        out = func(*args, **options) if operator.free else self._run(operator, func, args, options)
        self.see(operator.name, (*args, *options.values()))
        if not torch.is_inference_mode_enabled():
            self._made |= set(map(storage, tensors_in(out if isinstance(out, tuple | list) else [out])))
        return out

    def see(self, reader: str, values: Iterable[Any]) -> None:
        """Note which parameters are read, and what is, though it is none of this run's."""
        tensors = list(tensors_in(values))
        self.owners.read(tensors)
        for tensor in tensors:
            if tensor.grad_fn is not None and storage(tensor) not in self._made:  # inference mode, a thread's, has none
                self.threads.note(f"what {reader} takes was computed before, or")
            elif storage(tensor) in self._originals:
                self.calls.led_past(f"a parameter is read by {reader}")

    def _run(self, operator: Operator, func: Any, args: tuple[Any, ...], options: Mapping[str, Any]) -> Any:
        if any(each.is_nested for each in tensors_in((*args, *options.values()))):
            return self._not_covered(operator, func, args, options)  # its sides are no numbers
        if operator.handle is None:
            return self._taken_apart(operator, func, args, options)
        out = answer(operator.name, operator.in_place, args, options)
        if out is None:
            out = func(*args, **options)
        read = {name: value for name, value in options.items() if name not in operator.outs}
        found = self._costed(operator, out, args, read)
        if found is None:
            return self._taken_apart(operator, func, args, options)
        given = dict(zip(operator.arguments, args, strict=False)) | read
        for name, cost in found:
            self._record(name, *self._attributed(operator, cost, given, alone=len(found) == 1))
        return out

    def _taken_apart(self, operator: Operator, func: Any, args: tuple[Any, ...], options: Mapping[str, Any]) -> Any:
        """Run an operator as those that torch defines it by; one that stands by itself is not covered."""
        if not isinstance(func, OpOverload):
            return self._on_functions(operator, func, args, options)
        before, self._worded = self._worded, self._worded or func._overloadname == "padding"
        with self:
            out = func.decompose(*args, **options)
        self._worded = before
        return self._not_covered(operator, func, args, options) if out is NotImplemented else out

    def _on_functions(self, operator: Operator, func: Any, args: tuple[Any, ...], options: Mapping[str, Any]) -> Any:
        """Run an operator that is given functions: what those run is recorded where it is all, else what they read."""
        is_all = operator.name in CONTROL
        mode = self if is_all else Reading(self.owners)
        given = tuple(under(mode, each) if callable(each) else each for each in args)
        return func(*given, **options) if is_all else self._not_covered(operator, func, given, options)

    def _not_covered(self, operator: Operator, func: Any, args: tuple[Any, ...], options: Mapping[str, Any]) -> Any:
        out = func(*args, **options)
        for first in islice(tensors_in(out if isinstance(out, tuple | list) else [out]), 1):
            shape = (first.numel(),) if first.is_nested else shape_of(first)
            self._record(operator.name, UNCOVERED, elementwise(operator.name, *shape))
        return out

    def _costed(self, operator: Operator, out: Any, args: tuple[Any, ...], options: Mapping[str, Any]) -> Named | None:
        first = out if isinstance(out, Tensor) else out[0]
        assert operator.handle is not None
        try:
            return operator.handle(first, *args, **options)
        except Exception as error:
            self.fault = error
            raise

    def _attributed(self, operator: Operator, cost: Cost, given: Mapping[str, Any], alone: bool) -> tuple[str, Cost]:
        """Return the op's role, and its cost with the parameters that are really there."""
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
        """Return what some tools tell apart: fused attention, a norm's statistics, how a bias is added, a padding."""
        if operator.name == "scaled_dot_product_attention":
            return FUSED if products.fuses(**given) else COMPOSED
        if "scaled_dot_product" in operator.name:
            return FUSED
        if operator.name == "batch_norm" and given["training"]:
            return "training" if given.get("weight") is not None else "training-plain"
        if given.get(operator.bias) is None:
            return "worded" if self._worded else "plain"
        if operator.name == "linear":
            read = given["input"]  # torch fuses the bias where the vectors lie one after another
            return "biased" if read.dim() == 2 or read.is_contiguous() else "added"
        return "worded-biased" if self._worded else "biased"

    def _record(self, name: str, role: str, cost: Cost) -> None:
        check(cost.kind, role)
        call, name = self.calls.current, cost.kind if name == "matmul" else name
        self._found.append((call, name, call.numbered(name), role, cost))

    def parts(self) -> list[Part]:
        """Return the recorded ops, each as a part of its own under its module's path, and the parameters besides."""
        found = [
            Part("", None, "", call.path, [(self.calls.name(call, name, at), role, cost)])
            for call, name, at, role, cost in self._found
        ]
        return [*self.owners.rest(read=True), *found, *self.owners.rest(read=False)]


def _is_rare(operator: Operator, cost: Cost, given: Mapping[str, Any]) -> bool:
    """Return whether torch has a product done by no product of matrices: also that of an einsum which sums nothing."""
    if operator.name in PRODUCTS:
        return products.meets_vector(*islice(given.values(), 2))
    return operator.name in RARE_PRODUCTS or (operator.name == "einsum" and cost.madds == cost.elements)
