"""Which boxes, discs and segments touch: plain geometry, vectorized over pairs.

A box is (left, bottom, right, top), a disc is (x, y, radius), a segment is (x, y, x, y). Each function compares every
one with every other, and the result has a row for each one.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]


def meet(boxes: Floats, others: Floats) -> NDArray[np.bool_]:
    """Return which of the boxes overlaps which of the others.

    >>> meet(np.array([[0.0, 0, 2, 1]]), np.array([[1.0, 0, 3, 1], [2, 0, 3, 1]])).tolist()
    [[True, False]]
    """
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    return np.asarray((low < high).all(axis=2))


def pierce(segments: Floats, boxes: Floats) -> NDArray[np.bool_]:
    """Return which of the segments passes through which of the boxes.

    >>> pierce(np.array([[0.0, 0, 4, 4]]), np.array([[1.0, 1, 2, 2], [3, 0, 4, 1]])).tolist()
    [[True, False]]
    """
    start = segments[:, None, :2]
    way = segments[:, None, 2:] - start
    way = np.where(way == 0, 1e-9, way)
    one, other = (boxes[None, :, :2] - start) / way, (boxes[None, :, 2:] - start) / way
    enters, leaves = np.minimum(one, other).max(axis=2), np.maximum(one, other).min(axis=2)
    return np.asarray(np.maximum(enters, 0) < np.minimum(leaves, 1))


def cross(segments: Floats, others: Floats) -> NDArray[np.bool_]:
    """Return which of the segments crosses which of the others. Touching ends do not count.

    >>> cross(np.array([[0.0, 0, 2, 2]]), np.array([[0.0, 2, 2, 0], [0, 0, 0, 2]])).tolist()
    [[True, False]]
    """
    sides = _sides(segments[:, None], others[None]), _sides(others[None], segments[:, None])
    return np.asarray((sides[0] < 0) & (sides[1] < 0))


def _sides(segments: Floats, others: Floats) -> Any:
    """Return a negative number where the ends of the others are on different sides of the segments."""
    start, way = segments[..., :2], segments[..., 2:] - segments[..., :2]
    ends = [others[..., :2] - start, others[..., 2:] - start]
    one, other = (way[..., 0] * end[..., 1] - way[..., 1] * end[..., 0] for end in ends)
    return one * other


def box_to_disc(boxes: Floats, discs: Floats) -> Floats:
    """Return the distance of each box to the edge of each disc; it is below 0 if they overlap.

    >>> box_to_disc(np.array([[0.0, 0, 2, 1]]), np.array([[5.0, 1, 1], [2, 3, 3]])).tolist()
    [[2.0, -1.0]]
    """
    offsets = np.clip(discs[None, :, :2], boxes[:, None, :2], boxes[:, None, 2:]) - discs[None, :, :2]
    distances: Floats = np.hypot(offsets[..., 0], offsets[..., 1]) - discs[None, :, 2]
    return distances


def segment_to_disc(segments: Floats, discs: Floats) -> Floats:
    """Return the distance of each segment to the edge of each disc; it is below 0 if they overlap.

    >>> segment_to_disc(np.array([[0.0, 0, 4, 0]]), np.array([[2.0, 3, 1], [7, 0, 1]])).tolist()
    [[2.0, 2.0]]
    """
    start, way = segments[:, None, :2], (segments[:, 2:] - segments[:, :2])[:, None]
    length = np.maximum((way * way).sum(axis=2, keepdims=True), 1e-9)
    centres = discs[None, :, :2]
    part = np.clip(((centres - start) * way).sum(axis=2, keepdims=True) / length, 0, 1)
    offsets = start + part * way - centres
    distances: Floats = np.hypot(offsets[..., 0], offsets[..., 1]) - discs[None, :, 2]
    return distances
