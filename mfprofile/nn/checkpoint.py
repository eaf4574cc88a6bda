"""The layout of the released checkpoints: loading it into a model, all or nothing, and saving it."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mfprofile.errors import CheckpointWarning, InputError
from mfprofile.files import write_bytes
from mfprofile.nn.contents import read_contents
from mfprofile.nn.model import MobileFormer
from mfprofile.nn.released import released_names
from mfprofile.nn.values import WRONG_SHAPE, Fitted, fitted
from mfprofile.spec.words import in_one_line, printable

SHOWN = 10
"""The number of names of each sort that a message lists."""

COUNTER = "num_batches_tracked"


def released_state(model: MobileFormer) -> dict[str, Tensor]:
    """Return the model's state with the released names, in their order. The tensors are those of the model."""
    model = _unwrap_model(model)
    state = model.state_dict()
    return {released: state[name] for released, name in released_names(model.network, state).items()}


def save_checkpoint(model: MobileFormer, path: str | Path) -> None:
    """Write the model's state in the released layout, completely or not at all (see `mfprofile.files`).

    Raises `InputError` for a model without values and for a name that no file can have, and `OutputError` if the file
    cannot be written.
    """
    state = released_state(model)
    _check_values(state)
    content = io.BytesIO()
    torch.save(state, content)
    write_bytes(path, content.getvalue())


def load_checkpoint(model: MobileFormer, source: str | Path | Mapping[str, Any]) -> None:
    """Load a checkpoint in the released layout, from a file or from its contents.

    The contents are a state dict, or a mapping with a state dict under `state_dict`. All names may start with
    `module.`, and BatchNorm's counters of batches may be missing. Code in a file's pickle is never run. Values are cast
    to the types of the model; a `CheckpointWarning` says which tensors are rounded or not finite.

    Raises `InputError`, and leaves the model unchanged, if the file cannot be read or is much larger than the model, or
    if a name, a shape or a value does not fit the model.
    """
    name = "the checkpoint" if isinstance(source, Mapping) else printable(str(source))
    inner = _unwrap_model(model)
    own = released_state(inner)
    _check_values(own)
    contents = source if isinstance(source, Mapping) else read_contents(source, _room(own), inner.network.name)
    state = _state_dict(contents, name)
    values = {key: fitted(value, own[key]) for key, value in state.items() if key in own}
    problems = list(_problems(state, own, values))
    if problems:
        heading = f"{name}: does not fit {inner.network.name or 'the model'}"
        raise InputError("\n".join([heading, *problems]))
    _copy({key: value.tensor for key, value in values.items() if value.tensor is not None}, inner, name)
    remarks = "; ".join(_listed(_by_sort({key: value.remark for key, value in values.items()})))
    if remarks:
        warnings.warn(f"{name}: loaded {remarks}", CheckpointWarning, stacklevel=2)


def _check_values(state: Mapping[str, Tensor]) -> None:
    if any(tensor.is_meta for tensor in state.values()):
        raise InputError("the model is on the meta device and has no values; build it on another device")


def _room(own: Mapping[str, Tensor]) -> int:
    """Return the most bytes that a checkpoint may have: four copies in float64, as optimizers keep them, and a rest."""
    return 4 * 8 * sum(tensor.numel() for tensor in own.values()) + (64 << 20)


def _copy(values: Mapping[str, Tensor], model: MobileFormer, name: str) -> None:
    """Copy values by their released names into the model. Whatever fails, all its tensors are as before."""
    own = model.state_dict()
    paths = released_names(model.network, own)
    before = {key: own[paths[key]].clone() for key in values}
    try:
        model.load_state_dict({paths[key]: value for key, value in values.items()}, strict=False)
    except BaseException as error:
        with torch.no_grad():
            for key, value in before.items():
                with contextlib.suppress(RuntimeError):  # what cannot be written has not changed
                    own[paths[key]].copy_(value)
        if isinstance(error, RuntimeError):
            raise InputError(f"{name}: cannot be copied into the model: {in_one_line(str(error))}") from None
        raise


def _unwrap_model(model: MobileFormer) -> MobileFormer:
    """Return the model inside torch.compile or DataParallel. Raise `InputError` for another module."""
    inner: object = model
    for attribute in ("_orig_mod", "module"):
        inner = getattr(inner, attribute, inner)
    if not isinstance(inner, MobileFormer):
        raise InputError(f"the model must be a MobileFormer, not a {type(model).__name__}")
    return inner


def _state_dict(contents: object, name: str) -> dict[str, Any]:
    """Return the state dict of a checkpoint, without `state_dict` or `module.` around it."""
    if isinstance(contents, Mapping) and isinstance(contents.get("state_dict"), Mapping):
        contents = contents["state_dict"]
    if not isinstance(contents, Mapping):
        raise InputError(f"{name}: has no state dict, but a value of type {type(contents).__name__}")
    names = [str(key) for key in contents]
    prefix = "module." if all(key.startswith("module.") for key in names) else ""
    return {key.removeprefix(prefix): value for key, value in zip(names, contents.values(), strict=True)}


def _problems(state: Mapping[str, Any], expected: Mapping[str, Tensor], values: Mapping[str, Fitted]) -> Iterator[str]:
    """Yield a line for each sort of difference between a state dict and the expected one."""
    missing = [name for name in expected if name not in state and not name.endswith(COUNTER)]
    sorts = {"missing": missing, "unexpected": [name for name in state if name not in expected]}
    sorts |= _by_sort({name: value.problem for name, value in values.items()})
    wrong_shape = sorts.get(WRONG_SHAPE, ())
    sorts[WRONG_SHAPE] = [
        f"{name} is {tuple(state[name].shape)}, not {tuple(expected[name].shape)}" for name in wrong_shape
    ]
    yield from (f"  {line}" for line in _listed(sorts))


def _by_sort(sorts: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the names of each sort, without those that have none."""
    names: dict[str, list[str]] = {}
    for name, sort in sorts.items():
        if sort:
            names.setdefault(sort, []).append(name)
    return names


def _listed(sorts: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield each sort with the number of its names, and its first names."""
    for sort, every in sorts.items():
        names = [printable(name)[:200] for name in every]
        rest = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        if names:
            yield f"{sort} ({len(names)}): {', '.join(names[:SHOWN])}{rest}"
