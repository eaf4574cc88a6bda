"""`width`: scale the stem and each block's `out` by one factor, rounded by MobileNet's rule."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

from mfprofile.spec.model import BlockSpec, Spec


def rounded(channels: int, factor: Fraction) -> int:
    """Return `channels · factor`, rounded to the nearest multiple of 4 (of 8 for factors above 1), but never to 0.

    Halves are rounded up. A result more than 10 % too small becomes the next multiple. This is MobileNet's rule (Howard
    et al. 2019, in the code of the released models). The result is exact: no floating point is used.

    >>> rounded(24, Fraction(3, 4)), rounded(16, Fraction("0.35")), rounded(24, Fraction("1.3"))
    (20, 8, 32)
    """
    divisor = 8 if factor > 1 else 4
    wanted = channels * factor
    nearest = max(divisor, int(wanted + divisor // 2) // divisor * divisor)
    return nearest if 10 * nearest >= 9 * wanted else nearest + divisor


def scaled(spec: Spec) -> Spec:
    """Return the spec with its `width` applied to the stem and to each `out`; each `exp` keeps its ratio.

    This is the ratio to the block's input channels, and for `exp2` to `out`. The result is rounded to a whole number of
    channels, halves up. Tokens and head do not change. A width of 1 changes nothing.
    """
    if spec.width == 1:
        return spec
    factor = Fraction(str(spec.width))
    stem = rounded(spec.stem, factor)
    old, new, blocks = spec.stem, stem, []
    for block in spec.blocks:
        blocks.append(_scaled(block, factor, old, new))
        if block.repeat and block.out is not None:
            old, new = block.out, rounded(block.out, factor)
    return dataclasses.replace(spec, stem=stem, blocks=tuple(blocks), width=1)


def _scaled(block: BlockSpec, factor: Fraction, old: int, new: int) -> BlockSpec:
    before = block.out or old
    out = block.out and rounded(block.out, factor)
    return dataclasses.replace(
        block,
        out=out,
        exp=block.exp and _in_ratio(block.exp, old, new),
        exp2=block.exp2 and _in_ratio(block.exp2, before, out or new),
    )


def _in_ratio(channels: int, old: int, new: int) -> int:
    return max(1, (2 * channels * new + old) // (2 * old))
