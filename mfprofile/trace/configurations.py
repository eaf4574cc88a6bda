"""Make networks of the library transformers by model type: its default configuration, changed by arguments."""

from __future__ import annotations

import contextlib
import importlib
import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mfprofile.errors import InputError
from mfprofile.spec.words import nearest

_FURTHER = ("attn_implementation", "dtype", "num_labels", "output_attentions")
"""Fields that every configuration takes, although it does not list them."""
_CLOSED = ("architectures", "auto_map", "model_type", "transformers_version")
"""Fields that say where a network comes from, not what it is."""


def names(transformers: Any) -> Sequence[str]:
    """Return the model types with a network, which are those that `AutoModel` can make."""
    models = importlib.import_module(f"{transformers.__name__}.models.auto.modeling_auto").MODEL_MAPPING_NAMES
    return [name for name in models if name in transformers.CONFIG_MAPPING]


def make(transformers: Any, name: str, arguments: Mapping[str, Any]) -> Any:
    """Return the network of a model type, without weights: that of its configuration with these fields.

    Nothing is downloaded, also if a field names a network of a hub. Raises `InputError` for a field that the
    configuration does not have, which the library itself would ignore, and what the library raises.
    """
    with _offline():
        _check_fields(f"transformers:{name}", transformers.AutoConfig.for_model(name), arguments)
        config = transformers.AutoConfig.for_model(name, **arguments)
        if getattr(config, "use_pretrained_backbone", None):  # it was the default until version 5
            config.use_pretrained_backbone = False
        return transformers.AutoModel.from_config(config)


def _check_fields(label: str, config: Any, arguments: Mapping[str, Any]) -> None:
    known = {*inspect.signature(type(config).__init__).parameters, *config.to_dict(), *type(config).attribute_map}
    fields = sorted(field for field in {*known, *_FURTHER} - {"self", *_CLOSED} if not field.startswith("_"))
    for key in arguments:
        if key not in fields:
            hint = nearest(key, fields) or f"it has {len(fields)} fields, such as {', '.join(fields[:3])}"
            raise InputError(f"{label}: --arg {key}: its configuration has no such field; {hint}")


@contextlib.contextmanager
def _offline() -> Iterator[None]:
    """Have the hub's client refuse every download inside a with block."""
    constants: Any = importlib.import_module("huggingface_hub.constants")
    previous = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = previous
