"""Build the edges of each link of a space: of the stem, of each entry of `blocks`, and of the end.

They are built from plain YAML values, after the width multiplier, and with all defaults.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any, NamedTuple

import numpy as np

from mfprofile.errors import InputError
from mfprofile.explore.edges import MAX_EDGES, Edges, Values, in_general
from mfprofile.explore.effects import Reads, read_by
from mfprofile.explore.space import Choice, Space, is_block, with_values
from mfprofile.spec.model import BlockSpec, Spec
from mfprofile.spec.problems import dotted
from mfprofile.spec.rules import breaches
from mfprofile.spec.width import rounded, scaled

WIDTH_RULE_KEYS = ("groups", "attention", "former", "mobile", "bridge", "require", "width")
"""The global keys that decide which widths are valid."""
UNKNOWN = "?"
"""A placeholder for a value that the rules must not check."""
_KEPT: tuple[frozenset[str], ...] = (frozenset(),)
_SIZES = ("inputs", "out", "exp", "exp_of_repeats", "exp2", "kernel", "repeat")


def all_edges(space: Space, data: Mapping[str, Any], spec: Spec) -> Iterator[Edges]:
    """Yield the edges of each link: the stem, each entry of `blocks`, the end."""
    rules = _rules(data)
    final = data.get("bridge", {}).get("final", True)
    stems = space.stem[0].values if space.stem else (data["stem"],)
    edges = _stem_edges(space, stems, spec)
    yield edges
    for at, choices in enumerate(space.blocks):
        edges = _entry_edges(_Entry(data["blocks"][at], choices, rules, spec), edges.widths)
        yield edges
    yield _end_edges(space, edges.widths, {**rules, "bridge": {**rules["bridge"], "final": final}}, spec)


def _rules(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys outside `blocks` that decide which widths are valid, without a final bridge."""
    rules: dict[str, Any] = {name: data[name] for name in WIDTH_RULE_KEYS if name in data and name != "width"}
    rules |= {"tokens": {"count": 1, "dim": UNKNOWN}, "head": "none", "input": UNKNOWN}
    return {**rules, "bridge": {**rules.get("bridge", {}), "final": False}}


def left_out(space: Space, data: Mapping[str, Any], at: int, spec: Spec) -> list[Values]:
    """Return the valid combinations of an entry's choices that leave it out, with the values without effect too."""
    entry = _Entry(data["blocks"][at], space.blocks[at], _rules(data), spec)
    combinations = (_combination(entry, values) for values in product(*(choice.values for choice in entry.choices)))
    valid = (each for each in combinations if each.keys.get("repeat") == 0 and not _broken(entry, each.keys))
    return [{**each.chosen, **each.unused} for each in valid]


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
    inputs = np.array([_scaled_width(spec, value) for value in stems])
    indices, zeros = np.arange(len(stems)), np.zeros(len(stems), np.int64)
    target = np.array([widths.index(value) for value in stems])
    unused = _nothing(options)
    return Edges(zeros, target, indices, zeros, zeros, options, unused, _KEPT, widths, {"inputs": inputs})


def _nothing(options: Sequence[Values]) -> tuple[Values, ...]:
    return tuple({} for _ in options)


class _Combination(NamedTuple):
    """Values of an entry's choices: those with an effect, those without, and the keys of the entry with both."""

    chosen: Values
    unused: Values
    keys: Mapping[str, Any]


class _Row(NamedTuple):
    """An edge of an entry: see `Edges`; here `target` is a width."""

    source: int
    target: int
    option: int
    broken: frozenset[str]
    reads: Reads
    sizes: Mapping[str, int]


def _entry_edges(entry: _Entry, widths: tuple[int, ...]) -> Edges:
    """Return all edges of an entry: each width before it with each combination of its choices.

    All combinations with `repeat: 0` are one edge, because the entry's other choices then have no effect.
    """
    _refuse_too_many(entry, widths)
    outs = {value for choice in entry.choices if choice.path[-1] == "out" for value in choice.values}
    rows: list[_Row] = []
    combinations = list(_combinations(entry))
    for option, (_, _, keys) in enumerate(combinations):
        for source, width in enumerate(widths):
            if keys["out"] == "same" and width in outs and keys.get("repeat") != 0:
                continue  # the value `width` makes the same network
            target, broken, sizes = _edge(entry, keys, width)
            rows.append(_Row(source, target, option, broken, read_by(keys), sizes))
    widths_after = tuple(sorted({row.target for row in rows}))
    position = {width: at for at, width in enumerate(widths_after)}
    rules = tuple(dict.fromkeys([*_KEPT, *(row.broken for row in rows)]))
    names = [name for name in _SIZES if any(name in row.sizes for row in rows)]
    return Edges(
        np.array([row.source for row in rows]),
        np.array([position[row.target] for row in rows]),
        np.array([row.option for row in rows]),
        np.array([rules.index(row.broken) for row in rows]),
        np.array([int(row.reads) for row in rows]),
        tuple(each.chosen for each in combinations),
        tuple(each.unused for each in combinations),
        rules,
        widths_after,
        {name: np.array([row.sizes.get(name, 0) for row in rows], np.int64) for name in names},
    )


