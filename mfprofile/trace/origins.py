"""Follow where the tensors of a run come from, and name those that no operator of the run put out.

A tensor is known if it was given (an input, a parameter, a buffer, or held by the network), or if an operator that is
counted, free or named put it out. All others come from outside, and what was computed there is not counted.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch.multiprocessing.reductions import StorageWeakRef

from mfprofile.cost.subject import Outside
from mfprofile.trace.held import held_storages
from mfprofile.trace.operators import EMPTIES, FILLS, INDEXES, PASSES, SHAPED
from mfprofile.trace.owners import storage

MADE, WRITTEN, KEPT = "made outside torch", "written outside torch", "kept outside the network"
_LIMITS = frozenset(torch.finfo(each).max for each in (torch.float16, torch.bfloat16, torch.float32, torch.float64))
"""The largest numbers of each type, which fill masks."""


class Origins:
    """The tensors of a run by their storage, which a weak reference keeps from being used for another tensor.

    Values leave torch as numbers (`item`) or as arrays (`numpy`, `tolist`), and can come back in new tensors. Such a
    tensor is suspect if values left before it was made, other than values computed from constants of Python alone.
    """

    def __init__(self, model: nn.Module, given: Iterable[Tensor]) -> None:
        self._model = model
        self._known: dict[int, StorageWeakRef] = {}
        self._constants = set[int]()  # storages of values that depend on no tensor that was given
        self._suspects = set[int]()
        self._shared: dict[int, Tensor] = {}  # the bytes of storages that arrays outside torch share
        self._arrays = list[tuple[int, int]]()  # where the arrays are that share a storage: address and bytes
        self._empty = set[int]()  # storages that an operator made without values, and that none has written to
        self._left = ""
        self._outside: Counter[tuple[str, str, str]] = Counter()
        self._elements: Counter[tuple[str, str, str]] = Counter()
        self.give(given)

    @property
    def outside(self) -> tuple[Outside, ...]:
        """Return what was read from outside, by origin, module and operator, in the order of the first reading."""
        return tuple(Outside(*key, count, self._elements[key]) for key, count in self._outside.items())

    def give(self, tensors: Iterable[Tensor]) -> None:
        """Record tensors whose origin is known."""
        for tensor in tensors:
            self._know(tensor)

    def note_written(self, tensors: Iterable[Tensor]) -> None:
        """Record the tensors that an operator is about to write to."""
        if self._empty:
            self._empty.difference_update(map(storage, tensors))

    def note_read(self, operator: str, tensors: Iterable[Tensor], module: str, internal: bool = False) -> None:
        """Check the tensors that an operator reads. With `internal`, torch itself made those that are unknown."""
        for tensor in tensors:
            key = storage(tensor)
            if key and (key not in self._known or key in self._suspects or key in self._shared or key in self._empty):
                is_own = internal and (key not in self._known or key in self._empty)
                origin = "" if is_own else self._origin(operator, tensor, key)
                self._know(tensor)
                if origin:
                    self._suspects.discard(key)
                    self._empty.discard(key)
                    self._outside[origin, module, operator] += 1
                    self._elements[origin, module, operator] += tensor.numel()

    def note_run(self, operator: str, read: Sequence[Tensor], outs: Sequence[Tensor], values: Sequence[Any]) -> None:
        """Record what an operator put out: tensors, and values that leave torch. `values` are all its arguments."""
        for tensor in outs:
            self._know(tensor)
        passed = storage(read[0]) if operator in PASSES and read else 0  # others give only a shape or a type
        if operator in EMPTIES or passed in self._empty:
            self._empty.update(storage(tensor) for tensor in outs if tensor.numel())
        real = [tensor for tensor in outs if not tensor.is_meta]
        if not real:
            return
        put = set(map(storage, real))
        is_constant = set(map(storage, read)) <= self._constants or operator in SHAPED
        (self._constants.update if is_constant else self._constants.difference_update)(put)
        if passed in self._suspects or (operator in FILLS and self._holds_value(values)):
            self._suspects |= put
        for key in put & self._shared.keys():
            self._shared[key] = _bytes(next(tensor for tensor in real if storage(tensor) == key))
        if operator == "resolve_neg":  # the last step of `numpy` and `tolist`
            self._shared.update((storage(tensor), _bytes(tensor)) for tensor in real)
            self._arrays += [(each.data_ptr(), each.untyped_storage().nbytes()) for each in real]
            self._leave("array" if not is_constant else "")

    def note_number(self, value: Any, read: Sequence[Tensor]) -> None:
        """Record that an operator returned a number, computed from the tensors that it read. A truth only decides."""
        is_constant = {storage(tensor) for tensor in read} <= self._constants
        if not is_constant and not isinstance(value, bool):
            self._leave("integer" if isinstance(value, int) else "number")

    def note_arrays(self, values: Iterable[Any]) -> None:
        """Check the arrays that a network returns: one that is not a tensor's own was computed outside torch."""
        for value in values:
            interface = getattr(value, "__array_interface__", None)
            if self._left != "array" or isinstance(value, Tensor) or not isinstance(interface, dict):
                continue
            at, elements = interface["data"][0], math.prod(interface["shape"])
            if elements and not any(start <= at < start + size for start, size in self._arrays):
                self._outside[MADE, "", "the caller"] += 1
                self._elements[MADE, "", "the caller"] += elements

    def _leave(self, what: str) -> None:
        self._left = max(self._left, what, key=("", "integer", "number", "array").index)

    def _origin(self, operator: str, tensor: Tensor, key: int) -> str:
        """Return where a tensor comes from that may be from outside; '' if it is known after all."""
        if key in self._known:
            if (key in self._shared and self._is_written(tensor, key)) or self._is_empty(operator, key):
                return WRITTEN
            return MADE if key in self._suspects and not self._may_pass(operator, tensor) else ""
        if operator == "lift_fresh":  # the first operator on a tensor made from values of Python or numpy
            (self._suspects if self._is_suspect(tensor) else self._constants).add(key)
            return ""
        if (tensor.is_meta and tensor.is_inference()) or key in self._held:
            return ""
        if not tensor.is_inference():
            return KEPT
        self._suspects.add(key)
        return "" if operator in PASSES else MADE

    def _is_written(self, tensor: Tensor, key: int) -> bool:
        """Return whether a shared storage has changed, or was made empty to receive what is computed outside."""
        shared = self._shared[key]
        if self._left == "array" and key in self._constants:
            del self._shared[key]
            return True
        self._shared[key] = _bytes(tensor)
        return not torch.equal(shared, self._shared[key])

    def _is_empty(self, operator: str, key: int) -> bool:
        """Return whether an operator reads values that no operator has written."""
        return key in self._empty and operator not in PASSES and operator not in SHAPED

    def _is_suspect(self, tensor: Tensor) -> bool:
        """Return whether a new tensor may have values that left torch before."""
        return tensor.numel() > 0 and (self._left == "array" or (self._left != "" and tensor.dtype != torch.bool))

    def _may_pass(self, operator: str, tensor: Tensor) -> bool:
        """Return whether reading a suspect tensor computes nothing: it is passed on, or is an index in brackets."""
        is_index = operator in INDEXES and self._left != "array" and not tensor.is_floating_point()
        return operator in PASSES or is_index

    def _holds_value(self, values: Sequence[Any]) -> bool:
        """Return whether a filled tensor may hold a number that left torch; masks are filled with infinities."""
        if self._left not in ("number", "array"):
            return False
        numbers = [value for value in values if isinstance(value, float | complex)]
        return any(math.isfinite(abs(value)) and abs(value) not in _LIMITS for value in numbers)

    @cached_property
    def _held(self) -> frozenset[int]:
        return held_storages(self._model)

    def _know(self, tensor: Tensor) -> None:
        key = storage(tensor)
        if key and key not in self._known:
            self._known[key] = StorageWeakRef(tensor.untyped_storage())  # type: ignore[no-untyped-call]


def _bytes(tensor: Tensor) -> Tensor:
    """Return a copy of the bytes of a tensor's storage."""
    return torch.empty(0, dtype=torch.uint8).set_(tensor.untyped_storage()).clone()
