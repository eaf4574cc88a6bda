"""The JSON Schema of `[tool.mfprofile]` in a pyproject.toml, for editors."""

from __future__ import annotations

from typing import Any

from mfprofile.budget.latency import KEY
from mfprofile.spec import limits
from mfprofile.spec.names import CONVENTIONS

_TEXTS = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}


def config_schema() -> dict[str, Any]:
    """Return the JSON Schema of the table. It checks keys and types, as that of specs does."""
    budget = limits.json_schema()
    specs = {"type": "array", "items": {"type": "string", "minLength": 1}}
    about = "The specs of the budget: names, paths and globs. Without it, the budget's own name is a glob."
    budget["properties"] = {"specs": {**specs, "description": about}, **budget["properties"]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "[tool.mfprofile] of pyproject.toml",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "convention": {
                "enum": list(CONVENTIONS),
                "description": "The convention of limits that do not have their own, in 'check'.",
            },
            KEY: {"type": "string", "minLength": 1, "description": "The file of a latency model, beside this one."},
            "budgets": {
                "type": "object",
                "description": "Limits by globs of specs, or by names of budgets, for 'check --budget'.",
                "additionalProperties": budget,
            },
            "targets": {
                "type": "object",
                "description": "Inputs and arguments of networks in code, such as 'net.py:Net'.",
                "additionalProperties": _target(),
            },
        },
    }


def _target() -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            **dict.fromkeys(("input", "arg", "value"), _TEXTS),
            "inputs": {"type": "string", "description": "zeros, random, or file.py:function."},
            "batch": {"type": "integer", "minimum": 1},
            "no-batch": {"type": "boolean"},
        },
    }
