"""Specs and spaces, valid and broken: as text and as structure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import yaml

from fuzz.texts import NASTY, Dice, encoded, mutated
from mfprofile.spec.sources import shipped

SMALL = """# A small network with every kind of block.
input: 32
classes: 4
tokens: {count: 2, dim: 16}
stem: 8
blocks:
  - {block: lite, expand: 2, out: 8}
  - {block: mf-down, expand: 2, out: 12}
  - {block: mf, exp: 24, out: same, repeat: 2}
head: {fc: 16}
"""
SPACE = """# A space of 24 variants.
input: [32, 48]
classes: 4
tokens: {count: [2, 3], dim: 16}
stem: 8
blocks:
  - {block: lite, expand: 2, out: 8}
  - {block: mf-down, expand: [2, 3], out: {from: 8, to: 16, step: 4}}
head: {fc: 16}
"""
_PATCHES = (
    "extends: mf26m\ninput: 64\ntokens: {count: 2}\nbudget: {max: {madds: 20M, former: {madds: 10%}}, min: {params: 1k}}\n",
    "extends: small.yaml\nblocks: {2: {out: 16}, 3: {repeat: 1}}\nformer: {ffn: false}\nattention: mlp\n",
    "extends: mf52m\nwidth: 0.5\nformer: none\nmobile: {activation: relu, kernel: 5}\ninput: 32x64\n",
    "extends: mf26m\ndetector: retinanet\nhead: none\ninput: 64x96\nbudget: {convention: paper, max: {memory: 3MB, activations: 10M}}\n",
)
_OPEN = (
    "extends: small.yaml\ntokens: {count: [1, 2, 4], dim: [8, 16]}\nblocks: {3: {repeat: [0, 1]}}\n",
    "extends: small.yaml\nblocks: {3: [{block: mf, exp: 24, out: 12}, {block: mf, exp: 48, out: 12}]}\nformer: {ffn: [true, false]}\n",
    "extends: space.yaml\nwidth: [0.5, 1]\nmobile: {kernel: [3, 5]}\nrequire: {madds: ':9M'}\n",
)
_KEYS = (
    "extends", "input", "classes", "tokens", "count", "dim", "stem", "blocks", "block", "exp", "exp2", "expand", "out", "stride", "kernel",
    "repeat", "head", "fc", "groups", "attention", "mobile", "activation", "former", "ffn", "heads", "bridge", "gate", "final", "projections",
    "width", "budget", "max", "min", "madds", "detector", "require", "name", "convention", "tokens.dim", "blocks.3.out", "3", "0", "x",
)  # fmt: skip
_VALUES: Sequence[Any] = (
    None, True, False, 0, 1, -1, 2, 3, 8, 16, 24, 65_537, 10**30, 1.5, 0.5, float("nan"), float("inf"), "lite", "mf", "mf-down", "same", "none",
    "mha", "mlp", "relu", "dy-relu", "retinanet", "300M", "10%", [8, 16], [], {}, {"from": 1, "to": 3}, {"from": 8, "to": 16, "step": 0},
    [[1]], [8, "same"], {"count": 2}, "x\ny", "\x07", "1x1", "33x17", [None], {"max": {"madds": 1}}, 7.0, "3", b"\x00", (1, 2),
)  # fmt: skip
SETTINGS: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "input": ("32", "33x65", "64x32"),
        "tokens.count": ("1", "3", "6"),
        "tokens.dim": ("8", "64"),
        "stem": ("8", "16"),
        "width": ("0.5", "1.25"),
        "blocks.3.exp": ("24", "48"),
        "blocks.2.out": ("16", "same"),
        "former.ffn": ("false", "true"),
        "head.fc": ("8", "none"),
        "classes": ("1", "10"),
    }
)
"""Keys of specs with values that are mostly valid."""


def spec_file(dice: Dice) -> bytes:
    """Return a spec as a file, broken in most cases."""
    return _file(dice, (SMALL, *_PATCHES), shipped_too=True)


def space_file(dice: Dice) -> bytes:
    """Return a small space as a file, broken in most cases."""
    return _file(dice, (SPACE, SPACE, *_OPEN, SMALL), shipped_too=False)


def setting(dice: Dice) -> str:
    """Return `KEY=VALUE` for a key of specs, often wrong."""
    key = dice.choice(list(SETTINGS))
    value = dice.choice((*NASTY, str(dice.choice(_VALUES)))) if dice.odd(0.3) else dice.choice(SETTINGS[key])
    if dice.odd(0.2):
        key = dice.choice((*_KEYS, "blocks.99.out", "blocks.0.out", "blocks.x", "budget.max.madds", "blocks", "", "."))
    return mutated(dice, f"{key}={value}") if dice.odd(0.05) else f"{key}={value}"


def _file(dice: Dice, texts: Sequence[str], shipped_too: bool) -> bytes:
    text = dice.choice(texts)
    if shipped_too and dice.random() < 0.2:
        text = dice.choice([file.read_text(encoding="utf-8") for file in shipped().values()])
    if not dice.odd(0.8) and dice.random() < 0.8:
        return text.encode()
    return encoded(dice, mutated(dice, text) if dice.random() < 0.5 else _damaged(dice, text))


def _damaged(dice: Dice, text: str) -> str:
    """Return a spec with one to three values replaced, added or removed, written again as YAML."""
    data = yaml.safe_load(text)
    for _ in range(dice.choice((1, 1, 2, 3))):
        damage(dice, data, _KEYS, _VALUES)
    return str(yaml.safe_dump(data, sort_keys=False, allow_unicode=True))


def damage(dice: Dice, data: Any, keys: Sequence[Any], values: Sequence[Any]) -> None:
    """Replace, add or remove one value somewhere in nested maps and lists."""
    place, at = data, data
    while isinstance(at, dict | list) and at and (at is data or dice.random() < 0.7):
        place = at
        at = dice.choice(list(at.values()) if isinstance(at, dict) else at)
    if not isinstance(place, dict | list):
        return
    inner = list(place) if isinstance(place, dict) else list(range(len(place)))
    if not inner or dice.random() < 0.25:
        _add(dice, place, dice.choice(keys), dice.choice(values))
    elif dice.random() < 0.25:
        del place[dice.choice(inner)]
    else:
        place[dice.choice(inner)] = dice.choice(values)


def _add(dice: Dice, place: dict[Any, Any] | list[Any], key: Any, value: Any) -> None:
    if isinstance(place, dict):
        place[key] = value
    else:
        place.insert(dice.randint(0, len(place)), value)
