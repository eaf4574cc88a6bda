"""The windows of average pooling: they may overlap, leave gaps, and reach into padding and beyond it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Sides = Sequence[int]


def windows(
    out: Sides,
    image: Sides,
    kernel_size: Sides,
    stride: Sides = (),
    padding: Sides = (0,),
    ceil_mode: bool = False,  # noqa: ARG001 - the output already has the windows that it adds
    count_include_pad: bool = True,
    *_: Any,
    **__: Any,
) -> tuple[int, ...]:
    """Return how many positions the windows of aten.avg_pool have along each side of an image, all together.

    Padding is among them if it counts. What lies beyond it never is.

    >>> windows((3,), (6,), (3,), (2,), (1,))  # from -1 to 1, from 1 to 3, from 3 to 5
    (9,)
    >>> windows((3,), (6,), (3,), (2,), (1,), False, False)
    (8,)
    """
    kernel, steps, around = (
        each if len(each) > 1 else [*each] * len(out) for each in (kernel_size, stride or kernel_size, padding)
    )
    sides = zip(out, image, kernel, steps, around, strict=True)
    return tuple(_positions(*each, counts_padding=count_include_pad) for each in sides)


def _positions(out: int, side: int, kernel: int, step: int, around: int, counts_padding: bool) -> int:
    first, last = (-around, side + around) if counts_padding else (0, side)
    starts = range(-around, out * step - around, step)
    return sum(max(0, min(last, start + kernel) - max(first, start)) for start in starts)


def adaptive_windows(out: Sides, image: Sides, *_: Any) -> tuple[int, ...]:
    """Return how many positions the windows of adaptive average pooling have along each side, all together.

    Window j of n begins at j/n of the side, rounded down, and ends at (j + 1)/n, rounded up.

    >>> adaptive_windows((3,), (7,))  # 0 to 2, 2 to 4, 4 to 6
    (9,)
    """
    sides = zip(out, image, strict=True)
    return tuple(sum(-(-(at + 1) * side // count) - at * side // count for at in range(count)) for count, side in sides)
