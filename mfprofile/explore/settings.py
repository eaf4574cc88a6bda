"""The settings of a space's globals, which every query goes through one after another."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from math import prod
from typing import Any

from mfprofile.explore.edges import UNKNOWN, Values
from mfprofile.explore.space import Place, Space, with_values
from mfprofile.spec.problems import InputError
from mfprofile.spec.rules import breaches

MAX_SETTINGS = 100_000

_GROWING = {
    ("input",),
    ("width",),
    ("tokens", "count"),
    ("tokens", "dim"),
    ("mobile", "kernel"),
    ("former", "heads"),
    ("bridge", "heads"),
}
"""The globals that costs grow with, where they are numbers."""


def outer_settings(space: Space) -> list[dict[Place, Any]]:
    """Return every setting of the globals that has an effect of its own, in the order of the space's lists.

    Raises `InputError` where there are too many.
    """
    number = prod(len(choice.values) for choice in space.outer)
    if number > MAX_SETTINGS:
        names = ", ".join(choice.name for choice in space.outer)
        raise InputError(
            f"{space.name}: {names} have {number:,} combinations of values, more than the {MAX_SETTINGS:,} that are "
            "gone through: give fewer"
        )
    found: dict[str, dict[Place, Any]] = {}
    for values in product(*(choice.values for choice in space.outer)):
        setting = {choice.path: value for choice, value in zip(space.outer, values, strict=True)}
        setting = _with_effect(space, setting)
        found.setdefault(repr(setting), setting)
    return list(found.values())


def greatest_setting(space: Space, setting: Values) -> dict[Place, Any]:
    """Return the setting with the greatest value of each choice that costs grow with."""
    found = dict(setting)
    for choice in space.outer:
        if choice.path in found and choice.path in _GROWING and all(type(one) in (int, float) for one in choice.values):
            found[choice.path] = max(choice.values)
    return found


def _with_effect(space: Space, setting: dict[Place, Any]) -> dict[Place, Any]:
    """Return the setting without the choices that another choice has made idle."""
    data = with_values(space.data, setting)
    idle: set[Place] = set()
    if data.get("former") == "none":
        idle |= {("attention",), *(path for path in setting if path[0] in ("tokens", "bridge"))}
        idle |= {path for path in setting if path[0] == "former" and len(path) > 1}
    elif data.get("attention") == "mlp":
        idle |= {("bridge", "heads"), ("former", "heads")}
    own = [any(choice.path[-1] == "kernel" for choice in choices) for choices in space.blocks]
    if all(
        block["block"] == "lite" or "kernel" in block or has for block, has in zip(data["blocks"], own, strict=True)
    ):
        idle.add(("mobile", "kernel"))
    return {path: value for path, value in setting.items() if path not in idle}


def is_refused(data: Mapping[str, Any]) -> bool:
    """Return whether a rule that no width has a part in refuses the setting."""
    blocks = [{**block, "out": UNKNOWN, "exp": UNKNOWN, "kernel": UNKNOWN} for block in data["blocks"]]
    for block in blocks:
        block.pop("expand", None)
        block.pop("exp2", None)
        if block.get("repeat") == 0 and not (block["block"] == "mf-down" or block.get("stride") == 2):
            del block["repeat"]
    return any(breaches({**data, "stem": UNKNOWN, "blocks": blocks}))
