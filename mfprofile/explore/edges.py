"""The edges of a space's links: which widths follow on which, by which values, and what the rules of specs allow."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from mfprofile.explore.space import Choice, Place, Space, with_values
from mfprofile.spec.model import BlockSpec, Spec
from mfprofile.spec.problems import InputError, dotted
from mfprofile.spec.rules import breaches
from mfprofile.spec.width import scaled

Integers: TypeAlias = npt.NDArray[np.int64]
Values: TypeAlias = Mapping[Place, Any]

RULING = ("groups", "attention", "former", "mobile", "bridge", "require", "width")
"""The globals that a rule of widths may read."""
MAX_EDGES = 1_000_000
UNKNOWN = "?"
"""A value of which no rule speaks."""
_NUMBERS = ("inputs", "out", "exp", "expand", "exp2", "kernel", "repeat")


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """The edges of one link: from which width to which, by which option, and whether the rules allow it.

    `source` and `target` are indices of widths, `options` the values of the link's choices, `sizes` the numbers of
    each edge after the width multiplier, `widths` those of the spec, before it.
    """

    source: Integers
    target: Integers
    option: Integers
    valid: npt.NDArray[np.bool_]
    options: tuple[Values, ...]
    widths: tuple[int, ...]
    sizes: Mapping[str, Integers]

    @property
    def kind(self) -> np.dtype[Any]:
        """Return what the sizes are: int64, or objects that are Python's integers."""
        return next(iter(self.sizes.values())).dtype


def all_edges(space: Space, data: Mapping[str, Any], spec: Spec) -> Iterator[Edges]:
    """Yield the edges of the stem, of each entry and of the end."""
    rules: dict[str, Any] = {name: data[name] for name in RULING if name in data and name != "width"}
    final = rules.get("bridge", {}).get("final", True)
    rules |= {"tokens": {"count": 1, "dim": UNKNOWN}, "head": "none", "input": UNKNOWN}
    rules["bridge"] = {**rules.get("bridge", {}), "final": False}
    stems = space.stem[0].values if space.stem else (data["stem"],)
    found = _stem_edges(space, stems, spec)
    yield found
    for at, choices in enumerate(space.blocks):
        found = _entry_edges(_Entry(data["blocks"][at], choices, rules, spec), found.widths)
        yield found
    yield _end_edges(space, found.widths, {**rules, "bridge": {**rules["bridge"], "final": final}}, spec)


