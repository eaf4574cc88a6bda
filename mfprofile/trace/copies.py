"""Copy a model for tracing, so that the user's model does not change: with meta tensors, or with real ones on a CPU."""

from __future__ import annotations

import contextlib
import copy
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from mfprofile.errors import InputError
from mfprofile.trace.modules import modules, named_modules, named_parameters, named_tensors, to_eval

_CONTAINERS = (OrderedDict, dict, set)


def blank(tensor: Tensor) -> Tensor:
    """Return a meta tensor of the same shape and type; torch itself takes long to make one like another on meta."""
    if type(tensor) in (Tensor, nn.Parameter) and _is_plain(tensor):
        return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device="meta")
    return torch.empty_like(tensor, device="meta", requires_grad=False)


def _is_plain(tensor: Tensor) -> bool:
    is_array = tensor.layout is torch.strided and not tensor.is_nested and not tensor.is_quantized
    return is_array and tensor.is_contiguous()


def real(tensor: Tensor) -> Tensor:
    """Return a copy on the CPU; a meta tensor has no values to copy, so its copy is zeros."""
    if tensor.is_meta:
        return torch.zeros_like(tensor, device="cpu")
    return tensor.detach().to("cpu", copy=True)


def copied(model: nn.Module, copy_tensor: Callable[[Tensor], Tensor], share: bool = False) -> nn.Module:
    """Return a copy of the model in eval mode, in which `copy_tensor` has copied each tensor once.

    Tied weights stay tied, and no two parameters share a storage. With `share`, the copy and the model share other
    values that cannot be copied, such as a lock. Raises `InputError` for a tensor without a shape, and any error that
    a value raises while it is copied.
    """
    for path, _ in shapeless(model):
        raise InputError(f"{path} has no shape yet: call the model once to initialize its lazy layers")
    memo = _memo(model, copy_tensor)
    # values in a model can warn, for example those of torch.export; a script's tensors are cloned, with their gradients
    with warnings.catch_warnings(action="ignore"), torch.no_grad():
        try:
            return to_eval(_copy(model, memo))
        except Exception:
            if not share:
                raise
        return to_eval(_copy(model, memo | _uncopyable(model, memo)))


def _copy(model: nn.Module, memo: Mapping[int, Any]) -> nn.Module:
    """Return a deep copy; if the classes' own methods for copying fail, a copy of the attributes of each module."""
    try:
        network = copy.deepcopy(model, dict(memo))
        if not _is_copy(network, model):
            raise TypeError(f"the copy of {type(model).__name__} is not another network of the same modules")
        for (_, ours), (_, theirs) in zip(named_parameters(network), named_parameters(model), strict=False):
            ours.requires_grad = theirs.requires_grad  # the copy of a script forgets it
        return network
    except Exception:
        with contextlib.suppress(Exception):
            return _copy_of_attributes(model, memo)
        raise


def _is_copy(network: Any, model: nn.Module) -> bool:
    """Return whether a network has modules at the same paths as the model, and shares none with it."""
    if not isinstance(network, nn.Module):
        return False
    theirs = dict(named_modules(model))
    ours = dict(named_modules(network))
    return ours.keys() == theirs.keys() and not set(map(id, ours.values())) & set(map(id, theirs.values()))


def _copy_of_attributes(model: nn.Module, memo: Mapping[int, Any]) -> nn.Module:
    """Return a copy made without the methods of the network's classes, except those of torch."""
    copies = dict(memo)
    pairs = [(each, object.__new__(type(each))) for each in modules(model) if not _copies_itself(type(each))]
    copies |= {id(each): network for each, network in pairs}
    for each, network in pairs:
        vars(network).update(copy.deepcopy(vars(each), copies))
    whole: nn.Module = copy.deepcopy(model, copies)  # which is in `copies`, unless torch copies it
    return whole


def _copies_itself(kind: type) -> bool:
    """Return whether a class of torch, such as a script, says how its modules are copied."""
    return str(getattr(getattr(kind, "__deepcopy__", None), "__module__", "")).startswith("torch.")


def _memo(model: nn.Module, copy_tensor: Callable[[Tensor], Tensor]) -> dict[int, Any]:
    """Return the copy of each tensor of a model, by the tensor's identity."""
    memo: dict[int, Any] = {}
    for module in modules(model):
        for tensor in _values_in(module):
            if isinstance(tensor, Tensor) and id(tensor) not in memo:
                memo[id(tensor)] = _like(tensor, copy_tensor(tensor))
        for value in vars(module).values():  # a module has a dozen empty ones, and deepcopy is slow at them
            if type(value) in _CONTAINERS and not value:
                memo[id(value)] = type(value)()
    return memo


def _uncopyable(model: nn.Module, memo: Mapping[int, Any]) -> dict[int, Any]:
    """Return the values in a model that cannot be copied, by their identity."""
    values = {id(value): value for module in modules(model) for value in _values_in(module)}
    return {key: value for key, value in values.items() if key not in memo and not _is_copyable(value, memo)}


def _is_copyable(value: Any, memo: Mapping[int, Any]) -> bool:
    """Return whether a value can be copied; True for a module, whose own values are checked instead."""
    try:
        return isinstance(value, nn.Module) or copy.deepcopy(value, dict(memo)) is not NotImplemented
    except Exception:
        return False


def shapeless(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Yield the path and the tensor of each lazy layer that was never called."""
    return ((path, tensor) for path, tensor in named_tensors(model) if is_lazy(tensor))


def _like(tensor: Tensor, copied_tensor: Tensor) -> Tensor:
    """Return the copy of a tensor, as a parameter if the original is a parameter."""
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(copied_tensor, requires_grad=tensor.requires_grad)
    return copied_tensor


def _values_in(module: nn.Module) -> Iterator[Any]:
    """Yield a module's own parameters, buffers and attributes, and the values in its lists and mappings."""
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
