"""A `Spec` back to the mapping and the YAML that make it."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from typing import Any

import yaml

from mfprofile.spec.model import BlockSpec, Resolution, Spec

_MAYBE_NONE = {"head", "former"}


def mapping(spec: Spec) -> dict[str, Any]:
    """Return the spec as a mapping that `load` reads back to an equivalent one; keys without effect are left out."""
    result: dict[str, Any] = {}
    for field in fields(Spec):
        value = getattr(spec, field.name)
        if field.name == "name" or (value is None and field.name not in _MAYBE_NONE):
            continue
        result[field.name] = written(field.name, value)
    if result["width"] == 1:
        del result["width"]
    return result


def written(key: str, value: Any) -> Any:
    """Return a key's value as files have it."""
    if key == "blocks":
        return [_block(block) for block in value]
    if value is None:
        return "none"
    if isinstance(value, Resolution):
        return value.height if value.height == value.width else str(value)
    if hasattr(value, "__dataclass_fields__"):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    return value


def _block(block: BlockSpec) -> dict[str, Any]:
    keys = ("block", "exp", "expand", "out", "exp2", "stride", "kernel", "repeat")
    found = {key: getattr(block, key) for key in keys if getattr(block, key) is not None or key == "out"}
    if found["repeat"] == 1:
        del found["repeat"]
    return {**found, "out": "same"} if block.out is None else found


def yaml_text(spec: Spec) -> str:
    """Return the spec as YAML, a line each key and each block, with every default written out."""
    data = mapping(spec)
    order = ["input", "classes", "tokens", "stem", "blocks", "head"]
    return dumped({key: data[key] for key in [*order, *data] if key in data})


def dumped(data: dict[str, Any]) -> str:
    """Return a mapping as YAML that this project's reader takes, its innermost maps on one line each."""
    flow = None if any(isinstance(value, dict | list) for value in data.values()) else False
    return yaml.dump(data, Dumper=_Dumper, default_flow_style=flow, sort_keys=False, width=1000, allow_unicode=True)


class _Dumper(yaml.SafeDumper):
    """Writes numbers as this project's reader takes them: without an exponent."""

    def represent_data(self, data: Any) -> yaml.Node:
        if not isinstance(data, float):
            return super().represent_data(data)
        text = f"{Decimal(repr(data)):f}"
        return self.represent_scalar("tag:yaml.org,2002:float", text if "." in text else f"{text}.0")
