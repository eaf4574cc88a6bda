"""The layout of the released checkpoints: loading it into a model, all or nothing, and saving it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mfprofile.errors import InputError
from mfprofile.nn.model import MobileFormer
from mfprofile.nn.released import released_names
from mfprofile.spec.words import printable

SHOWN = 10
"""The number of names of each sort that a message lists."""

COUNTER = "num_batches_tracked"


def released_state(model: MobileFormer) -> dict[str, Tensor]:
    """Return the model's state with the released names, in their order. The tensors are those of the model."""
    model = _unwrap_model(model)
    state = model.state_dict()
    return {released: state[name] for released, name in released_names(model.network, state).items()}


def save_checkpoint(model: MobileFormer, path: str | Path) -> None:
    """Write the model's state in the released layout. Raise `InputError` if the file cannot be written."""
    try:
        with Path(path).open("wb") as file:
            torch.save(released_state(model), file)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error


def load_checkpoint(model: MobileFormer, source: str | Path | Mapping[str, Any]) -> None:
    """Load a checkpoint in the released layout, from a file or from its contents.

    The contents are a state dict, or a mapping with a state dict under `state_dict`. All names may start with
    `module.`, and BatchNorm's counters of batches may be missing. Code in a file's pickle is never run. Raises
    `InputError`, and leaves the model unchanged, if the file cannot be read or if a name or a shape does not match the
    model.
    """
    name = "the checkpoint" if isinstance(source, Mapping) else str(source)
    state = _state_dict(source if isinstance(source, Mapping) else _read(source), name)
    model = _unwrap_model(model)
    own = model.state_dict()
    if any(tensor.is_meta for tensor in own.values()):
        raise InputError("the model is on the meta device and has no values; build it on another device")
    names = released_names(model.network, own)
    problems = list(_problems(state, {released: own[path] for released, path in names.items()}))
    if problems:
        heading = f"{name}: does not fit {model.network.name or 'the model'}"
        raise InputError("\n".join([heading, *problems]))
    model.load_state_dict({names[released]: value for released, value in state.items()}, strict=False)


def _unwrap_model(model: MobileFormer) -> MobileFormer:
    """Return the model inside torch.compile or DataParallel. Raise `InputError` for another module."""
    inner: object = model
    for attribute in ("_orig_mod", "module"):
        inner = getattr(inner, attribute, inner)
    if not isinstance(inner, MobileFormer):
        raise InputError(f"the model must be a MobileFormer, not a {type(model).__name__}")
    return inner


def _read(path: str | Path) -> object:
    try:
        with warnings.catch_warnings(action="ignore"):  # about pickle's protocol, which users cannot change
            return torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    except Exception as error:  # damaged files make torch and pickle raise exceptions of many kinds
        rule = "cannot be read as a checkpoint without running code from it"
        raise InputError(f"{path}: {rule}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """Return the name that the file asks for, or the first line of the error, without torch's advice."""
    asked = re.search(r"GLOBAL (\S+)", str(error))
    text = str(error).rpartition("WeightsUnpickler error:")[2].strip() or type(error).__name__
    return printable(f"it asks for {asked[1]}" if asked else text.splitlines()[0].partition(". ")[0])[:200]


def _state_dict(contents: object, name: str) -> dict[str, Any]:
    """Return the state dict of a checkpoint, without `state_dict` or `module.` around it."""
    if isinstance(contents, Mapping) and isinstance(contents.get("state_dict"), Mapping):
        contents = contents["state_dict"]
    if not isinstance(contents, Mapping):
        raise InputError(f"{name}: has no state dict, but a value of type {type(contents).__name__}")
    names = [str(key) for key in contents]
    prefix = "module." if all(key.startswith("module.") for key in names) else ""
    return {key.removeprefix(prefix): value for key, value in zip(names, contents.values(), strict=True)}


def _problems(state: Mapping[str, Any], expected: Mapping[str, Tensor]) -> Iterator[str]:
    """Yield a line for each sort of difference between a state dict and the expected one."""
    missing = [name for name in expected if name not in state and not name.endswith(COUNTER)]
    unexpected = [name for name in state if name not in expected]
    both = [name for name in state if name in expected]
    unusable = [name for name in both if not _usable(state[name])]
    wrong_shape = [
        f"{name} is {tuple(state[name].shape)}, not {tuple(expected[name].shape)}"
        for name in both
        if name not in unusable and state[name].shape != expected[name].shape
    ]
    yield from _listed("missing", missing)
    yield from _listed("unexpected", unexpected)
    yield from _listed("wrong shape", wrong_shape)
    yield from _listed("not a tensor of real numbers", unusable)


def _usable(value: object) -> bool:
    """Return whether a value can be copied into a parameter or buffer. Their precisions may differ."""
    if not isinstance(value, Tensor) or value.is_meta or value.is_quantized:
        return False
    return value.layout == torch.strided and not value.is_complex() and value.dtype != torch.bool


def _listed(heading: str, names: Iterable[str]) -> Iterator[str]:
    names = [printable(name)[:200] for name in names]
    if names:
        rest = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        yield f"  {heading} ({len(names)}): {', '.join(names[:SHOWN])}{rest}"
