"""Compare the width multiplier with a simple second implementation of MobileNet's rule."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfprofile.cost import count
from mfprofile.spec import load
from mfprofile.spec.sources import shipped
from mfprofile.spec.width import rounded, scaled
from mfprofile.spec.writing import mapping

FACTORS = st.fractions(Fraction(1, 100), 64, max_denominator=1000)
HALVES = {"tokens": {"count": 2, "dim": 8}, "head": "none", "width": 0.5}


def make_divisible(value: Fraction, divisor: int) -> int:
    """Return the multiple that MobileNet's code chooses: the nearest, halves up, never below 90 % of the value."""
    candidates = range(divisor, int(value) + 2 * divisor, divisor)
    nearest = min(candidates, key=lambda multiple: (abs(multiple - value), -multiple))
    return nearest if nearest >= Fraction(9, 10) * value else nearest + divisor


@given(st.integers(1, 3000), FACTORS)
def test_channels_are_rounded_by_the_mobilenet_rule(channels: int, factor: Fraction) -> None:
    """They become multiples of 8 for a factor above 1, else of 4."""
    assert rounded(channels, factor) == make_divisible(channels * factor, 8 if factor > 1 else 4)


@pytest.mark.slow
def test_channels_are_rounded_by_the_mobilenet_rule_everywhere() -> None:
    """All widths up to 300 are scaled by all hundredths up to 2."""
    for hundredths in range(1, 201):
        factor = Fraction(hundredths, 100)
        for channels in range(1, 301):
            assert rounded(channels, factor) == make_divisible(channels * factor, 8 if factor > 1 else 4)


@given(st.integers(1, 3000), FACTORS)
def test_rounding_loses_at_most_a_tenth(channels: int, factor: Fraction) -> None:
    """The result is a positive multiple."""
    result = rounded(channels, factor)
    assert 10 * result >= 9 * channels * factor
    assert result > 0 == result % (8 if factor > 1 else 4)


@pytest.mark.parametrize(
    "channels, factor, result",
    [(16, "0.75", 12), (24, "0.75", 20), (10, "0.6", 8), (6, "1", 8), (12, "1.5", 24), (16, "0.1", 4), (18, "1.01", 24), (3, "1.2", 8)],
)  # fmt: skip
def test_channels_worked_by_hand(channels: int, factor: str, result: int) -> None:
    """24·0.75 = 18 is rounded up to 20; 12·1.5 = 18 becomes 24, because 16 is too small; the minimum is one multiple."""
    assert rounded(channels, Fraction(factor)) == result


@pytest.mark.parametrize("name", shipped())
def test_width_one_changes_nothing(name: str) -> None:
    """Widths that are not multiples of 4 stay too. It is given as 1 and 1.0, in settings and in `replace`."""
    spec = load(name)
    for same in (scaled(spec), load(name, ["width=1"]), load(name, ["width=1.0"]), spec.replace(width=1.0)):
        assert mapping(same) == mapping(spec)


@pytest.mark.parametrize("width", ["0.5", "0.75", "0.9", "1.25", "2"])
def test_stem_and_outs_are_scaled_and_exps_keep_their_ratio(width: str) -> None:
    """Tokens, head and classes do not change. The ratio is the one to the block's input channels."""
    spec, factor = load("mf294m"), Fraction(width)
    wide = scaled(load("mf294m", [f"width={width}"]))
    divisor = 8 if factor > 1 else 4
    assert wide.stem == make_divisible(16 * factor, divisor)
    old, new = spec.stem, wide.stem
    for before, after in zip(spec.blocks, wide.blocks, strict=True):
        assert before.out is not None
        assert before.exp is not None
        assert after.out == make_divisible(before.out * factor, divisor)
        assert after.exp == floor(Fraction(before.exp * new, old) + Fraction(1, 2))
        old, new = before.out, after.out
    assert (wide.tokens, wide.head, wide.classes, wide.width) == (spec.tokens, spec.head, spec.classes, 1)


def test_width_is_applied_last_and_once() -> None:
    """It is applied after `extends` and settings. A spec loaded again from its mapping is not scaled twice."""
    spec = load({"extends": "mf294m", "width": 0.5}, ["stem=32", "blocks.1={exp: 64, out: 32}", "blocks.2.exp=192"])
    assert (spec.stem, scaled(spec).stem, scaled(scaled(spec)).stem) == (32, 16, 16)
    assert count(load(mapping(spec))).madds == count(spec).madds == count(scaled(spec)).madds
    assert count(spec.replace(width=1)).madds == count(load(spec, ["width=1"])).madds


def test_same_expand_and_skipped_blocks_follow_the_scaled_widths() -> None:
    """`out: same` follows the input's width, `expand` keeps its ratio, and a block with `repeat: 0` has no effect."""
    blocks = [
        {"block": "lite", "expand": 2, "out": "same"},
        {"block": "mf", "exp": 96, "out": 40, "repeat": 0},
        {"block": "mf-down", "exp": 48, "exp2": 96, "out": 32},
        {"block": "mf", "exp": 48, "out": "same"},
    ]
    wide = scaled(load({**HALVES, "stem": 16, "blocks": blocks}))
    assert wide.stem == 8
    assert [(block.out, block.exp, block.expand, block.exp2) for block in wide.blocks] == [
        (None, None, 2, None),
        (20, 48, None, None),
        (16, 24, None, 48),
        (None, 24, None, None),
    ]


def test_a_ratio_of_exp_is_rounded_half_up() -> None:
    """25/16 of 8 channels is 12.5, so 13."""
    wide = scaled(load({**HALVES, "stem": 16, "blocks": [{"block": "mf", "exp": 25, "out": 16}]}))
    assert wide.blocks[0].exp == 13