def _combinations(entry: _Entry) -> Iterator[_Combination]:
    """Yield the combinations of an entry's choices; of all that leave it out, the first that the rules allow."""
    combinations = [_combination(entry, values) for values in product(*(choice.values for choice in entry.choices))]
    left_out = [each for each in combinations if each.keys.get("repeat") == 0]
    kept = next((each for each in left_out if not _broken(entry, each.keys)), None) or next(iter(left_out), None)
    for each in combinations:
        if each.keys.get("repeat") != 0:
            yield each
        elif kept is not None:
            yield kept
            kept = None


def _combination(entry: _Entry, values: tuple[Any, ...]) -> _Combination:
    chosen = {choice.path: value for choice, value in zip(entry.choices, values, strict=True)}
    keys: Mapping[str, Any] = entry.keys
    for path, value in chosen.items():
        keys = value if is_block(path) else {**keys, str(path[-1]): value}
    if keys.get("repeat") != 0:
        return _Combination(chosen, {}, keys)
    used = {path for path in chosen if is_block(path) or path[-1] == "repeat"}
    unused = {path: value for path, value in chosen.items() if path not in used}
    return _Combination({path: chosen[path] for path in chosen if path in used}, unused, keys)


def _refuse_too_many(entry: _Entry, widths: tuple[int, ...]) -> None:
    number = len(widths) * prod(len(choice.values) for choice in entry.choices)
    if number > MAX_EDGES:
        raise InputError(
            f"{dotted(entry.choices[0].path[:2])}: {len(widths):,} input widths and the values of its choices are "
            f"{number:,} combinations, more than {MAX_EDGES:,} for one block; give fewer values"
        )


def _edge(entry: _Entry, keys: Mapping[str, Any], width: int) -> tuple[int, frozenset[str], dict[str, int]]:
    """Return the width after the entry, whether the rules allow it, and its sizes after the width multiplier."""
    if keys.get("repeat") == 0:
        return width, _broken(entry, keys), {"repeat": 0}
    out = width if keys["out"] == "same" else keys["out"]
    scaled_keys = _scaled_keys(entry.spec, width, {**keys, "out": out})
    return out, _broken(entry, scaled_keys), _sizes(entry.spec, scaled_keys)


def _broken(entry: _Entry, keys: Mapping[str, Any]) -> frozenset[str]:
    """Return the rules of its own keys and widths that an entry breaks, after the width multiplier."""
    data = {**entry.rules, "stem": keys.get("inputs", UNKNOWN), "blocks": [keys]}
    return frozenset(
        in_general(breach.rule)
        for breach in breaches(data)
        if breach.path[0] in ("stem", "blocks") and breach.path != ("blocks",)  # this path: the number of blocks
    )


def _scaled_width(spec: Spec, width: int) -> int:
    """Return a number of channels after the width multiplier."""
    return width if spec.width == 1 else rounded(width, Fraction(str(spec.width)))


def _scaled_keys(spec: Spec, width: int, keys: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of an entry after the width multiplier, and its input channels as `inputs`."""
    if spec.width == 1:
        return {**keys, "inputs": width}
    scaled_spec = scaled(dataclasses.replace(spec, stem=width, blocks=(BlockSpec(**keys),)))
    return {**keys, **{name: getattr(scaled_spec.blocks[0], name) for name in keys}, "inputs": scaled_spec.stem}


def _sizes(spec: Spec, keys: Mapping[str, Any]) -> dict[str, int]:
    """Return the sizes of an entry that is not left out, with all defaults, from its scaled keys."""
    inputs, out, repeat, exp = keys["inputs"], keys["out"], keys.get("repeat", 1), keys.get("exp", 0)
    kernel = 3 if keys["block"] == "lite" else spec.mobile.kernel
    ratio = keys.get("expand", 0)
    return {
        "inputs": inputs,
        "out": out,
        "exp": exp or ratio * inputs,
        "exp_of_repeats": (exp or ratio * out) if repeat > 1 else 0,
        **({"exp2": keys.get("exp2", 4 * out)} if keys["block"] == "mf-down" else {}),
        "kernel": keys.get("kernel", kernel),
        "repeat": repeat,
    }


def _end_edges(space: Space, widths: tuple[int, ...], rules: Mapping[str, Any], spec: Spec) -> Edges:
    """Return the edges of the end: each width before it with each option of the head, to one final state."""
    options = []
    for values in product(*(choice.values for choice in space.head)):
        chosen = {choice.path: value for choice, value in zip(space.head, values, strict=True)}
        if with_values(space.data, chosen).get("head") == "none":
            chosen.pop(("classes",), None)
        if chosen not in options:
            options.append(chosen)
    inputs = np.array([_scaled_width(spec, width) for width in widths])
    blocks = [{"block": "lite", "out": int(width), "exp": int(width)} for width in inputs]
    broken = [
        frozenset(
            in_general(breach.rule)
            for breach in breaches({**rules, "stem": block["out"], "blocks": [block]})
            if breach.path[0] in ("stem", "blocks")
            and breach.path[-1] != "exp"  # no block of the network has it; its number is also that of `out`
        )
        for block in blocks
    ]
    kinds = tuple(dict.fromkeys([*_KEPT, *broken]))
    source = np.tile(np.arange(len(widths)), len(options))
    option = np.repeat(np.arange(len(options)), len(widths))
    zeros, kind = np.zeros_like(source), np.tile(np.array([kinds.index(each) for each in broken]), len(options))
    sizes = {"inputs": np.tile(inputs, len(options))}
    return Edges(source, zeros, option, kind, zeros, tuple(options), _nothing(options), kinds, (0,), sizes)
