"""Remarks on a trace: what a network has or does that its bill does not show."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping, Set
from typing import Any

from torch import nn

from mfprofile.cost.subject import Remark
from mfprofile.spec.words import listed, several
from mfprofile.trace.modules import joined, modules, named_modules, own_parameters
from mfprofile.trace.recorder import Recorder
from mfprofile.trace.scripts import frozen, named_constants, packs_parameters

_LAZY = (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType, map, filter, zip)
_MOST_NAMED = 4


def remarks_on(network: nn.Module, recorder: Recorder, gradients: bool) -> tuple[Remark, ...]:
    """Return the remarks on a network that has run under a recorder, with or without gradients."""
    counted = [use.remark for use in recorder.formulas.uses]
    counted += [
        Remark(f"your formula of {each.operator} at {each.place} counted nothing: no such operator ran")
        for each in recorder.formulas.unused
    ]
    notes = (*_notes(network, gradients, recorder.fourier_flops), *_of_causal(recorder.causal.counted))
    return (*_gaps(network, recorder), *counted, *notes)


def _gaps(network: nn.Module, recorder: Recorder) -> Iterator[Remark]:
    output, read = recorder.output_type, recorder.owners.strangers.keys()
    if issubclass(output, _LAZY):
        what = f"forward returned a {output.__name__}: nothing that it computes later has run, so it is not counted"
        yield Remark(f"{what}; audit a network that returns its values", is_gap=True)
    for path, layer, size in _unregistered(network, read):
        what = f"{path} ({layer}) is not registered: its {several(size, 'parameter')} are not counted"
        yield Remark(f"{what}; keep layers in nn.ModuleList or nn.ModuleDict", is_gap=True)
    backward = recorder.unknown_backward()
    if backward:
        text = f"the backward pass of {listed(backward, _MOST_NAMED)} is not counted, only the forward pass"
        yield Remark(f"{text}; --training does not know it", is_gap=True)
    packing = [(path, each) for path, each in _packing(network) if not recorder.claims.packed.has(path)]
    packed = [f"{path or 'the network'} ({_kind(each)})" for path, each in packing]
    if packed:
        text = f"quantized parameters that torch keeps packed are not counted: {listed(packed, _MOST_NAMED)}"
        yield Remark(f"{text}; audit the network before it is quantized", is_gap=True)


def _notes(network: nn.Module, gradients: bool, fourier_flops: int) -> Iterator[Remark]:
    for path, module in named_modules(network):
        place = path or "the network"
        if frozen(module):
            held = len(list(named_constants(module)))
            yield Remark(f"{place} is a frozen script: {several(held, 'tensor')} in its graph count as parameters")
        if isinstance(module, nn.DataParallel):
            yield Remark(f"{place} is in DataParallel: it is counted once, on the whole batch")
        if "_orig_mod" in vars(module).get("_modules", {}):
            yield Remark(f"{place} is compiled: it is counted as it is written")
    if fourier_flops:
        yield Remark(
            f"Fourier transforms are not multiply-adds: they take {fourier_flops:,} FLOPs, 5·N·⌈log₂ N⌉ for N points"
        )
    if gradients:
        yield Remark("run with gradients, because forward differentiates; what its backward pass runs is counted too")


def _of_causal(counted: str) -> Iterator[Remark]:
    """Yield a remark if causal attention ran."""
    if counted == "all":
        yield Remark(
            "causal attention is counted with all rows × columns; use --causal pairs for the visible pairs only"
        )
    elif counted:
        yield Remark("causal attention is counted by its visible pairs, whose key is not after the query")


def _packing(network: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Yield the outermost modules that keep packed parameters."""
    seen: set[int] = set()
    for path, module in named_modules(network):
        if id(module) not in seen and _packs(module):
            seen |= set(map(id, modules(module)))
            yield path, module


def _packs(module: nn.Module) -> bool:
    inner = vars(module).get("_modules", {}).values()
    return packs_parameters(module) or any(type(each).__name__ == "LinearPackedParams" for each in inner)


def _kind(module: nn.Module) -> str:
    return str(getattr(module, "original_name", type(module).__name__))


def _unregistered(network: nn.Module, read: Set[int]) -> Iterator[tuple[str, str, int]]:
    """Yield the place, the class and the size of what holds parameters that are read but not registered."""
    if not read:
        return
    seen = set(map(id, modules(network)))
    for path, module in named_modules(network):
        for name, value in vars(module).items():
            yield from _read_in(joined(path, name), value, read, seen)


def _read_in(place: str, value: Any, read: Set[int], seen: set[int]) -> Iterator[tuple[str, str, int]]:
    if id(value) in seen:
        return
    if isinstance(value, nn.Parameter) and id(value) in read:
        seen.add(id(value))
        yield place, "Parameter", value.numel()
    elif isinstance(value, nn.Module):
        own = [
            each for one in modules(value) if id(one) not in seen for each in own_parameters(one) if id(each) in read
        ]
        seen |= set(map(id, modules(value)))
        if own:
            yield place, type(value).__name__, sum(each.numel() for each in own)
    elif isinstance(value, dict | list | tuple | set):
        seen.add(id(value))
        items = value.items() if isinstance(value, Mapping) else enumerate(value)
        for key, each in items:
            yield from _read_in(f"{place}[{key!r}]", each, read, seen)
