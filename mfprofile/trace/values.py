"""Note where a run reads values: a result in Python, or a shape, that depends on the weights or on the inputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from mfprofile.cost.subject import ValueRead
from mfprofile.trace.operators import CONTROL
from mfprofile.trace.owners import storage, tensors_in

_READERS = frozenset(
    ("item", "_local_scalar_dense", "is_nonzero", "equal", "allclose", "resolve_neg", "torchvision::nms")
)
"""Operators whose result, or its shape, depends on values. Python calls `resolve_neg` for `numpy()` and `tolist()`."""

_NAMES = MappingProxyType({"_local_scalar_dense": "item", "is_nonzero": "bool", "resolve_neg": "numpy"})
"""The names under which operators are reported, where their users write others."""


def _masks(_: Any, indices: Iterable[Any], *__: Any) -> list[Tensor]:
    return [index for index in tensors_in(indices) if index.dtype in (torch.bool, torch.uint8)]


def _repeats(*args: Any, output_size: Any = None) -> list[Any]:
    return [] if output_size is not None else list(args[:2][-1:])


_DECIDING: Mapping[str, Callable[..., Iterable[Any]]] = MappingProxyType(
    {
        "index": _masks,
        "where": lambda *args, **_: args if len(args) == 1 else (),
        "one_hot": lambda one, classes=-1: [one] if classes < 0 else (),
        "repeat_interleave": _repeats,
        "tensor_split": lambda _, parts, *__: [parts],
        "_pack_padded_sequence": lambda _, lengths, *__: [lengths],
        "cond": lambda choice, *_: [choice],
    }
)
"""Functions from an operator's arguments to those whose values are read, for operators that do not read all of them."""


class Values:
    """The values of the weights, inputs and random numbers in a run, and what reads them.

    A tensor holds such values if it is computed from one that does. Meta tensors hold none, and neither do tensors
    made from constants or shapes.
    """

    def __init__(self, tensors: Iterable[Tensor]) -> None:
        self._storages = {0, *map(storage, tensors)}  # 0: a tensor without a storage, such as a sparse one
        self._reads = Counter[tuple[str, str]]()

    def add(self, tensors: Iterable[Tensor]) -> None:
        """Record that tensors hold values."""
        self._storages |= set(map(storage, tensors))

    @property
    def reads(self) -> tuple[ValueRead, ...]:
        """Return which operators read values, in the order of their first run."""
        return tuple(ValueRead(path, name, count) for (path, name), count in self._reads.items())

    def note(
        self,
        path: str,
        name: str,
        func: Any,
        args: tuple[Any, ...],
        options: Mapping[str, Any],
        read: Iterable[Tensor],
        made: Iterable[Tensor],
    ) -> None:
        """Record an operator that has run in the module at a path: the tensors in its arguments and in its result."""
        given, made = [[each for each in tensors if not each.is_meta] for tensors in (read, made)]
        if not given and not made:
            return
        if self._hold_values(_read_by(name, func, args, options)):
            self._reads[path, _NAMES.get(name, name)] += 1
        is_random = torch.Tag.nondeterministic_seeded in getattr(func, "tags", ())
        if is_random or (name != "lift_fresh" and self._hold_values(given)):
            self.add(made)
        else:
            self._storages -= set(map(storage, made)) - {0}  # a new tensor can have the storage of one that is gone

    def _hold_values(self, values: Iterable[Any]) -> bool:
        return any(storage(each) in self._storages for each in tensors_in(values) if not each.is_meta)


def _read_by(name: str, func: Any, args: tuple[Any, ...], options: Mapping[str, Any]) -> Iterable[Any]:
    """Return the arguments on whose values an operator's result in Python, or the shape of its result, depends."""
    if name in _DECIDING:
        return _DECIDING[name](*args, **options)
    tags = getattr(func, "tags", ())
    is_tagged = torch.Tag.data_dependent_output in tags or torch.Tag.dynamic_output_shape in tags
    return (*args, *options.values()) if is_tagged or name in _READERS or name in CONTROL else ()
