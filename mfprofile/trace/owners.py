"""Assign parameters to ops: each is counted once, in the first op that multiplies by it or by a view of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod
from typing import Any

import torch
from torch import Tensor, nn

from mfprofile.cost.rows import Part, unowned
from mfprofile.trace.modules import named_parameters
from mfprofile.trace.scripts import named_constants
from mfprofile.trace.stored import bytes_by_type


class Owned:
    """A parameter: its path and shape, how much of it no op has claimed yet, and whether an op has read it.

    A parameter registered at several paths has the first of them.
    """

    __slots__ = ("path", "read", "shape", "size", "unclaimed", "views")

    def __init__(self, path: str, shape: tuple[int, ...]) -> None:
        self.path = path
        self.shape = shape
        self.size = self.unclaimed = prod(shape)
        self.read = False
        self.views: set[tuple[Any, ...]] = set()

    def join(self, parameter: Tensor) -> None:
        """Add another parameter in the same storage, as networks have that keep all parameters in one."""
        self.size, self.unclaimed = self.size + parameter.numel(), self.unclaimed + parameter.numel()
        self.shape = (self.size,)


class Owners:
    """The parameters of a model by their storage: a view has the storage of its parameter.

    Parameters that share a storage are counted together. In a copy made for tracing, none do.
    """

    def __init__(self, model: nn.Module) -> None:
        constants = list(named_constants(model))
        named = [*named_parameters(model), *constants]
        self._by_storage: dict[int, Owned] = {}
        for path, parameter in named:
            key = _key(parameter)
            if key in self._by_storage:
                self._by_storage[key].join(parameter)
            else:
                self._by_storage[key] = Owned(path, tuple(parameter.shape))
        for _, constant in constants:
            if not storage(constant):  # whether a script reads it cannot be seen
                self._by_storage[_key(constant)].read = True
        self._kept = named  # a storage is known by its address, so it must not be freed
        self.strangers: dict[int, Tensor] = {}  # parameters that are read and that no module registers, by identity
        self.params = sum(each.size for each in self._by_storage.values())
        trainable = sum(parameter.numel() for _, parameter in named if parameter.requires_grad)
        self.frozen = self.params - trainable
        """The number of parameters that need no gradient."""
        self.bytes = bytes_by_type(each for _, each in named)

    def holds(self, tensor: Tensor) -> bool:
        """Return whether the tensor is a parameter or a view of one."""
        return _key(tensor) in self._by_storage

    def read(self, tensors: Iterable[Tensor]) -> None:
        """Record that an op has read the tensors."""
        for tensor in tensors:
            owned = self._by_storage.get(_key(tensor))
            if owned is not None:
                owned.read = True
            elif isinstance(tensor, nn.Parameter):
                self.strangers[id(tensor)] = tensor

    def claim(self, tensor: Tensor) -> int:
        """Claim the parameters in the tensor that no op has claimed yet, and return their number."""
        owned = self._by_storage.get(_key(tensor))
        if owned is None or tensor.layout is not torch.strided:
            return 0
        view = (tensor.storage_offset(), tuple(tensor.shape), tensor.stride())
        if view in owned.views:
            return 0
        owned.views.add(view)
        sides = zip(tensor.shape, tensor.stride(), strict=True)
        claimed = min(owned.unclaimed, prod(side for side, stride in sides if stride))  # an expanded side has stride 0
        owned.unclaimed -= claimed
        return claimed

    def rest(self, read: bool) -> Iterator[Part]:
        """Yield a row for each parameter that no op owns: with `read` the tables, else those that are never read."""
        for owned in self._by_storage.values():
            if owned.unclaimed and owned.read is read:
                module, _, name = owned.path.rpartition(".")
                yield unowned(module, name, owned.shape, owned.size, owned.unclaimed, read)


def storage(tensor: Tensor) -> int:
    """Return an identifier of the tensor's storage; 0 for a tensor without one, such as a sparse tensor."""
    try:
        return int(tensor.untyped_storage()._cdata)
    except (NotImplementedError, RuntimeError):
        return 0


def _key(tensor: Tensor) -> int:
    """Return the storage of a tensor, or for one without a storage its identity as a negative number."""
    return storage(tensor) or -id(tensor)


def tensors_in(values: Iterable[Any]) -> Iterator[Tensor]:
    """Yield the tensors among an operator's arguments, also those in lists and mappings."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from tensors_in(value)
        elif isinstance(value, dict):
            yield from tensors_in(value.values())
