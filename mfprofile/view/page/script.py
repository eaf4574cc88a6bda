"""The page's engine, the script that checks, resolves and counts a spec in the browser, and the data of one page.

The engine is one script without dependencies. It makes a single global, `mfprofile`, in a browser and in node. A `spec`
is the plain mapping that a YAML file holds, without null; whole numbers are JavaScript's, and an amount above 2⁵³ is
a RangeError. All but `problems` take valid specs.

    problems(spec)        what is wrong, [] if nothing: [{key, reason, also, value}] with a key such as
                          "blocks.8.out", the other keys that the rule reads, and the channels that it is about. Python
                          refuses the same specs and names the same keys. One exception: a limit above 2⁵³ is valid
                          there alone
    resolve(spec)         the network, its fields named as those of `spec.network.Network`
    rows(network)         its ops: [{name, block, stage, pillar, kind, role, out,
                          products, elements, outputs, params, activations, calls}]
    bill(spec, name, device)  in the convention of that name (core): {convention, unit, madds, params, counted_params,
                          activations, network, rows, by}; each row has its `madds`, and by(axis) gives
                          [{name, madds, params, activations}] for block, stage, pillar, kind or op. With a device, as
                          `device_data` gives it, each has a `latency` in nanoseconds, too: null for a row without a
                          rate, and for a bill with such rows, unless the device allows them; `unpriced` are their
                          kinds. `is_tested`: the device's error holds for the network
    changeProblem(key, value, spec)  what is wrong with a change of one key, "" if its place exists and may hold it
    conventions           {name: {about, source, unit, versions, uncounted_params, weights}}
    yaml(spec, patch)     the spec as YAML; with {extends: "mf294m", base: its spec} only what differs from it
    budget(spec)          its limits: [{name, most, amount}], or {name, most, percent: "12.5"} for a share
    findings(bill, limits)  each limit and {counted, allowed, holds}: null where the page does not know it
    fields, pillars       what each key may hold (see `fields`), and the names of the pillars
"""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from importlib.resources import files
from typing import Any

from mfprofile.cost.conventions import CONVENTIONS
from mfprofile.cost.device import NANO, Device
from mfprofile.cost.tested import UNCALLED, about
from mfprofile.cost.weights import NOTHING, Convention, Weight
from mfprofile.spec import detector, model, names
from mfprofile.spec.load import load
from mfprofile.spec.model import Spec
from mfprofile.spec.quantities import units
from mfprofile.spec.sources import shipped
from mfprofile.spec.writing import mapping
from mfprofile.view.page.fields import spec_field
from mfprofile.view.page.forms import layouts
from mfprofile.view.page.javascript import compact, forms_text, latency_text

_FILES = ("resolver", "quantities", "keys", "rules", "bill", "yaml", "api")


@cache
def engine_text() -> str:
    """Return the whole engine, ready for a `script` element."""
    folder = files("mfprofile.view.page") / "engine"
    constants = [f"const {name} = {compact(value)};\n" for name, value in _constants().items()]
    written = [(folder / f"{name}.js").read_text(encoding="utf-8") for name in _FILES]
    body = "\n".join([*constants, forms_text(), latency_text(), *written])
    text = f'"use strict";\nglobalThis.mfprofile = (() => {{\n{body}\nreturn API;\n}})();\n'
    if "</script" in text.lower() or "<!--" in text:
        raise ValueError("the engine holds text that would end its script element")
    return text


def page_data(spec: Spec) -> dict[str, Any]:
    """Return what a page holds of one spec, as JSON: its name, its mapping (`width` not applied), and its base.

    The base is the shipped spec of that name, or None; the page compares with it and writes YAML that extends it.
    """
    base = {"name": spec.name, "spec": mapping(load(spec.name))} if spec.name in shipped() else None
    return {"name": spec.name, "spec": mapping(spec), "base": base}


def device_data(device: Device) -> dict[str, Any]:
    """Return what a page holds of a latency model: its name, its error, and the rate of each kind and role of op.

    `tested` has the ends of each sum of a network that its error holds for; `about_others` is for other networks.
    """
    return {
        "about": about(device, {"": True}),
        "about_others": about(device, {"": False}),
        "tested": None if device.tested is None else list(zip(*device.tested.ends, strict=True)),
        "error": None if device.errors is None else device.errors.mean,
        "batch": device.batch,
        "allows_unpriced": device.allows_unpriced,
        "rates": {f"{kind} {role}": rate for kind, role in _kinds() if (rate := device.rate(kind, role)) is not None},
    }


def _kinds() -> list[tuple[str, str]]:
    """Return each kind and role of op that occurs in a form."""
    return sorted({(op.kind, op.role) for form in layouts().forms for op in form.ops})


def _constants() -> dict[str, Any]:
    """Return the data that the scripts take from Python, each by its name there."""
    return {
        "LIMITS": {"channels": model.MAX_CHANNELS, "blocks": model.MAX_BLOCKS},
        "DEFAULTS": _defaults(),
        "FIELDS": spec_field(),
        "UNITS": {unit: units(unit) for unit in ("count", "bytes", "time")},
        "DETECTOR": {
            "stages": detector.BACKBONE_STAGES,
            "channels": detector.WIDTH,
            "last": detector.LAST_LEVEL,
        },
        "PILLARS": names.PILLARS,
        "FEMTOSECONDS": NANO,
        "UNCALLED": sorted(UNCALLED),
        "UNITS_OF": dict(names.UNITS),
        "CONVENTIONS": {name: _convention(each) for name, each in CONVENTIONS.items()},
    }


def _defaults() -> dict[str, Any]:
    """Return the default of each key that has one."""
    least = mapping(Spec(stem=1, blocks=(), head=None))
    return {key: value for key, value in least.items() if key not in ("stem", "blocks", "head")} | {"width": 1}


def _amounts(weight: Weight) -> tuple[int, ...]:
    """Return how often each amount of a row counts. The page has no vectors, no windows and nothing that slides."""
    *amounts, vectors, slides, windows = weight
    assert not (vectors or slides or windows), "no op of a Mobile-Former is counted so"
    return tuple(amounts)


def _convention(each: Convention) -> dict[str, Any]:
    """Return a convention with the weight of each counted kind and role that occurs in a form."""
    weights = {f"{kind} {role}": each.weight(kind, role) for kind, role in _kinds()}
    left_out = ("name", "weights", "sees", "layers", "functions", "recurrent")
    plain = {field.name: getattr(each, field.name) for field in fields(each) if field.name not in left_out}
    return {
        **plain,
        "uncounted_params": sorted(each.uncounted_params),
        "weights": {key: _amounts(weight) for key, weight in weights.items() if weight != NOTHING},
    }
