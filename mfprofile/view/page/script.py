"""The page's engine, the script that resolves, checks and counts a spec in the browser, and the data of one page.

The engine is one script without dependencies; it leaves a single global, `mfprofile`, in a browser as in node. A `spec`
is the plain mapping that a YAML file holds; whole numbers are JavaScript's, and an amount beyond 2⁵³ is a RangeError.

    problems(spec)        what is wrong, [] if nothing: [{path, key, value, rule, remedy}], where path is
                          ["blocks", 7, "out"] and key "blocks.8.out"
    completed(spec)       the spec with each default written out
    resolve(spec)         the network of a valid spec, its fields called as those of `spec.network.Network`
    rows(network)         its ops: [{name, block, stage, pillar, kind, role, out,
                          products, elements, outputs, params, activations}]
    bill(spec, name)      in the convention of that name (core): {convention, unit, madds, params, counted_params,
                          activations, network, rows, by}; each row has its `madds`, and by(axis) gives
                          [{name, madds, params, activations}] for block, stage, pillar, kind or op; throws for a
                          spec with problems
    conventions           {name: {about, source, unit, versions, uncounted_params, weights}}
    yaml(spec, patch)     the spec as YAML; with {extends: "mf294m", base: its spec} only what differs from it
    budget(spec)          its limits: [{name, most, amount}], or a share {name, most, percent: "12.5"}
    findings(bill, limits)  each limit and {counted, allowed, whole, holds}: null where the bill cannot tell (memory)
    quantity(text, inBytes)  300000000 of "300M"; throws an Error with the rule's text
    limits, defaults, fields, pillars    what keys may hold, and what they do where they are not given
"""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from importlib.resources import files
from typing import Any

from mfprofile.cost.conventions import CONVENTIONS
from mfprofile.cost.weights import NOTHING, Convention, Weight
from mfprofile.spec import detector, limits, model, names
from mfprofile.spec.load import load
from mfprofile.spec.model import Spec
from mfprofile.spec.sources import shipped
from mfprofile.spec.writing import mapping
from mfprofile.view.page.forms import layouts
from mfprofile.view.page.javascript import compact, forms_text

_FILES = ("resolver", "nearest", "quantities", "entries", "rules", "typed", "bill", "yaml", "api")


@cache
def engine_text() -> str:
    """Return the whole engine, ready to stand in a `script` element."""
    folder = files("mfprofile.view.page") / "engine"
    constants = [f"const {name} = {compact(value)};\n" for name, value in _constants().items()]
    written = [(folder / f"{name}.js").read_text(encoding="utf-8") for name in _FILES]
    body = "\n".join([*constants, forms_text(), *written])
    text = f'"use strict";\nglobalThis.mfprofile = (() => {{\n{body}\nreturn API;\n}})();\n'
    if "</script" in text.lower() or "<!--" in text:
        raise ValueError("the engine cannot stand in a script element: it holds what would end it")
    return text


def page_data(spec: Spec) -> dict[str, Any]:
    """Return what a page holds of one spec, as JSON: its name, its mapping (`width` not applied), and its base.

    The base is the spec of that name that ships, or None; the page compares with it and writes YAML that extends it.
    """
    base = {"name": spec.name, "spec": mapping(load(spec.name))} if spec.name in shipped() else None
    return {"name": spec.name, "spec": mapping(spec), "base": base}


def _constants() -> dict[str, Any]:
    """Return what the scripts take from Python, by the name that it has there."""
    return {
        "LIMITS": _limits(),
        "DEFAULTS": _defaults(),
        "FIELDS": _fields(),
        "DETECTOR": {
            "stages": detector.BACKBONE_STAGES,
            "channels": detector.WIDTH,
            "last": detector.LAST_LEVEL,
        },
        "PILLARS": names.PILLARS,
        "ADDITIVE": names.ADDITIVE,
        "MEMORY": names.MEMORY,
        "BUDGET_EXAMPLE": limits.EXAMPLE,
        "CONVENTIONS": {name: _convention(each) for name, each in CONVENTIONS.items()},
    }


def _limits() -> dict[str, int]:
    names = ("channels", "pixels", "tokens", "classes", "kernel", "heads", "repeat", "blocks", "width")
    return {name: getattr(model, f"MAX_{name.upper()}") for name in names}


def _defaults() -> dict[str, Any]:
    """Return the value of each key that has one where it is not given."""
    found = mapping(Spec(stem=1, blocks=(), head=None))
    for key in ("stem", "blocks", "head"):
        del found[key]
    return {**found, "width": 1}


def _fields() -> dict[str, dict[str, Any]]:
    """Return the keys of each section ('' is the spec itself) and what each may hold, as pydantic reads the model."""
    from pydantic import TypeAdapter

    schema = TypeAdapter(Spec).json_schema()
    sections = {each.removesuffix("Spec").lower(): each for each in schema["$defs"]}
    found = {"": schema, **{name: schema["$defs"][each] for name, each in sections.items()}}
    found["blocks"] = found.pop("block")
    return {name: _section(section) for name, section in found.items()}


def _section(schema: dict[str, Any]) -> dict[str, Any]:
    required = schema.get("required", [])
    keys = {key: value for key, value in schema["properties"].items() if key != "name"}
    return {key: {**_held(key, value), "required": key in required} for key, value in keys.items()}


def _held(key: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return what a key may hold: its type, and the word that may stand for a value."""
    ways = [way for way in schema.get("anyOf", [schema]) if way.get("type") != "null"]
    word = {"word": ways[1]["const"]} if len(ways) == 2 and "const" in ways[1] else {}
    first = ways[0]
    if key == "input":
        return {"type": "resolution"}
    if "$ref" in first or first["type"] == "object":
        return {"type": "map", **word}
    match first["type"]:
        case "integer":
            return {"type": "whole", "least": first["minimum"], "most": first["maximum"], **word}
        case "number":
            return {"type": "number", "above": first["exclusiveMinimum"], "most": first["maximum"]}
        case "string":
            return {"type": "choice", "words": first.get("enum") or [first["const"]]}
    return {"type": {"boolean": "switch", "array": "list"}[first["type"]]}


def _amounts(weight: Weight) -> tuple[int, ...]:
    """Return how often the amounts of a row are counted that the page knows: it has no vectors, and nothing slides."""
    *amounts, vectors, slides = weight
    assert not (vectors or slides), "no op of a Mobile-Former is counted so"
    return tuple(amounts)


def _convention(each: Convention) -> dict[str, Any]:
    """Return a convention with the weight of each kind and role that occurs in a form and is counted."""
    pairs = dict.fromkeys((op.kind, op.role) for form in layouts().forms for op in form.ops)
    weights = {f"{kind} {role}": each.weight(kind, role) for kind, role in sorted(pairs)}
    left_out = ("name", "weights", "sees")
    plain = {field.name: getattr(each, field.name) for field in fields(each) if field.name not in left_out}
    return {
        **plain,
        "uncounted_params": sorted(each.uncounted_params),
        "weights": {key: _amounts(weight) for key, weight in weights.items() if weight != NOTHING},
    }
