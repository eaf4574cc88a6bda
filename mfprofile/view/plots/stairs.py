"""The front of points in a picture, and the step line through it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise


def best_of(
    points: Sequence[tuple[float, float]], most_x: bool = False, most_y: bool = True
) -> list[tuple[float, float]]:
    """Return the Pareto front of points, each once, in order of x. By default, less x and more y is better.

    >>> best_of([(2, 5), (1, 3), (3, 4), (2, 4), (1, 3)])
    [(1, 3), (2, 5)]
    """
    front: list[tuple[float, float]] = []
    ahead = sorted(set(points), key=lambda each: (-each[0] if most_x else each[0], -each[1] if most_y else each[1]))
    for x, y in ahead:
        if not front or (y > front[-1][1] if most_y else y < front[-1][1]):
            front.append((x, y))
    return sorted(front)


def stairs(front: Sequence[tuple[float, float]], downwards: bool) -> tuple[list[float], list[float]]:
    """Return the corners of the step line through a front.

    Between two points, the line has the height of one: the left one if less x is better (not `downwards`), else the
    right one.
    """
    xs, ys = [float(front[0][0])], [float(front[0][1])]
    for (_, before), (x, y) in pairwise(front):
        xs += [x, x] if not downwards else [xs[-1], x]
        ys += [before, y] if not downwards else [y, y]
    return xs, ys
