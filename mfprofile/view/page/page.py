"""The page of a variant: one HTML file that counts as its knobs are turned, offline, with the arithmetic of `cost`."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from mfprofile import __version__
from mfprofile.cost.bill import count
from mfprofile.cost.blocks import network_parts
from mfprofile.cost.conventions import CONVENTIONS, find_convention
from mfprofile.cost.device import Device
from mfprofile.paper.claims import MODELS
from mfprofile.spec.layout import resolve
from mfprofile.spec.model import Spec
from mfprofile.spec.words import several
from mfprofile.view.page.script import device_data, engine_text, page_data
from mfprofile.view.plots.look import DARK, LIGHT

_FOLDER = Path(__file__).parent
_SCRIPTS = (
    "elements",
    "numbers",
    "state",
    "links",
    "knobs",
    "words",
    "controls",
    "table",
    "labels",
    "plane",
    "limits",
    "results",
    "compare",
    "problems",
    "actions",
    "main",
)
_SIGNALS = {
    "light": {
        "link": "#0B5CAD",
        "bad": "#B3261E",
        "good": "#2E7D32",
        "line": "#D5D9DD",
        "edge": "#84898F",
        "quiet": "#63676C",
    },
    "dark": {"link": "#6CB6FF", "bad": "#FF8A80", "good": "#81C784", "line": "#3A4147", "edge": "#767E86"},
}


def page_text(spec: Spec, convention: str = "core", device: Device | None = None) -> str:
    """Return the HTML of a variant's page, the same at each run. It opens in the convention.

    With a latency model, the `device`, the page predicts latency. Raises `InputError` for an unknown convention, and
    for a spec with ops that the model has no price for, unless it allows them.
    """
    find_convention(convention)
    if device is not None:
        device.total(network_parts(resolve(spec)))
    engine, script = engine_text(), _script()
    data = {
        **page_data(spec),
        "initial": convention,
        "models": list(_models()),
        "device": None if device is None else device_data(device),
    }
    values = {
        "name": escape(spec.name),
        "about": escape(_about(spec)),
        "version": __version__,
        "style": _style(),
        "hashes": " ".join(f"'sha256-{_hash(text)}'" for text in (engine, script)),
        "data": json.dumps(data, separators=(",", ":")).replace("<", "\\u003c"),
        "engine": engine,
        "script": script,
    }
    return Template((_FOLDER / "page.html").read_text(encoding="utf-8")).substitute(values)


def _about(spec: Spec) -> str:
    tokens = (
        "no Former"
        if spec.former is None or spec.tokens is None
        else f"{several(spec.tokens.count, 'token')} of {spec.tokens.dim}"
    )
    return f"Mobile-Former; the original has input {spec.input.height}×{spec.input.width} and {tokens}."


def _models() -> Iterator[dict[str, Any]]:
    """Yield the paper's models with their parameters, and their totals in each convention."""
    for name in MODELS:
        bill = count(name)
        yield {"name": name, "params": bill.params, "madds": {each: bill.under(each).madds for each in CONVENTIONS}}


def _script() -> str:
    texts = [(_FOLDER / "ui" / f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPTS]
    return '"use strict";\n' + "\n".join(texts)


def _style() -> str:
    light, dark = (_variables(colors) for colors in (LIGHT | _SIGNALS["light"], DARK | _SIGNALS["dark"]))
    text = (_FOLDER / "page.css").read_text(encoding="utf-8")
    return f":root {{ {light} }}\n@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n{text}"


def _variables(colors: dict[str, str]) -> str:
    return " ".join(f"--{name}: {color};" for name, color in colors.items())


def _hash(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()
