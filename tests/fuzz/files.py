"""The other files that commands read, valid and broken: TOML with budgets, JSON of bills, CSV of networks, images, weights."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import yaml
from running import run

from fuzz.specs import SMALL, damage
from fuzz.texts import Dice, encoded, mutated

_TOML = (
    '[tool.mfprofile.budgets."*.yaml"]\nconvention = "core"\nmax.madds = "300M"\nmax.former.madds = "10%"\nmin.params = 1000\n',
    '[tool.mfprofile.budgets]\n"mf*" = {max = {madds = "20M", memory = "3MB"}}\n"s*.yaml" = {max = {activations = "1M"}}\n',
    '[tool.mfprofile.targets."net.py:Net"]\ninput = ["3x8x8"]\narg = ["width=8"]\n[tool.mfprofile.budgets."net.py:*"]\nmax.madds = "1M"\n',
    '[tool.mfprofile]\nbudgets = {"**/*.yaml" = {max = {bridge = {params = "2M"}}}, "small" = {convention = "paper", min = {madds = "1"}}}\n',
)
_VALUES: Sequence[Any] = (
    None, True, 0, -1, 1, 1.5, 10**30, "x", "", [], {}, "1", ["3x8x8"], float("nan"), {"a": 1}, [1, 2], "core", "fvcore", 2, 1e300, "é",
    [{"shape": [3, 8, 8], "dtype": None, "name": ""}], [{"x": 1}], [[1]], ["\x1b"], "\ud800",
)  # fmt: skip
_KEYS = ("schema", "name", "convention", "input", "madds", "params", "pillars", "rows", "x")
_CSV = (
    "name,top1,spec\nmine,70.5,small.yaml\nother,,mf26m\n",
    'name,top1,madds,params\na,78.5,300M,4_000_000\n"b, c",70,0.2G,3M\n',
    "\ufeffParams,Name,TOP1\r\n3M,x,1.5\r\n,,\r\n4M,y,99\r\n",
)


def _maybe_mutated(dice: Dice, text: str) -> bytes:
    return encoded(dice, mutated(dice, text)) if dice.odd(0.8) or dice.random() < 0.3 else text.encode()


def toml_file(dice: Dice) -> bytes:
    """Return a pyproject.toml with budgets or options of targets, at times broken."""
    return _maybe_mutated(dice, dice.choice(_TOML))


_RESULTS = (
    "spec,seed,top1\nsmall.yaml,1,70.5\nsmall.yaml,2,71\nmf26m,1,\n",
    "content,top1\n0123456789abcdef,1e-3\nFEDCBA9876543210,nan\n",
    "spec,top1,madds\nmine.yaml,x,3\nspace.yaml,50%,4\n",
)


def results_file(dice: Dice) -> bytes:
    """Return a CSV of results of trained variants, at times broken."""
    return _maybe_mutated(dice, dice.choice(_RESULTS))


def csv_file(dice: Dice) -> bytes:
    """Return a CSV of measured networks, at times broken."""
    return _maybe_mutated(dice, dice.choice(_CSV))


@lru_cache(maxsize=1)
def _bills() -> str:
    """Return the JSON of two bills."""
    return run("count", "-", "mf26m", "--json", stdin=SMALL).stdout


def json_file(dice: Dice) -> bytes:
    """Return bills as JSON, at times broken: as text, or in a value. The bills are few rows long."""
    bills = json.loads(_bills())
    for bill in bills:
        bill["rows"] = bill["rows"][:2]
        bill["name"] = {"-": "small"}.get(bill["name"], bill["name"])
    if not dice.odd(0.8) and dice.random() < 0.7:
        return json.dumps(dice.choice([bills, bills[0]])).encode()
    if dice.random() < 0.5:
        return encoded(dice, mutated(dice, json.dumps(bills)))
    damage(dice, bills, _KEYS, _VALUES)
    return encoded(dice, json.dumps(bills))


@lru_cache(maxsize=1)
def _image() -> bytes:
    from PIL import Image

    raw = io.BytesIO()
    Image.linear_gradient("L").resize((40, 36)).convert("RGB").save(raw, "png")
    return raw.getvalue()


def image_file(dice: Dice) -> bytes:
    """Return a small image, at times broken."""
    return _broken(dice, _image()) if dice.odd(0.5) else _image()


@lru_cache(maxsize=1)
def _weights() -> bytes:
    import torch

    from mfprofile.nn import build
    from mfprofile.spec import load, resolve

    raw = io.BytesIO()
    torch.save(build(resolve(load(yaml.safe_load(SMALL))), seed=0).state_dict(), raw)
    return raw.getvalue()


def weights_file(dice: Dice) -> bytes:
    """Return the weights of the small spec, at times broken."""
    return _broken(dice, _weights()) if dice.odd(0.6) else _weights()


def _broken(dice: Dice, raw: bytes) -> bytes:
    """Cut a file, change some of its bytes, or replace it."""
    place = dice.randrange(len(raw))
    match dice.randrange(4):
        case 0:
            return raw[:place]
        case 1:
            return dice.randbytes(dice.randrange(40))
        case _:
            changed = bytearray(raw)
            for _ in range(dice.choice((1, 3, 20))):
                changed[dice.randrange(len(raw))] = dice.randrange(256)
            return bytes(changed)
