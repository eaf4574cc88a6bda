"""Families of variants: a spec with one key scaled over a grid of values.

In each run of a grid, multiply-adds and parameters never fall from one member to the next. So a budget can be searched
by halving. A latency may fall: where rounded widths become different, a residual connection goes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import Any

from mfprofile.budget.depth import Depths
from mfprofile.budget.knobs import DIMENSION, HIDDEN, PIXELS, Changes, Step, turned
from mfprofile.errors import InputError
from mfprofile.spec.model import MAX_CHANNELS, MAX_PIXELS, MAX_WIDTH, Resolution, Spec
from mfprofile.spec.words import instead, shown

FAMILIES = ("width", "tokens.dim", "input", "depth", "head.fc")

_HUNDREDTHS = 100


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """The variants of a spec by one key, whose current value is `value`.

    `runs` are lists of rising values, and `changes` returns the changes that a value makes.
    """

    spec: Spec
    name: str
    value: Any
    runs: Sequence[Sequence[Any]]
    changes: Callable[[Any], Changes]

    def member(self, value: Any) -> Step | None:
        """Return the member of a value, or None if it breaks a rule."""
        return turned(self.spec, str(value), self.changes(value))


def family(spec: Spec, name: str) -> Family:
    """Return a family of a spec, by `width`, `tokens.dim`, `input`, `depth` or `head.fc`.

    `width` has steps of 0.01, up to 64. `input` has steps of 32 pixels, or for a rectangle the steps that keep its
    ratio. `tokens.dim` has steps of 16 and `head.fc` of 64, or of the largest smaller power of two that divides the
    spec's value. `depth` is the number of stride-1 mf blocks (see `Depths`). Raises `InputError` for any other name,
    and for a key that the spec does not have.
    """
    makers = {"width": _width, "input": _input, "tokens.dim": _dimension, "head.fc": _hidden, "depth": _depth}
    if name not in makers:
        raise InputError(f"cannot scale by {shown(name)}; {instead(name, FAMILIES)}")
    return makers[name](spec)


def _width(spec: Spec) -> Family:
    """Return widths in three runs: those below 1 round to multiples of 4, 1 does not round, those above round to 8."""
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
        raise InputError(f"{spec.name}: has no tokens, so tokens.dim cannot be scaled")
    return _multiples(spec, "tokens.dim", spec.tokens.dim, spec.dim_multiple, DIMENSION)


def _hidden(spec: Spec) -> Family:
    if spec.head is None:
        raise InputError(f"{spec.name}: has no head, so head.fc cannot be scaled")
    return _multiples(spec, "head.fc", spec.head.fc, 1, HIDDEN)


def _multiples(spec: Spec, name: str, value: int, needed: int, preferred: int) -> Family:
    """Return the multiples of a step as a family.

    The step is the `preferred` one, halved until it divides the value, and made a multiple of `needed`.
    """
    while value % lcm(preferred, needed) and preferred > 1:
        preferred //= 2
    unit = lcm(preferred, needed)
    return Family(spec, name, value, [range(unit, MAX_CHANNELS + 1, unit)], lambda chosen: {name: chosen})


def _depth(spec: Spec) -> Family:
    depths = Depths(spec)
    if not depths.totals:
        raise InputError(f"{spec.name}: has no mf block, so depth cannot be scaled")
    return Family(spec, "depth", depths.current, [depths.totals], depths.repeats)


def amount(value: Any) -> Fraction:
    """Return a value as a number. The number of a resolution is its height."""
    return Fraction(value.height) if isinstance(value, Resolution) else Fraction(str(value))
