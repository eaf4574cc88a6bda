"""Copies of a model to be traced, so that nothing of the user's is touched: blank on meta tensors, or real on a CPU."""

from __future__ import annotations

import copy
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
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


def copied(model: nn.Module, made: Callable[[Tensor], Tensor], share: bool = False) -> nn.Module:
    """Return a copy of the model in eval mode, each of whose tensors is what `made` makes of it, once.

    Tied weights stay tied, and no two parameters share a storage. What the model holds besides and cannot be copied, as
    a lock, the copy shares with it where it may `share`. Raises `InputError` for a tensor without a shape, and
    whatever a value's own copying does.
    """
    for path, _ in shapeless(model):
        raise InputError(f"{path} has no shape yet: call the model once, so that its lazy layers are made")
    memo = _memo(model, made)
    with warnings.catch_warnings(action="ignore"):  # of what models are made of, as torch.export's are
        try:
            return copy.deepcopy(model, dict(memo)).eval()
        except Exception:
            if not share:
                raise
        return copy.deepcopy(model, memo | _lent(model, memo)).eval()


def _memo(model: nn.Module, made: Callable[[Tensor], Tensor]) -> dict[int, Any]:
    """Return what stands for each of a model's tensors in the copy, by its identity."""
    memo: dict[int, Any] = {}
    for module in model.modules():
        for tensor in _held(module):
            if isinstance(tensor, Tensor) and id(tensor) not in memo:
                memo[id(tensor)] = _like(tensor, made(tensor))
        for value in vars(module).values():  # a module has a dozen of these, and deepcopy is slow at them
            if type(value) is OrderedDict and not value:
                memo[id(value)] = OrderedDict()
    return memo


def _lent(model: nn.Module, memo: Mapping[int, Any]) -> dict[int, Any]:
    """Return what a model holds that cannot be copied, by its identity."""
    values = {id(value): value for module in model.modules() for value in _held(module)}
    return {key: value for key, value in values.items() if key not in memo and not _is_copied(value, memo)}


def _is_copied(value: Any, memo: Mapping[int, Any]) -> bool:
    """Return whether a value is or can be copied; a module is, by what it holds."""
    try:
        return isinstance(value, nn.Module) or copy.deepcopy(value, dict(memo)) is not NotImplemented
    except Exception:
        return False


def shapeless(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Yield the tensors of lazy layers that were never called, with their paths."""
    found = chain(model.named_parameters(), model.named_buffers())
    return ((path, tensor) for path, tensor in found if is_lazy(tensor))


def _like(tensor: Tensor, found: Tensor) -> Tensor:
    """Return what was made of a tensor, as a parameter if that is one."""
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(found, requires_grad=tensor.requires_grad)
    return found


def _held(module: nn.Module) -> Iterator[Any]:
    """Yield what a module holds itself: parameters, buffers, attributes, and what is in lists and mappings of those."""
    seen: set[int] = set()
    waiting: list[Any] = [vars(module)]
    while waiting:
        values = waiting.pop()
        if isinstance(values, dict | list | tuple | set):
            if id(values) not in seen:
                seen.add(id(values))
                waiting.extend(values.values() if isinstance(values, dict) else values)
        else:
            yield values
