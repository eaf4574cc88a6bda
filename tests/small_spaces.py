"""Small random spaces with every kind of choice, and all their variants by brute force: each loaded, each counted."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from itertools import product
from typing import Any

from hypothesis import strategies as st

from mfprofile.cost.counts import Bill, count
from mfprofile.spec import SpecError, load

Mapping = dict[str, Any]


class _Drawer:
    """Draws values and choices, as long as the space stays small."""

    def __init__(self, draw: st.DrawFn, room: int) -> None:
        self.draw = draw
        self.room = room

    def value(self, values: list[Any]) -> Any:
        """Return one of the values, or a choice of up to three of them."""
        most = min(3, len(values), self.room)
        found = self.draw(st.lists(st.sampled_from(values), min_size=1, max_size=max(1, most), unique_by=repr))
        self.room //= len(found)
        return found if len(found) > 1 or self.draw(st.booleans()) else found[0]

    def range(self, first: int, step: int) -> Any:
        """Return a range of up to three values."""
        steps = self.draw(st.integers(1, max(1, min(3, self.room))))
        self.room //= steps
        return {"from": first, "to": first + step * (steps - 1), "step": step}

    def maybe(self, section: Mapping, key: str, values: list[Any], chance: int = 4) -> None:
        """Give a key, one time in `chance`."""
        if self.draw(st.integers(1, chance)) == 1:
            section[key] = self.value(values)


@st.composite
def space_mappings(draw: st.DrawFn, room: int = 200) -> Mapping:
    """Return a space of at most about `room` combinations, some of which the rules may refuse."""
    drawer = _Drawer(draw, room)
    blocks = [_entry(drawer, number) for number in range(draw(st.integers(1, 4)))]
    blocks[0]["repeat"] = 1  # one block is sure to be there
    space: Mapping = {
        "input": drawer.value([33, 64, "64x96"]),
        "stem": drawer.value([4, 8, 12]),
        "tokens": {"count": drawer.value([1, 2, 3]), "dim": drawer.value([8, 12, 16])},
        "blocks": blocks,
        "head": drawer.value(["none", {"fc": 5}, {"fc": 9}]) if draw(st.booleans()) else {"fc": drawer.value([3, 4])},
    }
    drawer.maybe(space, "classes", [2, 5])
    drawer.maybe(space, "groups", [1, 2, 4])
    drawer.maybe(space, "attention", ["mha", "mlp"])
    drawer.maybe(space, "width", [0.5, 1, 1.5])
    bridge: Mapping = {}
    for key, values in {"heads": [1, 2, 4], "gate": [True, False], "final": [True, False]}.items():
        drawer.maybe(bridge, key, values, 6)
    drawer.maybe(bridge, "projections", [True, False], 6)
    mobile: Mapping = {}
    drawer.maybe(mobile, "kernel", [3, 5])
    drawer.maybe(mobile, "activation", ["dy-relu", "relu"])
    former: Any = {}
    drawer.maybe(former, "ffn", [True, False])
    drawer.maybe(former, "heads", [2, 4], 6)
    if draw(st.integers(1, 6)) == 1:
        former = drawer.value(["none", {"ffn": False}])
    space |= {key: part for key, part in {"bridge": bridge, "mobile": mobile, "former": former}.items() if part}
    if draw(st.integers(1, 5)) == 1:
        space["require"] = {"widths": "nondecreasing"}
    return space


def _entry(drawer: _Drawer, number: int) -> Mapping:
    kind = drawer.draw(st.sampled_from(["lite", "mf", "mf", "mf-down"]))
    outs: list[Any] = [8, 12, 16] if number % 2 else [8, 16, "same"]
    entry: Mapping = {"block": kind, "out": drawer.range(8, 4) if drawer.draw(st.integers(1, 4)) == 1 else None}
    entry["out"] = entry["out"] or drawer.value(outs)
    if drawer.draw(st.booleans()):
        entry["expand"] = drawer.value([1, 2, 3])
    else:
        entry["exp"] = drawer.value([24, 48, 40])
    drawer.maybe(entry, "kernel", [3, 5])
    if kind == "mf-down":
        drawer.maybe(entry, "exp2", [48, 96])
    halves = kind == "mf-down" or (kind == "lite" and drawer.draw(st.integers(1, 3)) == 1)
    if halves and kind == "lite":
        entry["stride"] = 2
    drawer.maybe(entry, "repeat", [0, 1] if halves else [0, 1, 2, 3], 2)
    return entry


@dataclass(frozen=True)
class Brute:
    """All variants of a space by brute force: the bills of those that the rules allow, and how many they refuse."""

    bills: list[Bill]
    refused: int


def brute_force(space: Mapping, convention: str = "core") -> Brute:
    """Load and count every combination of a space's choices, those that differ in idle choices alone once."""
    places = list(_places(space, ()))
    variants: dict[str, Mapping] = {}
    for values in product(*(choices for _, choices in places)):
        chosen = {path: value for (path, _), value in zip(places, values, strict=True)}
        mapping = copy.deepcopy(space)
        for path, value in chosen.items():
            _put(mapping, path, copy.deepcopy(value))
        variants.setdefault(repr(sorted(_effective(mapping, chosen, dict(places)).items(), key=repr)), mapping)
    bills, refused = [], 0
    for mapping in variants.values():
        try:
            bills.append(count(load(mapping), convention))
        except SpecError:
            refused += 1
    return Brute(bills, refused)


def _places(value: Any, path: tuple[Any, ...]) -> Any:
    """Yield each choice's path and its values."""
    if isinstance(value, dict) and "from" in value:
        yield path, list(range(value["from"], value["to"] + 1, value.get("step", 1)))
    elif isinstance(value, list) and path != ("blocks",):
        yield path, value
    elif isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _places(item, (*path, key))


def _put(mapping: Any, path: tuple[Any, ...], value: Any) -> None:
    for part in path[:-1]:
        mapping = mapping[part]
    mapping[path[-1]] = value


def _effective(mapping: Mapping, chosen: dict[Any, Any], places: dict[Any, list[Any]]) -> dict[Any, Any]:
    """Return the choices that have an effect, `same` told as the width that it means where that is listed as well."""
    found, width = dict(chosen), mapping["stem"]
    for at, block in enumerate(mapping["blocks"]):
        if block.get("repeat") == 0:
            found = {path: value for path, value in found.items() if path[:2] != ("blocks", at) or path[2] == "repeat"}
            continue
        if block["out"] == "same" and width in places.get(("blocks", at, "out"), []):
            found["blocks", at, "out"] = width
        width = width if block["out"] == "same" else block["out"]
    idle: list[Any] = []
    if mapping.get("former") == "none":
        idle += [path for path in found if path[0] in ("tokens", "bridge", "attention")]
        idle += [path for path in found if path[0] == "former" and len(path) > 1]
    elif mapping.get("attention") == "mlp":
        idle += [("bridge", "heads"), ("former", "heads")]
    if all(block["block"] == "lite" or "kernel" in block for block in mapping["blocks"]):
        idle.append(("mobile", "kernel"))
    if mapping["head"] == "none":
        idle.append(("classes",))
    return {path: value for path, value in found.items() if path not in idle}
