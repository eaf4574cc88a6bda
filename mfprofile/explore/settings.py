"""List the settings of a space: the assignments of its global choices. Every query visits each setting once."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from math import prod
from typing import Any

from mfprofile.errors import InputError
from mfprofile.explore.edges import UNKNOWN, Values
from mfprofile.explore.space import Place, Space, with_values
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
"""The global choices whose larger numbers cost more."""


def global_settings(space: Space) -> list[dict[Place, Any]]:
    """Return all different settings of the global choices, in the order of the values in the space.

    Choices without effect are removed from a setting, and settings that become equal are kept once. Raises `InputError`
    for more than `MAX_SETTINGS` combinations.
    """
    choices = space.global_choices
    number = prod(len(choice.values) for choice in choices)
    if number > MAX_SETTINGS:
        names = ", ".join(choice.name for choice in choices)
        raise InputError(
            f"{space.name}: {names} have {number:,} combinations of values, more than {MAX_SETTINGS:,}; "
            "give fewer values"
        )
    settings: dict[str, dict[Place, Any]] = {}
    for values in product(*(choice.values for choice in choices)):
        setting = {choice.path: value for choice, value in zip(choices, values, strict=True)}
        setting = _with_effect(space, setting)
        settings.setdefault(repr(setting), setting)
    return list(settings.values())


def largest_setting(space: Space, setting: Values) -> dict[Place, Any]:
    """Return the setting with the largest value of each choice whose larger numbers cost more."""
    largest = dict(setting)
    for choice in space.global_choices:
        is_numeric = all(type(value) in (int, float) for value in choice.values)
        if choice.path in largest and choice.path in _GROWING and is_numeric:
            largest[choice.path] = max(choice.values)
    return largest


def _with_effect(space: Space, setting: dict[Place, Any]) -> dict[Place, Any]:
    """Return the setting without the choices that have no effect because of another choice."""
    data = with_values(space.data, setting)
    unused: set[Place] = set()
    if data.get("former") == "none":
        unused |= {("attention",), *(path for path in setting if path[0] in ("tokens", "bridge"))}
        unused |= {path for path in setting if path[0] == "former" and len(path) > 1}
    elif data.get("attention") == "mlp":
        unused |= {("bridge", "heads"), ("former", "heads")}
    choose_kernel = [any(choice.path[-1] == "kernel" for choice in choices) for choices in space.blocks]
    if all(
        block["block"] == "lite" or "kernel" in block or chooses
        for block, chooses in zip(data["blocks"], choose_kernel, strict=True)
    ):
        unused.add(("mobile", "kernel"))
    return {path: value for path, value in setting.items() if path not in unused}


def is_refused(data: Mapping[str, Any]) -> bool:
    """Return whether a rule of specs refuses the setting for all widths."""
    blocks = [{**block, "out": UNKNOWN, "exp": UNKNOWN, "kernel": UNKNOWN} for block in data["blocks"]]
    for block in blocks:
        block.pop("expand", None)
        block.pop("exp2", None)
        if block.get("repeat") == 0 and not (block["block"] == "mf-down" or block.get("stride") == 2):
            del block["repeat"]
    return any(breaches({**data, "stem": UNKNOWN, "blocks": blocks}))
