"""The knobs of a spec, each turned one way step by step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import chain
from math import lcm

from mfprofile.spec.model import BlockSpec, Spec

UNIT = 4
"""Channels are turned in multiples of this, as the width multiplier rounds them."""
PIXELS = 32
"""The input is turned in multiples of this: the output stride of a classifier."""
MOST_REPEAT = 4
REACH = 4
"""A knob goes up to this many times its value; down, as far as there is anything."""
_LEAST_WIDTH, _MOST_WIDTH = 5, 300


@dataclass(frozen=True, slots=True)
class Turn:
    """A key of the spec, its value `now`, and the values on one side of it, nearest first; `kind` is what it is."""

    key: str
    kind: str
    now: object
    values: Sequence[object]

    def setting(self, value: object) -> str:
        """Return the assignment that `--set` takes for a value."""
        return f"{self.key}={value}"

    def change(self, value: object) -> Fraction:
        """Return how far a value is from the present one, as a part of it."""
        return abs(Fraction(str(value)) / Fraction(str(self.now)) - 1)


def turns(spec: Spec, down: bool) -> list[Turn]:
    """Return every knob of a spec that can be turned down, or up; not every value need be allowed by the rules."""
    blocks = (_of_block(spec, number, down) for number in range(1, len(spec.blocks) + 1))
    return [turn for turn in chain(_global(spec, down), *blocks) if turn.values]


def _global(spec: Spec, down: bool) -> Iterator[Turn]:
    yield Turn("width", "width", spec.width, _widths(spec.width, down))
    if spec.former is not None and spec.tokens is not None:
        split = spec.former.heads if spec.attention == "mha" else 1
        yield _sized("tokens.count", "tokens.count", spec.tokens.count, 1, down)
        yield _sized("tokens.dim", "tokens.dim", spec.tokens.dim, lcm(UNIT, split), down)
    if spec.head is not None:
        yield _sized("head.fc", "head.fc", spec.head.fc, UNIT, down)
    if spec.input.height == spec.input.width:
        yield _sized("input", "input", spec.input.height, PIXELS, down)


def _of_block(spec: Spec, number: int, down: bool) -> Iterator[Turn]:
    block, key = spec.blocks[number - 1], f"blocks.{number}"
    before = _inputs(spec, number)
    if not block.repeat:
        return
    if block.exp is not None:
        expands = (before, block.out or before) if block.repeat > 1 else (before,)
        unit = spec.groups if block.block == "mf" else lcm(spec.groups, *expands)
        yield _sized(f"{key}.exp", "exp", block.exp, unit if block.block != "mf" else lcm(unit, UNIT), down)
    if block.expand is not None:
        yield _sized(f"{key}.expand", "exp", block.expand, 1, down)
    if block.out is not None:
        turn = _sized(f"{key}.out", "out", block.out, lcm(UNIT, spec.groups, spec.bridge.heads), down)
        yield Turn(turn.key, turn.kind, turn.now, list(_fitting(turn.values, block, _after(spec, number))))
    if not block.halves:
        counts = range(block.repeat - 1, -1, -1) if down else range(block.repeat + 1, MOST_REPEAT + 1)
        yield Turn(f"{key}.repeat", "depth", block.repeat, list(counts))


def _sized(key: str, kind: str, now: int, unit: int, down: bool) -> Turn:
    """Return a knob over the multiples of a unit."""
    if down:
        return Turn(key, kind, now, range((now - 1) // unit * unit, 0, -unit))
    return Turn(key, kind, now, range((now // unit + 1) * unit, REACH * now + 1, unit))


def _widths(now: float, down: bool) -> list[Decimal]:
    """Return the width multipliers of two decimals on one side of the present one."""
    hundredths = Decimal(str(now)) * 100
    below = range(min(int(hundredths.to_integral_value("ROUND_CEILING")) - 1, _MOST_WIDTH), _LEAST_WIDTH - 1, -1)
    above = range(int(hundredths) + 1, _MOST_WIDTH + 1)
    return [Decimal(step).scaleb(-2) for step in (below if down else above)]


def _inputs(spec: Spec, number: int) -> int:
    """Return the input channels of an entry of `blocks`."""
    channels = spec.stem
    for block in spec.blocks[: number - 1]:
        channels = block.out if block.out is not None and block.repeat else channels
    return channels


def _after(spec: Spec, number: int) -> BlockSpec | None:
    """Return the next entry that is laid out."""
    return next((block for block in spec.blocks[number:] if block.repeat), None)


def _fitting(values: Iterable[object], block: BlockSpec, after: BlockSpec | None) -> Iterator[int]:
    """Yield the output channels that the depthwise convolutions can expand which read them."""
    read = [] if after is None or after.block == "mf" else [after.exp]
    read += [block.exp2] + ([block.exp] if block.repeat > 1 and block.block == "lite" else [])
    for value in values:
        assert isinstance(value, int)
        if not any(exp is not None and exp % value for exp in read):
            yield value
