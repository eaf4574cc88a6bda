"""The released checkpoints' layout: reading it into a model, all or nothing, and writing it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mfprofile.nn.model import MobileFormer
from mfprofile.nn.released import released_names
from mfprofile.spec.problems import InputError
from mfprofile.spec.words import printable

SHOWN = 10
"""How many names of each sort a complaint lists."""

COUNTER = "num_batches_tracked"


def released_state(model: MobileFormer) -> dict[str, Tensor]:
    """Return the model's state under the released names and in their order; the tensors are the model's own."""
    model = _itself(model)
    state = model.state_dict()
    return {released: state[name] for released, name in released_names(model.network, state).items()}


def save_checkpoint(model: MobileFormer, path: str | Path) -> None:
    """Write the model's state in the released layout; raises `InputError` where the file cannot be written."""
    try:
        with Path(path).open("wb") as file:
            torch.save(released_state(model), file)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error


def load_checkpoint(model: MobileFormer, source: str | Path | Mapping[str, Any]) -> None:
    """Load a checkpoint in the released layout, given as a file or as what it holds.

    It is a state dict, or a mapping with one under `state_dict`; every name may begin with `module.`, and BatchNorm's
    counters of batches may be absent. A file's pickle is never let run code. Raises `InputError`, with the model as it
    was, where the file cannot be read or where a name or a shape is not the model's.
    """
    name = "the checkpoint" if isinstance(source, Mapping) else str(source)
    state = _unwrapped(source if isinstance(source, Mapping) else _read(source), name)
    model = _itself(model)
    own = model.state_dict()
    if any(tensor.is_meta for tensor in own.values()):
        raise InputError("the model is on the meta device, which holds no values: build it on another")
    names = released_names(model.network, own)
    complaints = list(_complaints(state, {released: own[path] for released, path in names.items()}))
    if complaints:
        heading = f"{name}: does not fit {model.network.name or 'the model'}"
        raise InputError("\n".join([heading, *complaints]))
    model.load_state_dict({names[released]: value for released, value in state.items()}, strict=False)


def _itself(model: MobileFormer) -> MobileFormer:
    """Return the model that torch.compile or DataParallel wrapped; raises `InputError` for another module."""
    inner: object = model
    for attribute in ("_orig_mod", "module"):
        inner = getattr(inner, attribute, inner)
    if not isinstance(inner, MobileFormer):
        raise InputError(f"a checkpoint is a MobileFormer's, not a {type(model).__name__}'s")
    return inner


def _read(path: str | Path) -> object:
    try:
        with warnings.catch_warnings(action="ignore"):  # on pickle's protocol, which is no matter of the user's
            return torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    except Exception as error:  # what a damaged file makes torch and pickle raise is not of one kind
        rule = "is no checkpoint that can be read without running code from it"
        raise InputError(f"{path}: {rule}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """Return what the file asked for, or the first line of what went wrong, without torch's advice to trust it."""
    asked = re.search(r"GLOBAL (\S+)", str(error))
    text = str(error).rpartition("WeightsUnpickler error:")[2].strip() or type(error).__name__
    return printable(f"it asks for {asked[1]}" if asked else text.splitlines()[0].partition(". ")[0])[:200]


def _unwrapped(held: object, name: str) -> dict[str, Any]:
    """Return the state dict that a checkpoint holds, without `state_dict` or `module.` around it."""
    if isinstance(held, Mapping) and isinstance(held.get("state_dict"), Mapping):
        held = held["state_dict"]
    if not isinstance(held, Mapping):
        raise InputError(f"{name}: holds no state dict but a value of type {type(held).__name__}")
    names = [str(key) for key in held]
    prefix = "module." if all(key.startswith("module.") for key in names) else ""
    return {key.removeprefix(prefix): value for key, value in zip(names, held.values(), strict=True)}


def _complaints(state: Mapping[str, Any], wanted: Mapping[str, Tensor]) -> Iterator[str]:
    """Yield a line for each way in which a state dict is not the wanted one."""
    missing = [name for name in wanted if name not in state and not name.endswith(COUNTER)]
    unexpected = [name for name in state if name not in wanted]
    both = [name for name in state if name in wanted]
    unusable = [name for name in both if not _usable(state[name])]
    misshapen = [
        f"{name} is {tuple(state[name].shape)}, not {tuple(wanted[name].shape)}"
        for name in both
        if name not in unusable and state[name].shape != wanted[name].shape
    ]
    yield from _listed("missing", missing)
    yield from _listed("unexpected", unexpected)
    yield from _listed("misshapen", misshapen)
    yield from _listed("not a tensor of real numbers", unusable)


def _usable(value: object) -> bool:
    """Return whether a value can be copied into a parameter or buffer, whatever the two precisions."""
    if not isinstance(value, Tensor) or value.is_meta or value.is_quantized:
        return False
    return value.layout == torch.strided and not value.is_complex() and value.dtype != torch.bool


def _listed(what: str, names: Iterable[str]) -> Iterator[str]:
    names = [printable(name)[:200] for name in names]
    if names:
        rest = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        yield f"  {what} ({len(names)}): {', '.join(names[:SHOWN])}{rest}"
