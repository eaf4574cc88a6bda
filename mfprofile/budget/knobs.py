"""The knobs of a spec, each with its steps down and up, by which a spec can meet a budget.

A step is a whole valid spec, and the `--set` assignments that make it from the original spec. If the width of a block
changes, an `exp` behind it that must stay a multiple of its input channels keeps its ratio. That is one of the
assignments. This module counts no costs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import lcm
from typing import Any, TypeAlias, TypeVar

from mfprofile.spec.model import MAX_CHANNELS, MAX_PIXELS, MAX_REPEAT, MAX_WIDTH, BlockSpec, Resolution, Spec
from mfprofile.spec.rules import breaches
from mfprofile.spec.width import scaled
from mfprofile.spec.writing import mapping

Changes: TypeAlias = dict[str, Any]
"""New values by key, as `blocks.8.out`."""

T = TypeVar("T")

GROWTH = 4
"""A knob is turned up to this many times its value, a repeat to at least 8."""
PIXELS = 32
"""The step of the input."""
DIMENSION = 16
"""The step of the tokens' dimension."""
HIDDEN = 64
"""The step of the head's hidden layer."""

_CHANNELS = 8  # the step of a width, or 4 if the width is not a multiple of 8
_REPEATS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A knob turned to `value`: the resulting `spec`, and the `settings` that make it with `--set`."""

    value: str
    spec: Spec
    settings: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Knob:
    """A knob of a spec: its key, its current `value`, and the values to try `below` and `above`, the nearest first."""

    spec: Spec
    name: str
    value: str
    below: Sequence[Any]
    above: Sequence[Any]

    def step(self, value: Any) -> Step | None:
        """Return the step to one value, or None if it breaks a rule. Faster than `down` and `up` for a few steps."""
        return next(_steps(self.spec, self.name, [value]), None)

    @cached_property
    def down(self) -> list[Step]:
        """Return the valid steps down, the nearest first."""
        return list(_steps(self.spec, self.name, self.below))

    @cached_property
    def up(self) -> list[Step]:
        """Return the valid steps up, the nearest first."""
        return list(_steps(self.spec, self.name, self.above))


def knobs(spec: Spec) -> list[Knob]:
    """Return every knob of a spec: those of the network, of each block in running order, and of the head.

    A knob may have no valid step in a direction.
    """
    return [Knob(spec, name, str(value), list(below), list(above)) for name, value, below, above in _ranges(spec)]


_Range: TypeAlias = tuple[str, Any, Iterable[Any], Iterable[Any]]
"""The name of a knob, its value, and the values to try below and above it, the nearest first."""


def _ranges(spec: Spec) -> Iterator[_Range]:
    yield _width(spec)
    if spec.input.height == spec.input.width:
        yield _multiples("input", spec.input.height, PIXELS, MAX_PIXELS)
    if spec.former is not None and spec.tokens is not None:
        yield _multiples("tokens.count", spec.tokens.count, 1)
        yield _multiples("tokens.dim", spec.tokens.dim, lcm(DIMENSION, spec.dim_multiple))
    yield _multiples("stem", spec.stem, _channel_step(spec.stem))
    inputs = spec.stem
    for number, block in enumerate(spec.blocks, start=1):
        yield from _block_ranges(spec, number, block, inputs)
        inputs = block.out or inputs if block.repeat else inputs
    if spec.head is not None:
        yield _multiples("head.fc", spec.head.fc, HIDDEN)


def _block_ranges(spec: Spec, number: int, block: BlockSpec, inputs: int) -> Iterator[_Range]:
    name = f"blocks.{number}"
    if not block.halves:
        most = min(max(block.repeat * GROWTH, _REPEATS), MAX_REPEAT)
        yield f"{name}.repeat", block.repeat, range(block.repeat - 1, -1, -1), range(block.repeat + 1, most + 1)
    if not block.repeat:
        return
    if block.exp is not None:
        unit = lcm(_CHANNELS, spec.groups) if block.block == "mf" else inputs
        yield _multiples(f"{name}.exp", block.exp, unit)
    if block.expand is not None:
        yield _multiples(f"{name}.expand", block.expand, 1)
    if block.out is not None:
        yield _multiples(f"{name}.out", block.out, _channel_step(block.out))


def _width(spec: Spec) -> _Range:
    hundredths = Fraction(str(spec.width)) * 100
    below = range(-(-hundredths.numerator // hundredths.denominator) - 1, 0, -1)
    above = range(int(hundredths) + 1, min(int(hundredths * GROWTH), MAX_WIDTH * 100) + 1)
    return "width", spec.width, (number / 100 for number in below), (number / 100 for number in above)


def _channel_step(channels: int) -> int:
    return _CHANNELS if channels % _CHANNELS == 0 else _CHANNELS // 2


def _multiples(name: str, value: int, step: int, most: int = MAX_CHANNELS) -> _Range:
    """Return the multiples of a step below and above a value."""
    above = range((value // step + 1) * step, min(value * GROWTH, most) + 1, step)
    return name, value, range((value - 1) // step * step, 0, -step), above


def _steps(spec: Spec, name: str, values: Iterable[Any]) -> Iterator[Step]:
    for value in values:
        changes = _with_dependents(spec, name, value)
        step = None if changes is None else turned(spec, str(value), changes)
        if step is not None:
            yield step


def turned(spec: Spec, value: str, changes: Changes) -> Step | None:
    """Return the step that the changes make, named by `value`, or None if they break a rule."""
    if any(type(new) is int and new > MAX_CHANNELS for new in changes.values()):
        return None
    result = changed(spec, changes)
    if any(breaches(mapping(scaled(result)))):
        return None
    return Step(value, result, tuple(f"{key}={new}" for key, new in changes.items()))


def _with_dependents(spec: Spec, name: str, value: Any) -> Changes | None:
    """Return the change of a key and the changes that it requires, or None if a ratio would not be a whole number."""
    changes: Changes = {name: value}
    first, _, rest = name.partition(".")
    entry, key = rest.partition(".")[::2]
    if name != "stem" and not (first == "blocks" and key == "out"):
        return changes
    number = int(entry) if entry else 0
    old = spec.blocks[number - 1].out if number else spec.stem
    own = spec.blocks[number - 1] if number else None
    if own is not None and own.exp2 is not None:
        changes[f"blocks.{number}.exp2"] = _in_ratio(own.exp2, value, old)
    for at, block in enumerate(spec.blocks[number:], start=number + 1):
        if not block.repeat:
            continue
        if block.exp is not None and block.block != "mf":
            changes[f"blocks.{at}.exp"] = _in_ratio(block.exp, value, old)
        if block.out is not None:
            break
        if block.exp2 is not None:
            changes[f"blocks.{at}.exp2"] = _in_ratio(block.exp2, value, old)
    return None if None in changes.values() else changes


def _in_ratio(channels: int, new: int, old: int | None) -> int | None:
    assert old is not None
    return channels * new // old if channels * new % old == 0 else None


def changed(spec: Spec, changes: Changes) -> Spec:
    """Return the spec with new values by key, not validated. The keys must be those of knobs."""
    for name, value in changes.items():
        path = name.split(".")
        if path[0] == "blocks":
            at = int(path[1]) - 1
            block = _with(spec.blocks[at], path[2], value)
            spec = _with(spec, "blocks", (*spec.blocks[:at], block, *spec.blocks[at + 1 :]))
        elif len(path) == 2:
            spec = _with(spec, path[0], _with(getattr(spec, path[0]), path[1], value))
        else:
            spec = _with(spec, name, Resolution(value, value) if name == "input" and type(value) is int else value)
    return spec


def _with(instance: T, field: str, value: Any) -> T:
    return dataclasses.replace(instance, **{field: value})  # type: ignore[type-var]
