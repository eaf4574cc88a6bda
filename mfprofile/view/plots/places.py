"""The places of labels: near their points, and never over a marker, another label, or a line that leads to one.

A label that is far from its point has a thin line to it, a leader, which touches no other marker, label or leader. A
label without such a place has none. All of this is in points of 1/72 inch, and can be tested without a picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mfprofile.view.plots.geometry import Floats, box_to_disc, cross, meet, pierce, segment_to_disc

GAPS = (1.2, 2.5, 4.5, 8.0, 13.0, 20.0, 29.0, 42.0, 60.0)
"""The possible gaps between a label and the edge of its marker, nearest first."""

NEAREST = 20.0
"""The largest gap without `--labels`: a line of about three heights of a label. A longer one is worse than no label."""

LED = 7.0
"""A label with a larger gap has a leader."""

CLEAR, CLEAR_OF_OVERLAPPING = 0.8, 0.1
"""The least distance of a leader to the edge of another marker, and to one that overlaps the label's own marker."""

_ANGLES = np.radians([45, 135, 0, 180, 90, 270, 315, 225, 20, 160, 70, 110, 250, 290, 200, 340])
_FURTHER = np.radians([10, 32, 58, 80, 100, 122, 148, 170, 190, 212, 238, 260, 280, 302, 328, 350])
_OVER_LINE, _LED_OVER_LINE, _DOUBTFUL, _LEADER = 30.0, 10.0, 12.0, 8.0
_FORBIDDEN = 1000.0
_SAME = 0.5  # markers with a smaller distance are at one point
_ROUNDS, _TURNS = 8, 6


@dataclass(frozen=True, slots=True)
class Field:
    """What labels avoid. They never leave the `frame`, and never cover the `discs` of markers or the `boxes` of texts.

    They cross `lines` only if necessary.
    """

    frame: tuple[float, float, float, float]
    discs: Floats
    boxes: Floats
    lines: Floats

    def near(self, point: Floats, reach: float) -> Field:
        """Return the part of the field within `reach` of a point, horizontally and vertically."""
        around = np.concatenate([point - reach, point + reach])[None]
        lines = self.lines.reshape(-1, 2, 2)
        hulls = np.concatenate([lines.min(axis=1) - 1, lines.max(axis=1) + 1], axis=1)
        discs = self.discs[(np.abs(self.discs[:, :2] - point) < reach + self.discs[:, 2:]).all(axis=1)]
        return Field(self.frame, discs, self.boxes[meet(around, self.boxes)[0]], self.lines[meet(around, hulls)[0]])


@dataclass(frozen=True, slots=True)
class Place:
    """The centre of a label relative to its point, and its leader, if it has one: from the marker's edge to the label.

    The ends of the leader are relative to the point, too.
    """

    x: float
    y: float
    leader: tuple[float, float, float, float] | None


def placed(points: Floats, sizes: Floats, field: Field, furthest: float = NEAREST) -> list[Place | None]:
    """Return the place of each label, or None. `points` are the anchors, `sizes` the widths and heights of the texts.

    No gap is larger than `furthest`.

    Each label in turn takes its best place, several times, and in several orders. Of two labels that are in each
    other's way, the first keeps its place. The result is that of the best order: with the most labels, rather the first
    ones, and near their points. It is the same in every run.
    """
    reach = max(GAPS) + float(sizes.max(initial=0)) + float(field.discs[:, 2].max(initial=0))
    candidates = [
        _candidates(point, size, field.near(point, reach), furthest) for point, size in zip(points, sizes, strict=True)
    ]
    possible = [at for at, each in enumerate(candidates) if len(each.cost)]
    best: tuple[float, dict[int, int]] = (np.inf, {})
    for order in _orders(possible, [float(each.cost.min(initial=np.inf)) for each in candidates]):
        choices = _without_conflicts(_descended(order, candidates), candidates)
        missing = [_FORBIDDEN * (1 + 1 / (1 + at)) for at in possible if at not in choices]
        cost = sum(missing) + sum(float(candidates[at].cost[choice]) for at, choice in choices.items())
        best = min(best, (cost, choices), key=lambda each: each[0])
        if not missing:
            break
    return [_place(candidates[at], best[1].get(at), point) for at, point in enumerate(points)]


