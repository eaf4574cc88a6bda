"""What the forward of a network expects, where the default image does not fit: networks of the library transformers."""

from __future__ import annotations

import inspect
from typing import Any

from torch import nn

from mfprofile.errors import InputError
from mfprofile.spec.words import listed
from mfprofile.trace.exported.program import Exported
from mfprofile.trace.parse import Inputs

_MOST = 8
_IMAGE = "pixel_values"
_EXAMPLES = {"input_ids": "int64:64", "decoder_input_ids": "int64:64", "input_values": "16000", _IMAGE: "3x224x224"}
"""Inputs of networks for text, speech and images, each as an example of a shape."""


def default_for(model: nn.Module, inputs: Inputs) -> Inputs:
    """Return the default inputs as a network takes them: without the image if its `forward` has no parameters.

    Raises `InputError` for a network of transformers that takes no image, with what its `forward` takes.
    """
    if isinstance(model, Exported):
        return _exported(model, inputs)
    try:
        parameters = list(inspect.signature(model.forward).parameters)
    except (TypeError, ValueError):  # a script has no signature
        return inputs
    if not parameters:
        return inputs._replace(ordered=[])
    main = getattr(model, "main_input_name", None)
    if not any(base.__module__.startswith("transformers.") for base in type(model).__mro__) or main is None:
        return inputs
    if main != _IMAGE or main not in parameters:
        raise InputError(_message(model, main, parameters))
    return inputs._replace(ordered=[], named={main: inputs.ordered[0]} | inputs.named)


def _exported(model: Exported, inputs: Inputs) -> Inputs:
    """Return the inputs that a program was exported with, with their batch or another one that is given."""
    batches = {each.shape[0] if each.shape else None for each in model.inputs}
    batch = batches.pop() if inputs.batch == 1 and len(batches) == 1 else inputs.batch
    if batch is None or None in batches or len(batches) > 1:
        return inputs._replace(ordered=model.inputs, batch=None)
    return inputs._replace(ordered=[each._replace(shape=each.shape[1:]) for each in model.inputs], batch=batch)


def _message(model: Any, main: str, parameters: list[str]) -> str:
    names = [name for name in parameters if name not in ("args", "kwargs")]
    wanted = [main, *(name for name in (_IMAGE, "decoder_input_ids") if name in names and name != main)]
    example = " ".join(f"--input {name}={_EXAMPLES.get(name, 'SHAPE')}" for name in wanted)
    takes = listed(names, _MOST)
    return f"{type(model).__name__} does not take an image alone; use {example} (its forward takes {takes})"
