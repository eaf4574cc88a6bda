"""A network's modules, parameters and buffers as they are registered, whatever methods its classes override.

A network may have a `parameters` that returns groups for an optimizer, or a `train` that returns nothing. So these
functions call no method of a network, except `eval` in `to_eval` and `train` in `to_train`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn


def named_modules(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Yield the path and the module of each module, the root first; a module with several paths has the first."""
    seen: set[int] = set()
    waiting = [("", model)]
    while waiting:
        path, module = waiting.pop()
        if id(module) not in seen:
            seen.add(id(module))
            yield path, module
            if children := _entries(module, "_modules"):
                waiting += [
                    (joined(path, name), child) for name, child in reversed(list(children.items())) if child is not None
                ]


def modules(model: nn.Module) -> Iterator[nn.Module]:
    """Yield each module once, the root first."""
    return (module for _, module in named_modules(model))


def other_paths(model: nn.Module) -> dict[str, list[str]]:
    """Return the further paths of each module that several modules have as a child, by its first path.

    Like torch's `children`, a module has a child once, under whatever names. A path does not go through itself.
    """
    firsts = {id(module): path for path, module in named_modules(model)}
    others: dict[str, list[str]] = {}
    waiting = [("", model, frozenset([id(model)]))]
    while waiting:
        path, module, above = waiting.pop()
        if path != firsts[id(module)]:
            others.setdefault(firsts[id(module)], []).append(path)
        named = {id(child): (joined(path, name), child) for name, child in reversed(list(_children(module)))}
        waiting += [(*each, above | {key}) for key, each in named.items() if key not in above]
    return others


def is_leaf(module: nn.Module) -> bool:
    """Return whether a module has no submodules."""
    return next(_children(module), None) is None


def own_parameters(module: nn.Module) -> Iterator[nn.Parameter]:
    """Yield the parameters that a module owns directly."""
    return (tensor for _, tensor in _registered(module, "_parameters"))


def named_parameters(model: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """Yield the path and the tensor of each parameter; a parameter with several paths has the first."""
    return _named(model, "_parameters")


def named_tensors(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Yield the path and the tensor of each parameter, and after them of each buffer."""
    return chain(_named(model, "_parameters"), _named(model, "_buffers"))


def to_eval(model: nn.Module) -> nn.Module:
    """Put a network into eval mode by its own `eval`, and every module of it that this leaves in training mode."""
    with contextlib.suppress(Exception):  # an override can raise anything; the mode is set below
        model.eval()
    for module in modules(model):
        if getattr(module, "training", False):
            module.training = False
    return model


def to_train(model: nn.Module, is_copy: bool) -> nn.Module:
    """Put a network into training mode by its own `train`, which may keep some of its modules in eval mode.

    In a copy, norms do not count their batches, which would be an op of its own.
    """
    try:
        model.train()
    except Exception:  # an override can raise anything
        for module in modules(model):
            module.training = True
    for module in modules(model) if is_copy else ():
        if isinstance(module, nn.modules.batchnorm._NormBase):
            module.num_batches_tracked = None
    return model


def _named(model: nn.Module, table: str) -> Iterator[tuple[str, Any]]:
    seen: dict[int, Any] = {}  # it also keeps the tensors, because an identity can be used again
    for path, module in named_modules(model):
        for name, tensor in _entries(module, table).items():
            if tensor is not None and id(tensor) not in seen:
                seen[id(tensor)] = tensor
                yield joined(path, name), tensor


def _children(module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    return _registered(module, "_modules")


def _registered(module: nn.Module, table: str) -> Iterator[tuple[str, Any]]:
    """Yield the entries of one of a module's tables."""
    return ((name, value) for name, value in _entries(module, table).items() if value is not None)


def _entries(module: nn.Module, table: str) -> Any:
    """Return one of a module's tables; a module whose `__init__` was never called has none, so it is empty."""
    entries = vars(module).get(table)
    if entries is None and isinstance(module, torch.jit.ScriptModule):  # some keep them in another object
        entries = getattr(module, table, None)
    return {} if entries is None else entries


def joined(path: str, name: str) -> str:
    """Return the path of what has a name in the module at a path."""
    return f"{path}.{name}" if path else name
