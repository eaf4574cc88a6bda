"""Small specs, the released names, and rule-made weights for every test of the model."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from released import DATA, rule_made

SMALL: dict[str, Any] = {
    "input": 32,
    "classes": 10,
    "tokens": {"count": 3, "dim": 16},
    "stem": 8,
    "blocks": [
        {"block": "lite", "exp": 16, "out": 8},
        {"block": "mf-down", "exp": 24, "out": 12},
        {"block": "mf", "exp": 24, "out": 12},
        {"block": "mf", "exp": 36, "out": 16},
        {"block": "mf-down", "exp": 32, "out": 20},
    ],
    "head": {"fc": 24},
}

PLAIN = {"former": "none", "mobile": {"activation": "relu"}}

SWITCHES: dict[str, dict[str, Any]] = {
    "as it is": {},
    "relu": {"mobile": {"activation": "relu"}},
    "mobile alone": PLAIN,
    "no ffn": {"former": {"ffn": False}},
    "mlp": {"attention": "mlp"},
    "mlp without gate": {"attention": "mlp", "bridge": {"gate": False}},
    "mlp with projections": {"attention": "mlp", "bridge": {"projections": True}},
    "no gate": {"bridge": {"gate": False}},
    "no final": {"bridge": {"final": False}},
    "projections": {"bridge": {"projections": True}},
    "groups": {"groups": 4},
    "groups and projections": {"groups": 2, "bridge": {"projections": True}},
    "kernel 5": {"mobile": {"kernel": 5}},
    "its own kernel": {"blocks": {1: {"kernel": 7}, 3: {"kernel": 1}}},
    "second expansion": {"blocks": {2: {"exp2": 24}}},
    "no head": {"head": "none"},
    "backbone": {"head": "none", "bridge": {"final": False}},
    "mobile backbone": {"head": "none", **PLAIN},
    "rectangle": {"input": "33x47"},
    "mlp on a rectangle": {"input": "33x47", "attention": "mlp"},
    "repeat": {"blocks": {3: {"repeat": 3}, 4: {"repeat": 2}}},
    "nothing repeated": {"blocks": {3: {"repeat": 0}}},
    "expand": {"blocks": [{"block": "lite", "expand": 2, "out": "same"}, {"block": "mf", "expand": 3, "out": "same"}]},
    "halving lite": {"blocks": {1: {"stride": 2}}},
    "only lite": {"blocks": [{"block": "lite", "exp": 16, "out": 8}]},
    "other heads": {"bridge": {"heads": 4}, "former": {"heads": 2}},
    "one token": {"tokens": {"count": 1}},
    "width": {"width": 1.5},
}


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def released_keys() -> dict[str, dict[str, list[int]]]:
    """Return the names and shapes of each released model's state, in order."""
    keys: dict[str, dict[str, list[int]]] = json.loads((DATA / "released_keys.json").read_text())
    return keys


@pytest.fixture(scope="session")
def released_logits() -> dict[str, dict[str, Any]]:
    """Return the logits of the released architecture with the weights of `recipe`."""
    logits: dict[str, dict[str, Any]] = json.loads((DATA / "released_logits.json").read_text())
    return logits


@pytest.fixture(scope="session")
def recipe() -> Callable[[dict[str, list[int]]], dict[str, Any]]:
    """Return the function that makes a whole state from names and shapes."""
    return rule_made


@pytest.fixture(scope="session")
def small() -> Callable[..., Any]:
    """Return the function that loads the small spec with changes."""
    from mfprofile.spec import load

    return lambda changes=None: load(SMALL).replace(changes or {})


@pytest.fixture(params=list(SWITCHES))
def switched(request: pytest.FixtureRequest, small: Callable[..., Any]) -> Any:
    """Return the small spec with one switch set."""
    return small(SWITCHES[request.param])
