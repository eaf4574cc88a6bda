"""The JSON Schema of a spec file, for editors."""

from __future__ import annotations

from typing import Any


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a spec file, with `extends` and patches of `blocks`.

    It checks keys, types and ranges. Only `load` checks the rules between several keys.
    """
    from pydantic import TypeAdapter

    from mfprofile.spec import limits
    from mfprofile.spec.model import Resolution, Spec
    from mfprofile.spec.writing import written

    schema = _without_null(TypeAdapter(Spec).json_schema())
    keys = schema["properties"]
    del keys["name"]
    keys["budget"] = limits.json_schema()
    keys["input"]["default"] = written("input", Resolution(**keys["input"]["default"]))
    patch = {key: value for key, value in schema["$defs"]["BlockSpec"].items() if key != "required"}
    schema["$defs"]["BlockPatch"] = {**patch, "description": "Changes to one entry of the inherited blocks."}
    patches = {"type": "object", "patternProperties": {"^[1-9][0-9]*$": {"$ref": "#/$defs/BlockPatch"}}}
    keys["blocks"] = {"anyOf": [{**keys["blocks"], "minItems": 1}, {**patches, "additionalProperties": False}]}
    keys["extends"] = {"type": "string", "description": "The name of a shipped spec, or a path relative to this file."}
    required = schema.pop("required")
    schema["anyOf"] = [{"required": ["extends"]}, {"required": required}]
    _loosened(schema)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Mobile-Former variant", **schema}


def _loosened(schema: dict[str, Any]) -> None:
    """Remove the required keys from all sections but blocks: a patch gives only the keys that differ from its base."""
    for name, section in schema["$defs"].items():
        if name != "BlockSpec":
            section.pop("required", None)


def _without_null(part: Any) -> Any:
    """Return the schema without null, which is never a valid value in a spec, and without pydantic's titles."""
    if isinstance(part, list):
        return [_without_null(item) for item in part if item != {"type": "null"}]
    if not isinstance(part, dict):
        return part
    kept = {key: _without_null(item) for key, item in part.items() if not _is_noise(key, item)}
    alternatives = kept.get("anyOf", [])
    return {**alternatives[0], **_other(kept)} if len(alternatives) == 1 else kept


def _is_noise(key: str, item: Any) -> bool:
    return (key == "title" and isinstance(item, str)) or (key == "default" and item is None)


def _other(part: dict[str, Any]) -> dict[str, Any]:
    return {key: item for key, item in part.items() if key != "anyOf"}
