"""Families of variants: one spec with one thing scaled, its members on a grid from the least to the most.

In the runs of a grid no member costs less than one before it: a run is what can be halved in search of a budget.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import Any

from mfprofile.budget.depth import Depths
from mfprofile.budget.knobs import DIMENSION, HIDDEN, PIXELS, Changes, Step, turned
from mfprofile.spec.model import MAX_CHANNELS, MAX_PIXELS, MAX_WIDTH, Resolution, Spec
from mfprofile.spec.problems import InputError
from mfprofile.spec.words import instead, shown

FAMILIES = ("width", "tokens.dim", "input", "depth", "head.fc")

_HUNDREDTHS = 100


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """The members of a spec by one key, as it stands at `value`: `runs` of values, rising, and what each changes."""

    spec: Spec
    name: str
    value: Any
    runs: Sequence[Sequence[Any]]
    changes: Callable[[Any], Changes]

    def member(self, value: Any) -> Step | None:
        """Return the member of a value, or None where the rules forbid it."""
        return turned(self.spec, str(value), self.changes(value))


def family(spec: Spec, name: str) -> Family:
    """Return a family of a spec, by `width`, `tokens.dim`, `input`, `depth` or `head.fc`.

    `width` goes by hundredths up to 64. `input` goes by 32 pixels, a rectangle by what keeps its ratio. `tokens.dim`
    goes by 16 and `head.fc` by 64, or by the largest power of two below that divides what the spec has. `depth` is the
    number of stride-1 mf blocks (see `Depths`). Raises `InputError` for another name and what the spec has not.
    """
    makers = {"width": _width, "input": _input, "tokens.dim": _dimension, "head.fc": _hidden, "depth": _depth}
    if name not in makers:
        raise InputError(f"cannot scale by {shown(name)}; {instead(name, FAMILIES)}")
    return makers[name](spec)


def _width(spec: Spec) -> Family:
    """Return widths in three runs: 1 rounds nothing, widths below it to multiples of 4, above it of 8."""
    below = [number / _HUNDREDTHS for number in range(1, _HUNDREDTHS)]
    above = [number / _HUNDREDTHS for number in range(_HUNDREDTHS + 1, MAX_WIDTH * _HUNDREDTHS + 1)]
    return Family(spec, "width", spec.width, (below, [1], above), lambda value: {"width": value})


def _input(spec: Spec) -> Family:
    common = gcd(spec.input.height, spec.input.width)
    height, width = spec.input.height // common, spec.input.width // common
    unit = PIXELS if height == width or common % PIXELS == 0 else 1
    sizes = [Resolution(height * at, width * at) for at in range(unit, MAX_PIXELS // max(height, width) + 1, unit)]
    return Family(spec, "input", spec.input, [sizes], lambda value: {"input": value})


def _dimension(spec: Spec) -> Family:
    if spec.former is None or spec.tokens is None:
        raise InputError(f"{spec.name}: has no tokens whose dimension could be scaled")
    return _multiples(spec, "tokens.dim", spec.tokens.dim, spec.dim_multiple, DIMENSION)


def _hidden(spec: Spec) -> Family:
    if spec.head is None:
        raise InputError(f"{spec.name}: has no head that could be scaled")
    return _multiples(spec, "head.fc", spec.head.fc, 1, HIDDEN)


def _multiples(spec: Spec, name: str, value: int, needed: int, wanted: int) -> Family:
    """Return multiples of what is `wanted`, halved until it divides the value, and of what the rules need."""
    while value % lcm(wanted, needed) and wanted > 1:
        wanted //= 2
    unit = lcm(wanted, needed)
    return Family(spec, name, value, [range(unit, MAX_CHANNELS + 1, unit)], lambda chosen: {name: chosen})


def _depth(spec: Spec) -> Family:
    depths = Depths(spec)
    if not depths.totals:
        raise InputError(f"{spec.name}: has no mf block that could be repeated or left out")
    return Family(spec, "depth", depths.present, [depths.totals], depths.repeats)


def amount(value: Any) -> Fraction:
    """Return a value as a number: of a resolution, its height."""
    return Fraction(value.height) if isinstance(value, Resolution) else Fraction(str(value))
