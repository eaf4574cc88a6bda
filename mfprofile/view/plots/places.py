"""The places of labels: near their points, without overlaps with other labels, markers and, if possible, lines.

This is plain geometry in points of 1/72 inch, which can be tested without a picture. A box is (left, bottom, right,
top), a segment is (x, y, x, y).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

GAPS = (2.5, 4.5, 7.0, 11.0, 16.0, 23.0, 32.0, 45.0, 64.0)
"""The possible gaps between a label and its point, nearest first."""

LED = 9.0
"""The smallest gap with a thin line from the point to the label."""

_ANGLES = np.radians([45, 135, 0, 180, 90, 270, 315, 225, 20, 160, 70, 110, 250, 290, 200, 340])
_FORBIDDEN, _OVER_LINE, _LED_OVER_LINE, _DOUBTFUL = 1000.0, 30.0, 10.0, 12.0
_SAME = 0.5  # markers with a smaller distance are at one point
_PIERCED = 2.2  # a line with a smaller distance to a centre runs through its marker
_BAD = 200.0  # the least cost of a label that misleads
_ROUNDS, _TURNS = 10, 6


@dataclass(frozen=True, slots=True)
class Field:
    """What labels avoid: they never cover `boxes`, cross `lines` only if necessary, and stay in the `frame`."""

    frame: tuple[float, float, float, float]
    boxes: Floats
    lines: Floats

    def near(self, point: Floats, reach: float) -> Field:
        """Return the part of the field within `reach` of a point, horizontally and vertically."""
        around = np.concatenate([point - reach, point + reach])[None]
        lines = self.lines.reshape(-1, 2, 2)
        hulls = np.concatenate([lines.min(axis=1) - 1, lines.max(axis=1) + 1], axis=1)
        return Field(self.frame, self.boxes[meet(around, self.boxes)[0]], self.lines[meet(around, hulls)[0]])


@dataclass(frozen=True, slots=True)
class Place:
    """The centre of a label relative to its point, and whether a line leads to the label."""

    x: float
    y: float
    is_led: bool


def placed(points: Floats, sizes: Floats, field: Field) -> list[Place]:
    """Return the place of each label. `points` are the anchors, `sizes` the widths and heights of the texts.

    Each label in turn takes the best place that is free, several times. If one gets a bad place, all start again in
    another order. The best result of all orders is returned, and it is the same in every run.
    """
    candidates = [_candidates(point, size) for point, size in zip(points, sizes, strict=True)]
    reach = max(GAPS) + float(sizes.max())
    fixed = [_fixed_cost(each, point, field.near(point, reach)) for each, point in zip(candidates, points, strict=True)]
    results: list[tuple[float, dict[int, int]]] = []
    for order in _orders([float(cost.min()) for cost in fixed]):
        results.append(_descended(order, candidates, fixed))
        if results[-1][0] < _BAD:
            break
    _, choices = min(results, key=lambda each: each[0])
    return [_place(candidates[at], choices[at], point) for at, point in enumerate(points)]


def _orders(least: Sequence[float]) -> Iterator[list[int]]:
    """Yield orders of the labels: as given, reversed, by their least cost with the highest first, and rotated."""
    given = list(range(len(least)))
    yield given
    yield given[::-1]
    yield sorted(given, key=lambda at: -least[at])
    for part in range(1, _TURNS):
        at = len(given) * part // _TURNS
        yield [*given[at:], *given[:at]]


def _descended(
    order: Sequence[int], candidates: Sequence[_Candidates], fixed: Sequence[Floats]
) -> tuple[float, dict[int, int]]:
    """Return the cost of all bad places, and the choice of each label, after no label changes its choice any more."""
    choices: dict[int, int] = {}
    costs: dict[int, float] = {}
    for _ in range(_ROUNDS):
        before = dict(choices)
        for at in order:
            others = [candidates[other].only(choice) for other, choice in choices.items() if other != at]
            cost = fixed[at] + _shared_cost(candidates[at], others)
            choices[at] = int(np.argmin(cost))
            costs[at] = float(cost[choices[at]])
        if choices == before:
            break
    return sum(max(0.0, cost - _BAD / 2) for cost in costs.values()), choices


def _place(candidates: _Candidates, choice: int, point: Floats) -> Place:
    x, y = (candidates.centre[choice] - point).tolist()
    return Place(x, y, bool(candidates.is_led[choice]))


@dataclass(frozen=True, slots=True)
class _Candidates:
    """The possible places of one label: centres, boxes, lines to the point, gaps, and whether the line is drawn."""

    centre: Floats
    box: Floats
    leader: Floats
    gap: Floats
    is_led: NDArray[np.bool_]

    def only(self, choice: int) -> _Candidates:
        """Return one of the places."""
        at = slice(choice, choice + 1)
        return _Candidates(self.centre[at], self.box[at], self.leader[at], self.gap[at], self.is_led[at])


def _candidates(point: Floats, size: Floats) -> _Candidates:
    gap = np.repeat(np.array(GAPS), len(_ANGLES))
    angle = np.tile(_ANGLES, len(GAPS))
    way = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    centre = point + way * (size / 2 + gap[:, None])
    box = np.concatenate([centre - size / 2, centre + size / 2], axis=1)
    nearest = np.clip(point, box[:, :2], box[:, 2:])
    return _Candidates(centre, box, np.concatenate([point + 0 * nearest, nearest], axis=1), gap, gap >= LED)


def _fixed_cost(candidates: _Candidates, point: Floats, field: Field) -> Floats:
    """Return the cost of each place that does not depend on other labels."""
    left, bottom, right, top = field.frame
    outside = (candidates.box[:, :2] < (left, bottom)).any(axis=1) | (candidates.box[:, 2:] > (right, top)).any(axis=1)
    boxes = field.boxes
    others = boxes[np.hypot(*(_centres(boxes) - point).T) > _SAME]
    away, nearby = _distance(candidates.box, point[None]), _distance(candidates.box, _centres(others))
    bad = 3.0 * outside + 2.0 * meet(candidates.box, boxes).sum(axis=1)
    bad += np.where(
        candidates.is_led, 0.4 * _passes(candidates.leader, _centres(others)).sum(axis=1), 0.3 * (nearby < 1.15 * away)
    )
    crossed = pierce(field.lines, candidates.box).sum(axis=0) * _OVER_LINE
    led = cross(candidates.leader, field.lines).sum(axis=1) * _LED_OVER_LINE
    doubtful = (nearby < 1.5 * candidates.gap) + 4.0 * (nearby < 0.7 * candidates.gap)
    preference = np.arange(len(candidates.gap)) % len(_ANGLES) * 0.05
    result: Floats = bad * _FORBIDDEN + crossed + led + doubtful * _DOUBTFUL + candidates.gap + preference
    return result


def _centres(boxes: Floats) -> Floats:
    return (boxes[:, :2] + boxes[:, 2:]) / 2


def _passes(segments: Floats, points: Floats) -> NDArray[np.bool_]:
    """Return which of the segments runs through a marker at which of the points."""
    start, way = segments[:, None, :2], (segments[:, 2:] - segments[:, :2])[:, None]
    length = np.maximum((way * way).sum(axis=2, keepdims=True), 1e-9)
    part = ((points[None] - start) * way).sum(axis=2, keepdims=True) / length
    nearest = start + np.clip(part, 0, 1) * way
    return np.asarray(np.hypot(*np.moveaxis(nearest - points[None], 2, 0)) < _PIERCED)


def _distance(boxes: Floats, points: Floats) -> Floats:
    """Return the distance of each box to the nearest point."""
    offsets = np.clip(points[None], boxes[:, None, :2], boxes[:, None, 2:]) - points[None]
    distances: Floats = np.hypot(offsets[..., 0], offsets[..., 1]).min(axis=1, initial=np.inf)
    return distances


def _shared_cost(candidates: _Candidates, others: list[_Candidates]) -> Floats:
    """Return the cost of each place that comes from the places of other labels."""
    if not others:
        return np.zeros(len(candidates.gap))
    boxes = np.concatenate([other.box for other in others])
    leaders = np.concatenate([other.leader[other.is_led] for other in others])
    bad = 3.0 * meet(candidates.box, boxes).sum(axis=1) + pierce(leaders, candidates.box).sum(axis=0)
    bad = bad + candidates.is_led * (
        pierce(candidates.leader, boxes).sum(axis=1) + cross(candidates.leader, leaders).sum(axis=1)
    )
    result: Floats = bad * _FORBIDDEN
    return result


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
