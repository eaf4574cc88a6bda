"""To whom parameters belong: each is counted once, with the first op that multiplies by it or by a view of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod
from typing import Any

from torch import Tensor, nn

from mfprofile.cost.ops import Cost
from mfprofile.cost.rows import Part


class Owned:
    """A parameter: its path and shape, what of it no op has claimed yet, and if any op has read it.

    The path is that by which it was registered first.
    """

    __slots__ = ("left", "path", "read", "shape", "size", "views")

    def __init__(self, path: str, shape: tuple[int, ...]) -> None:
        self.path = path
        self.shape = shape
        self.size = self.left = prod(shape)
        self.read = False
        self.views: set[tuple[Any, ...]] = set()


class Owners:
    """The parameters of a model by their storage, so that a view is known as the parameter that it shows.

    No two parameters of the model may share a storage, as those of a copy made for tracing do not.
    """

    def __init__(self, model: nn.Module) -> None:
        named = list(model.named_parameters())
        self._by_storage = {storage(parameter): Owned(path, tuple(parameter.shape)) for path, parameter in named}
        self._kept = named  # storages go by their address: none may be freed
        self.params = sum(each.size for each in self._by_storage.values())

    def holds(self, tensor: Tensor) -> bool:
        """Return whether the tensor is a parameter or a view of one."""
        return storage(tensor) in self._by_storage

    def read(self, tensors: Iterable[Tensor]) -> None:
        """Note that an op has read the tensors."""
        for tensor in tensors:
            owned = self._by_storage.get(storage(tensor))
            if owned is not None:
                owned.read = True

    def claim(self, tensor: Tensor) -> int:
        """Return how many parameters the tensor shows that no op has claimed, and take them."""
        owned = self._by_storage.get(storage(tensor))
        if owned is None:
            return 0
        view = (tensor.storage_offset(), tuple(tensor.shape), tensor.stride())
        if view in owned.views:
            return 0
        owned.views.add(view)
        sides = zip(tensor.shape, tensor.stride(), strict=True)
        taken = min(owned.left, prod(side for side, stride in sides if stride))  # an expanded side repeats itself
        owned.left -= taken
        return taken

    def rest(self, read: bool) -> Iterator[Part]:
        """Yield the parameters that no op owns, one row each: read as tables, or not read at all."""
        for owned in self._by_storage.values():
            if owned.left and owned.read is read:
                module, _, name = owned.path.rpartition(".")
                kind, elements = ("table", owned.left) if read else ("unused", 0)
                shape = owned.shape if owned.left == owned.size else (owned.left,)
                yield Part("", None, "", module, [(name, kind, Cost(kind, shape, 0, elements, owned.left))])


def storage(tensor: Tensor) -> int:
    """Return what tells one storage from another; 0 for a tensor that has none, as a sparse one."""
    try:
        return int(tensor.untyped_storage()._cdata)
    except (NotImplementedError, RuntimeError):
        return 0


def tensors_in(values: Iterable[Any]) -> Iterator[Tensor]:
    """Yield the tensors among an operator's arguments, those in lists too."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from (each for each in value if isinstance(each, Tensor))