def _orders(labels: Sequence[int], least: Sequence[float]) -> Iterator[list[int]]:
    """Yield orders of the labels: as given, reversed, by their least cost with the highest first, and rotated."""
    given = list(labels)
    yield given
    yield given[::-1]
    yield sorted(given, key=lambda at: -least[at])
    for part in range(1, _TURNS):
        at = len(given) * part // _TURNS
        yield [*given[at:], *given[:at]]


def _descended(order: Sequence[int], candidates: Sequence[_Candidates]) -> dict[int, int]:
    """Return the choice of each label after no label changes its choice any more. Some may be in conflict."""
    choices: dict[int, int] = {}
    for _ in range(_ROUNDS):
        before = dict(choices)
        for at in order:
            others = [candidates[other].only(choice) for other, choice in choices.items() if other != at]
            choices[at] = int(np.argmin(candidates[at].cost + _FORBIDDEN * _conflicts(candidates[at], others)))
        if choices == before:
            break
    return choices


def _without_conflicts(choices: dict[int, int], candidates: Sequence[_Candidates]) -> dict[int, int]:
    """Return the choices without conflicts: first what is free at once, then what is free anywhere, in given order."""
    kept: dict[int, int] = {}
    for at in sorted(choices):
        others = [candidates[other].only(choice) for other, choice in kept.items()]
        if not _conflicts(candidates[at].only(choices[at]), others)[0]:
            kept[at] = choices[at]
    for at in sorted(set(choices) - set(kept)):
        others = [candidates[other].only(choice) for other, choice in kept.items()]
        cost = candidates[at].cost + _FORBIDDEN * _conflicts(candidates[at], others)
        if cost.min() < _FORBIDDEN:
            kept[at] = int(np.argmin(cost))
    return kept


def _place(candidates: _Candidates, choice: int | None, point: Floats) -> Place | None:
    if choice is None:
        return None
    x, y = (candidates.centre[choice] - point).tolist()
    ends = (candidates.leader[choice] - np.tile(point, 2)).tolist()
    return Place(x, y, (ends[0], ends[1], ends[2], ends[3]) if candidates.is_led[choice] else None)


@dataclass(frozen=True, slots=True)
class _Candidates:
    """The allowed places of one label: centres, boxes, lines to the point, whether these are drawn, and costs."""

    centre: Floats
    box: Floats
    leader: Floats
    is_led: NDArray[np.bool_]
    cost: Floats

    def only(self, choice: int) -> _Candidates:
        """Return one of the places."""
        return self.those(slice(choice, choice + 1))

    def those(self, which: slice | NDArray[np.bool_]) -> _Candidates:
        """Return some of the places."""
        floats = (self.centre, self.box, self.leader, self.cost)
        centre, box, leader, cost = (each[which] for each in floats)
        return _Candidates(centre, box, leader, self.is_led[which], cost)


def _candidates(point: Floats, size: Floats, field: Field, furthest: float) -> _Candidates:
    """Return all places that the field allows for a label, with their costs."""
    is_own = np.hypot(*(field.discs[:, :2] - point).T) < _SAME
    radius = float(field.discs[is_own, 2].max(initial=0))
    gap, angle, preference = _directions(furthest)
    way = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    centre = point + way * (radius + gap)[:, None] + np.clip(way * 2**0.5, -1, 1) * size / 2
    box = np.concatenate([centre - size / 2, centre + size / 2], axis=1)
    leader = _leaders(point, radius, centre, size)
    candidates = _Candidates(centre, box, leader, gap > LED, gap)
    is_allowed, doubtful = _verdicts(candidates, point, radius, field, field.discs[~is_own])
    crossed = pierce(field.lines, box).sum(axis=0) * _OVER_LINE
    led = cross(leader, field.lines).sum(axis=1) * _LED_OVER_LINE + _LEADER
    cost = gap + crossed + candidates.is_led * led + doubtful * _DOUBTFUL + preference
    return _Candidates(centre, box, leader, gap > LED, cost).those(is_allowed)


