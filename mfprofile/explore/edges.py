"""Build the edges of a space's links: from which width to which, by which values, and which the rules of specs allow.

A link is one step of the chain: the stem, one entry of `blocks`, or the end (final bridge and head). Its states are
widths, the numbers of channels. An edge is one way from a width before the link to a width after it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from mfprofile.errors import InputError
from mfprofile.explore.space import Choice, Place, Space, with_values
from mfprofile.spec.model import BlockSpec, Spec
from mfprofile.spec.problems import dotted
from mfprofile.spec.rules import breaches
from mfprofile.spec.width import scaled

Integers: TypeAlias = npt.NDArray[np.int64]
Values: TypeAlias = Mapping[Place, Any]

WIDTH_RULE_KEYS = ("groups", "attention", "former", "mobile", "bridge", "require", "width")
"""The global keys that decide which widths are valid."""
MAX_EDGES = 1_000_000
UNKNOWN = "?"
"""A placeholder for a value that the rules must not check."""
_NUMBERS = ("inputs", "out", "exp", "expand", "exp2", "kernel", "repeat")


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """The edges of one link, one array element each; some can be invalid by the rules of specs.

    `source` is the index of the width before the link, `target` the index in `widths` of the width after it. `option`
    is the index in `options`, where each element is one assignment of the link's choices. `valid` is False where a rule
    refuses the edge. `widths` are in channels as the spec has them, before the width multiplier. `sizes` has the
    numbers of the entry (channels, kernel, repeat) after the width multiplier, by key; `inputs` are the input channels.
    """

    source: Integers
    target: Integers
    option: Integers
    valid: npt.NDArray[np.bool_]
    options: tuple[Values, ...]
    widths: tuple[int, ...]
    sizes: Mapping[str, Integers]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Return the type of the sizes: int64, or object for Python's integers."""
        return next(iter(self.sizes.values())).dtype


def all_edges(space: Space, data: Mapping[str, Any], spec: Spec) -> Iterator[Edges]:
    """Yield the edges of each link: the stem, each entry of `blocks`, the end."""
    rules: dict[str, Any] = {name: data[name] for name in WIDTH_RULE_KEYS if name in data and name != "width"}
    final = rules.get("bridge", {}).get("final", True)
    rules |= {"tokens": {"count": 1, "dim": UNKNOWN}, "head": "none", "input": UNKNOWN}
    rules["bridge"] = {**rules.get("bridge", {}), "final": False}
    stems = space.stem[0].values if space.stem else (data["stem"],)
    edges = _stem_edges(space, stems, spec)
    yield edges
    for at, choices in enumerate(space.blocks):
        edges = _entry_edges(_Entry(data["blocks"][at], choices, rules, spec), edges.widths)
        yield edges
    yield _end_edges(space, edges.widths, {**rules, "bridge": {**rules["bridge"], "final": final}}, spec)


def largest_edges(edges: Edges, count: int) -> Edges:
    """Return one edge for each of the first `count` options, each with the largest sizes of all edges.

    The sizes are Python's integers, which cannot overflow. The costs of these edges are an upper bound.
    """
    sizes = {name: np.full(count, int(array.max()), object) for name, array in edges.sizes.items()}
    zeros = np.zeros(count, np.int64)
    return Edges(zeros, zeros, np.arange(count), np.ones(count, bool), edges.options, edges.widths, sizes)


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry of `blocks`: its keys, its choices, the global keys for the rules, and a spec with the multiplier."""

    keys: Mapping[str, Any]
    choices: tuple[Choice, ...]
    rules: Mapping[str, Any]
    spec: Spec


def _stem_edges(space: Space, stems: Sequence[int], spec: Spec) -> Edges:
    """Return the edges of the stem, one for each of its widths."""
    widths = tuple(sorted(stems))
    options = tuple({choice.path: value} for choice in space.stem for value in stems) or ({},)
    inputs = np.array(
        [_scaled_block(spec, value, {"block": "lite", "out": "same", "exp": 1})["inputs"] for value in stems]
    )
    indices = np.arange(len(stems))
    target = np.array([widths.index(value) for value in stems])
    valid = np.ones(len(stems), bool)
    return Edges(np.zeros_like(indices), target, indices, valid, options, widths, {"inputs": inputs})


def _entry_edges(entry: _Entry, widths: tuple[int, ...]) -> Edges:
    """Return all edges of an entry: each width before it with each combination of its choices.

    All combinations with `repeat: 0` are one edge, because the entry's other choices then have no effect.
    """
    options: dict[str, dict[Place, Any]] = {}
    rows: list[tuple[int, int, int, bool, Mapping[str, int]]] = []  # source, target width, option, valid, sizes
    _refuse_too_many(entry, widths)
    out_values = next((choice.values for choice in entry.choices if choice.path[-1] == "out"), ())
    for values in product(*(choice.values for choice in entry.choices)):
        chosen = {choice.path: value for choice, value in zip(entry.choices, values, strict=True)}
        keys = {**entry.keys, **{str(path[-1]): value for path, value in chosen.items()}}
        if keys.get("repeat") == 0:
            chosen = {path: value for path, value in chosen.items() if path[-1] == "repeat"}
        if (key := repr(chosen)) in options:
            continue
        options[key] = chosen
        for source, width in enumerate(widths):
            if keys["out"] == "same" and width in out_values and keys.get("repeat") != 0:
                continue  # the value `width` makes the same network
            target, valid, sizes = _edge(entry, keys, width)
            rows.append((source, target, len(options) - 1, valid, sizes))
    widths_after = tuple(sorted({target for _, target, _, _, _ in rows}))
    position = {width: at for at, width in enumerate(widths_after)}
    names = [name for name in _NUMBERS if any(name in sizes for *_, sizes in rows)]
    return Edges(
        np.array([source for source, *_ in rows]),
        np.array([position[target] for _, target, *_ in rows]),
        np.array([option for _, _, option, *_ in rows]),
        np.array([valid for *_, valid, _ in rows]),
        tuple(options.values()),
        widths_after,
        {name: np.array([sizes.get(name, 0) for *_, sizes in rows], np.int64) for name in names},
    )


def _refuse_too_many(entry: _Entry, widths: tuple[int, ...]) -> None:
    number = len(widths) * prod(len(choice.values) for choice in entry.choices)
    if number > MAX_EDGES:
        raise InputError(
            f"{dotted(entry.choices[0].path[:2])}: {len(widths):,} input widths and the values of its choices are "
            f"{number:,} combinations, more than {MAX_EDGES:,} for one block; give fewer values"
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
    """Return the numbers of an entry after the width multiplier, and its input channels as `inputs`."""
    sizes = {name: keys[name] for name in _NUMBERS if name in keys}
    sizes |= {"inputs": width, "repeat": keys.get("repeat", 1)}
    if spec.width == 1:
        return sizes
    given = {**keys, "out": None if keys["out"] == "same" else keys["out"]}
    scaled_spec = scaled(dataclasses.replace(spec, stem=width, blocks=(BlockSpec(**given),)))
    block = scaled_spec.blocks[0]
    return {name: scaled_spec.stem if name == "inputs" else getattr(block, name) for name in sizes}


def _end_edges(space: Space, widths: tuple[int, ...], rules: Mapping[str, Any], spec: Spec) -> Edges:
    """Return the edges of the end: each width before it with each option of the head, to one final state."""
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
