"""Write a `Spec` as a mapping or as YAML."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from decimal import Decimal
from typing import Any

import yaml

from mfprofile.spec.model import BlockSpec, Resolution, Spec

_NONE_IS_A_VALUE = {"head", "former"}
_ENTRY = "- "
"""The start of a line with an entry of `blocks`."""


def mapping(spec: Spec) -> dict[str, Any]:
    """Return the spec as a mapping, from which `load` makes the same spec. Keys without effect are left out."""
    result: dict[str, Any] = {}
    for field in fields(Spec):
        value = getattr(spec, field.name)
        if field.name == "name" or (value is None and field.name not in _NONE_IS_A_VALUE):
            continue
        result[field.name] = written(field.name, value)
    if result["width"] == 1:
        del result["width"]
    return result


def written(key: str, value: Any) -> Any:
    """Return a key's value as it is written in files."""
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
    entry = {key: getattr(block, key) for key in keys if getattr(block, key) is not None or key == "out"}
    if entry["repeat"] == 1:
        del entry["repeat"]
    return {**entry, "out": "same"} if block.out is None else entry


def yaml_text(spec: Spec) -> str:
    """Return the spec as YAML with all defaults, one line per key and per block. A comment has each block's number."""
    data = mapping(spec)
    order = ["input", "classes", "tokens", "stem", "blocks", "head"]
    text = dumped({key: data[key] for key in [*order, *data] if key in data})
    numbers = _numbers(spec)
    lines = text.splitlines()
    width = max(len(line) for line in lines if line.startswith(_ENTRY))
    numbered = (f"{line.ljust(width)}  # {next(numbers)}" if line.startswith(_ENTRY) else line for line in lines)
    return "".join(f"{line}\n" for line in numbered)


def _numbers(spec: Spec) -> Iterator[str]:
    """Yield the number of each entry of `blocks`, with the numbers of its blocks in a bill if they differ."""
    before = 0
    for number, block in enumerate(spec.blocks, start=1):
        first, before = before + 1, before + block.repeat
        if block.repeat == 0:
            yield f"{number}: no block"
        elif first == before == number:
            yield str(number)
        else:
            yield f"{number}: block {first}" if first == before else f"{number}: blocks {first} to {before}"


def dumped(data: dict[str, Any]) -> str:
    """Return a mapping as YAML that `load` can read, with each innermost map on one line."""
    flow = None if any(isinstance(value, dict | list) for value in data.values()) else False
    return yaml.dump(data, Dumper=_Dumper, default_flow_style=flow, sort_keys=False, width=1000, allow_unicode=True)


class _Dumper(yaml.SafeDumper):
    """Writes numbers without an exponent, because `load` reads exponents as text."""

    def represent_data(self, data: Any) -> yaml.Node:
        if not isinstance(data, float):
            return super().represent_data(data)
        text = f"{Decimal(repr(data)):f}"
        return self.represent_scalar("tag:yaml.org,2002:float", text if "." in text else f"{text}.0")