def _leaders(point: Floats, radius: float, centre: Floats, size: Floats) -> Floats:
    """Return the lines from the marker's edge to each label.

    They end at the label's box without its corners, rounded, because the letters do not extend into these.
    """
    corner = float(size.min()) / 2
    core = size / 2 - corner
    middle = np.clip(point, centre - core, centre + core)
    outward = (middle - point) / np.maximum(np.hypot(*(middle - point).T), 1e-9)[:, None]
    return np.concatenate([point + radius * outward, middle - corner * outward], axis=1)


def _directions(furthest: float) -> tuple[Floats, Floats, Floats]:
    """Return the gap, the angle and a small cost of each place. Leaders have twice as many angles."""
    ways = [gap for gap in GAPS if gap <= furthest]
    angles = [np.concatenate([_ANGLES, _FURTHER]) if gap > LED else _ANGLES for gap in ways]
    gaps = [np.full(len(each), gap) for gap, each in zip(ways, angles, strict=True)]
    return (
        np.concatenate(gaps),
        np.concatenate(angles),
        0.05 * np.concatenate([np.arange(len(each)) for each in angles]),
    )


def _verdicts(
    candidates: _Candidates, point: Floats, radius: float, field: Field, others: Floats
) -> tuple[NDArray[np.bool_], Floats]:
    """Return which places are allowed, and how much each looks like the label of one of the `others`, from 0 to 5."""
    left, bottom, right, top = field.frame
    box, is_led = candidates.box, candidates.is_led
    inside = (box[:, :2] >= (left, bottom)).all(axis=1) & (box[:, 2:] <= (right, top)).all(axis=1)
    own = box_to_disc(box, np.array([[*point, radius]]))[:, 0]
    distances = box_to_disc(box, others)
    nearby = distances.min(axis=1, initial=np.inf)
    nearer = (distances + others[:, 2]).min(axis=1, initial=np.inf) < 1.05 * (own + radius)  # to a smaller marker
    allowed = inside & (own > 0) & (nearby > 0) & ~meet(box, field.boxes).any(axis=1)
    overlap = np.hypot(*(others[:, :2] - point).T) < radius + others[:, 2] + CLEAR
    room = np.where(overlap, CLEAR_OF_OVERLAPPING, CLEAR)
    clear = (segment_to_disc(candidates.leader, others) > room).all(axis=1)
    clear &= ~pierce(candidates.leader, field.boxes).any(axis=1)
    doubtful = np.where(is_led & (nearby > 3), 0.0, 1.0 * (nearby < 1.5 * own) + 4.0 * (nearby < 0.7 * own))
    return allowed & np.where(is_led, clear, (nearby > 1.15 * own) & ~nearer), doubtful


def _conflicts(candidates: _Candidates, others: list[_Candidates]) -> Floats:
    """Return with how many of the other labels and leaders each place is in conflict."""
    if not others:
        return np.zeros(len(candidates.cost))
    boxes = np.concatenate([other.box for other in others])
    leaders = np.concatenate([other.leader[other.is_led] for other in others])
    own = meet(candidates.box, boxes).sum(axis=1) + pierce(leaders, candidates.box).sum(axis=0)
    result: Floats = own + candidates.is_led * (
        pierce(candidates.leader, boxes).sum(axis=1) + cross(candidates.leader, leaders).sum(axis=1)
    )
    return result