def greatest_of(edges: Edges, count: int) -> Edges:
    """Return an edge for each of the first options, with the greatest sizes of all edges, as Python's integers."""
    sizes = {name: np.full(count, int(array.max()), object) for name, array in edges.sizes.items()}
    zeros = np.zeros(count, np.int64)
    return Edges(zeros, zeros, np.arange(count), np.ones(count, bool), edges.options, edges.widths, sizes)


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry of `blocks`: its keys, its choices, what the rules read besides, and a spec with the width."""

    keys: Mapping[str, Any]
    choices: tuple[Choice, ...]
    rules: Mapping[str, Any]
    spec: Spec


def _stem_edges(space: Space, stems: Sequence[int], spec: Spec) -> Edges:
    widths = tuple(sorted(stems))
    options = tuple({choice.path: value} for choice in space.stem for value in stems) or ({},)
    after = np.array(
        [_scaled_block(spec, value, {"block": "lite", "out": "same", "exp": 1})["inputs"] for value in stems]
    )
    indices = np.arange(len(stems))
    target = np.array([widths.index(value) for value in stems])
    valid = np.ones(len(stems), bool)
    return Edges(np.zeros_like(indices), target, indices, valid, options, widths, {"inputs": after})


def _entry_edges(entry: _Entry, widths: tuple[int, ...]) -> Edges:
    """Return every edge of an entry: each width before it with each value of its choices, a skip counting once."""
    options: dict[str, dict[Place, Any]] = {}
    found: list[tuple[int, int, int, bool, Mapping[str, int]]] = []
    _refuse_too_many(entry, widths)
    listed = next((choice.values for choice in entry.choices if choice.path[-1] == "out"), ())
    for values in product(*(choice.values for choice in entry.choices)):
        chosen = {choice.path: value for choice, value in zip(entry.choices, values, strict=True)}
        keys = {**entry.keys, **{str(path[-1]): value for path, value in chosen.items()}}
        if keys.get("repeat") == 0:
            chosen = {path: value for path, value in chosen.items() if path[-1] == "repeat"}
        if (known := repr(chosen)) in options:
            continue
        options[known] = chosen
        for source, width in enumerate(widths):
            if keys["out"] == "same" and width in listed and keys.get("repeat") != 0:
                continue  # the same network as with that width
            target, valid, sizes = _edge(entry, keys, width)
            found.append((source, target, len(options) - 1, valid, sizes))
    after = tuple(sorted({target for _, target, _, _, _ in found}))
    position = {width: at for at, width in enumerate(after)}
    names = [name for name in _NUMBERS if any(name in sizes for *_, sizes in found)]
    return Edges(
        np.array([source for source, *_ in found]),
        np.array([position[target] for _, target, *_ in found]),
        np.array([option for _, _, option, *_ in found]),
        np.array([valid for *_, valid, _ in found]),
        tuple(options.values()),
        after,
        {name: np.array([sizes.get(name, 0) for *_, sizes in found], np.int64) for name in names},
    )


def _refuse_too_many(entry: _Entry, widths: tuple[int, ...]) -> None:
    number = len(widths) * prod(len(choice.values) for choice in entry.choices)
    if number > MAX_EDGES:
        raise InputError(
            f"{dotted(entry.choices[0].path[:2])}: the {len(widths):,} widths before it and its own choices have "
            f"{number:,} combinations, more than the {MAX_EDGES:,} that a block may have: give fewer values"
        )


def _edge(entry: _Entry, keys: Mapping[str, Any], width: int) -> tuple[int, bool, dict[str, int]]:
    """Return the width after the entry, whether the rules allow it, and its sizes after the width multiplier."""
    if keys.get("repeat") == 0:
        return width, True, {"repeat": 0}
    out = width if keys["out"] == "same" else keys["out"]
    sizes = _scaled_block(entry.spec, width, {**keys, "out": out})
    block = {**keys, **{name: size for name, size in sizes.items() if name != "inputs"}}
    valid = not any(breaches({**entry.rules, "stem": sizes["inputs"], "blocks": [block]}))
    return out, valid, sizes


def _scaled_block(spec: Spec, width: int, keys: Mapping[str, Any]) -> dict[str, int]:
    """Return an entry's numbers after the width multiplier, `inputs` being its input channels."""
    sizes = {name: keys[name] for name in _NUMBERS if name in keys}
    sizes |= {"inputs": width, "repeat": keys.get("repeat", 1)}
    if spec.width == 1:
        return sizes
    given = {**keys, "out": None if keys["out"] == "same" else keys["out"]}
    found = scaled(dataclasses.replace(spec, stem=width, blocks=(BlockSpec(**given),)))
    block = found.blocks[0]
    return {name: found.stem if name == "inputs" else getattr(block, name) for name in sizes}


def _end_edges(space: Space, widths: tuple[int, ...], rules: Mapping[str, Any], spec: Spec) -> Edges:
    """Return the edges of the end: each width with each option of the head."""
    options = []
    for values in product(*(choice.values for choice in space.head)):
        chosen = {choice.path: value for choice, value in zip(space.head, values, strict=True)}
        if with_values(space.data, chosen).get("head") == "none":
            chosen.pop(("classes",), None)
        if chosen not in options:
            options.append(chosen)
    inputs = np.array(
        [_scaled_block(spec, width, {"block": "lite", "out": "same", "exp": 1})["inputs"] for width in widths]
    )
    blocks = [{"block": "lite", "out": int(width), "exp": int(width)} for width in inputs]
    allowed = [not any(breaches({**rules, "stem": block["out"], "blocks": [block]})) for block in blocks]
    source = np.tile(np.arange(len(widths)), len(options))
    option = np.repeat(np.arange(len(options)), len(widths))
    valid = np.tile(np.array(allowed), len(options))
    return Edges(
        source, np.zeros_like(source), option, valid, tuple(options), (0,), {"inputs": np.tile(inputs, len(options))}
    )
