"""What each key of a spec may hold, as data for the page, read from the model so that no limit is written twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from pydantic import TypeAdapter

from mfprofile.spec.model import MAX_PIXELS, Spec
from mfprofile.spec.names import CONVENTIONS, COUNTED, LATENCY, MEMORY, PILLARS

Field: TypeAlias = dict[str, Any]
"""Its `type` and what the type needs, `words` that are valid as well, and the `reason` for refusing other values."""


def spec_field() -> Field:
    """Return the field of a whole spec: a map, whose `keys` are fields again."""
    schema = TypeAdapter(Spec).json_schema()
    spec = _map({key: _field(each, schema["$defs"]) for key, each in _properties(schema)}, schema["required"])
    spec["keys"]["budget"] = _budget()
    return spec


def _properties(schema: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return the keys with their schemas. A file has no `name`, and the schema of `budget` is too loose."""
    return [(key, each) for key, each in schema["properties"].items() if key not in ("name", "budget")]


def _field(schema: Mapping[str, Any], sections: Mapping[str, Any]) -> Field:
    ways = [way for way in schema.get("anyOf", [schema]) if way.get("type") != "null"]
    if "pattern" in ways[-1]:
        reason = f"must be 1 to {MAX_PIXELS} pixels, or HEIGHTxWIDTH as in 225x321"
        return {"type": "resolution", "pattern": ways[-1]["pattern"], "most": MAX_PIXELS, "reason": reason}
    words = [word for way in ways for word in way.get("enum", [way["const"]] if "const" in way else [])]
    if words and len(ways) == 1:
        return {"type": "choice", "words": words, "reason": f"must be {' or '.join(map(repr, words))}"}
    field = _typed(ways[0], sections)
    return {**field, "words": words, "reason": " or ".join([field["reason"], *map(repr, words)])}


def _typed(schema: Mapping[str, Any], sections: Mapping[str, Any]) -> Field:
    if "$ref" in schema:
        section = sections[schema["$ref"].rpartition("/")[2]]
        keys = {key: _field(each, sections) for key, each in _properties(section)}
        return _map(keys, section.get("required", []))
    match schema["type"]:
        case "integer":
            least, most = schema["minimum"], schema["maximum"]
            reason = f"must be a whole number from {least} to {most}"
            return {"type": "whole", "least": least, "most": most, "reason": reason}
        case "number":
            above, most = schema["exclusiveMinimum"], schema["maximum"]
            return {"type": "number", "above": above, "most": most, "reason": f"must be above {above}, at most {most}"}
        case "boolean":
            return {"type": "switch", "reason": "must be true or false"}
    return {
        "type": "list",
        "each": _field(schema["items"], sections),
        "reason": "must be a list of blocks, which a link cannot hold",
    }


def _map(keys: dict[str, Field], required: list[str]) -> Field:
    return {"type": "map", "keys": keys, "required": required, "reason": f"must be a map ({', '.join(keys)})"}


def _budget() -> Field:
    amount = "must be an amount such as 300M, 0.3G or 300_000_000, at most 2^53"
    count = {"type": "amount", "units": "count", "reason": amount}
    memory = {"type": "amount", "units": "bytes", "reason": "must be an amount such as 12MB or 1.5MiB, at most 2^53"}
    time = {"type": "amount", "units": "time", "reason": "must be an amount such as 12ms or 850us, at most 2^53 ns"}
    share = {"type": "share", "units": "count", "reason": f"{amount}, or a share such as 10%"}
    pillar = _map(dict.fromkeys(COUNTED, share) | {LATENCY: share | {"units": "time", "reason": time["reason"]}}, [])
    limits = dict.fromkeys(COUNTED, count) | {LATENCY: time, MEMORY: memory} | dict.fromkeys(PILLARS, pillar)
    named = {"type": "choice", "words": list(CONVENTIONS), "reason": "must be the name of a convention"}
    return _map({**{side: _map(limits, []) for side in ("max", "min")}, "convention": named}, [])
