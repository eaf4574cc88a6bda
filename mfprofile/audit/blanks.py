"""Copies of a model to be traced, so that nothing of the user's is touched: blank on meta tensors, or real on a CPU."""

from __future__ import annotations

import copy
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from mfprofile.spec.problems import InputError


def blank(tensor: Tensor) -> Tensor:
    """Return a tensor of the same shape and type without values."""
    return torch.empty_like(tensor, device="meta", requires_grad=False)


def real(tensor: Tensor) -> Tensor:
    """Return a copy on the CPU, of zeros where there are no values to copy."""
    if tensor.is_meta:
        return torch.zeros_like(tensor, device="cpu")
    return tensor.detach().to("cpu", copy=True)


def copied(model: nn.Module, made: Callable[[Tensor], Tensor]) -> nn.Module:
    """Return a copy of the model in eval mode, each of whose tensors is what `made` makes of it, once.

    Tied weights stay tied, and no two parameters share a storage. Raises `InputError` for a tensor without a shape.
    """
    for path, _ in shapeless(model):
        raise InputError(f"{path} has no shape yet: call the model once, so that its lazy layers are made")
    memo: dict[int, Any] = {}
    for module in model.modules():
        for tensor in _tensors(module):
            if id(tensor) not in memo:
                memo[id(tensor)] = _like(tensor, made(tensor))
        for value in vars(module).values():  # a module has a dozen of these, and deepcopy is slow at them
            if type(value) is OrderedDict and not value:
                memo[id(value)] = OrderedDict()
    with warnings.catch_warnings(action="ignore"):  # of what models are made of, as torch.export's are
        return copy.deepcopy(model, memo).eval()


def shapeless(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Yield the tensors of lazy layers that were never called, with their paths."""
    found = chain(model.named_parameters(), model.named_buffers())
    return ((path, tensor) for path, tensor in found if is_lazy(tensor))


def _like(tensor: Tensor, found: Tensor) -> Tensor:
    """Return what was made of a tensor, as a parameter if that is one."""
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(found, requires_grad=tensor.requires_grad)
    return found


def _tensors(module: nn.Module) -> Iterator[Tensor]:
    """Yield a module's own tensors: parameters, buffers, attributes, and those in its lists and mappings."""
    yield from module.parameters(recurse=False)
    yield from module.buffers(recurse=False)
    own = vars(module)
    for values in (own, *own.values()):
        if isinstance(values, dict):
            yield from (value for value in values.values() if isinstance(value, Tensor))
        elif isinstance(values, list | tuple):
            yield from (value for value in values if isinstance(value, Tensor))
