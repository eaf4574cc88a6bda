"""The places of labels: plain geometry, judged by sampled leaders and by boxes and discs compared one by one."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfprofile.view.plots.places import CLEAR_OF_OVERLAPPING, GAPS, Field, Place, _leaders, placed

NOTHING = np.empty((0, 4))
WIDE = (-1000.0, -1000.0, 1000.0, 1000.0)
HALF = 0.5  # points at a smaller distance are at one spot
COORDINATES = st.floats(0, 190, width=16)
SIZES = st.tuples(st.sampled_from([6.0, 18.0, 45.0, 90.0]), st.just(8.0))
LABELLED = st.lists(
    st.tuples(st.tuples(COORDINATES, COORDINATES), SIZES, st.sampled_from([2.0, 2.75, 3.5])), max_size=30
)


def discs(points: np.ndarray, radius: float = 3.0) -> np.ndarray:
    """Return the discs of markers."""
    return np.column_stack([points, np.broadcast_to(radius, len(points))])


def field(points: np.ndarray, frame: tuple[float, float, float, float] = WIDE) -> Field:
    """Return a field with nothing but markers."""
    return Field(frame, discs(points), NOTHING, NOTHING)


def box_of(place: Place, point: np.ndarray, size: np.ndarray) -> tuple[float, float, float, float]:
    """Return the box of a label that is placed."""
    x, y = point[0] + place.x, point[1] + place.y
    return x - size[0] / 2, y - size[1] / 2, x + size[0] / 2, y + size[1] / 2


def overlap(one: tuple[float, ...], other: tuple[float, ...], slack: float = 1e-6) -> bool:
    """Return whether two boxes overlap by more than the slack."""
    return all(min(one[at + 2], other[at + 2]) - max(one[at], other[at]) > slack for at in (0, 1))


def sampled(place: Place, point: np.ndarray) -> np.ndarray:
    """Return many places on the leader of a label, or none."""
    if place.leader is None:
        return np.empty((0, 2))
    start, end = np.reshape(place.leader, (2, 2)) + point
    return start + np.linspace(0, 1, 300)[:, None] * (end - start)


@settings(max_examples=25)
@given(LABELLED)
def test_no_label_or_leader_ever_touches_another_marker_label_or_leader(
    labelled: list[tuple[tuple[float, float], tuple[float, float], float]],
) -> None:
    """Points anywhere, also at one spot or overlapping, with short and long names and markers of several sizes.

    A label that would touch something is left out.
    """
    points = np.array([point for point, _, _ in labelled], float).reshape(-1, 2)
    sizes = np.array([size for _, size, _ in labelled], float).reshape(-1, 2)
    radii = np.array([radius for *_, radius in labelled])
    frame = (-5.0, -5.0, 195.0, 195.0)
    places = placed(points, sizes, Field(frame, np.column_stack([points, radii]), NOTHING, NOTHING))
    shown = [at for at, place in enumerate(places) if place is not None]
    boxes = {at: box_of(places[at], points[at], sizes[at]) for at in shown}
    lines = {at: sampled(places[at], points[at]) for at in shown}
    for box in boxes.values():
        assert frame[0] <= box[0]
        assert frame[1] <= box[1]
        assert box[2] <= frame[2]
        assert box[3] <= frame[3]
    for one, other in combinations(shown, 2):
        assert not overlap(boxes[one], boxes[other])
    for at, (centre, radius) in ((at, each) for at in shown for each in zip(points, radii, strict=True)):
        left, bottom, right, top = boxes[at]
        assert np.hypot(*(np.clip(centre, (left, bottom), (right, top)) - centre)) >= radius - 1e-6
        if np.hypot(*(centre - points[at])) >= HALF and len(lines[at]):
            assert np.hypot(*(lines[at] - centre).T).min() >= radius + CLEAR_OF_OVERLAPPING - 1e-6
    for one, other in permutations(shown, 2):
        left, bottom, right, top = boxes[other]
        inside = (lines[one] > (left + 1e-6, bottom + 1e-6)) & (lines[one] < (right - 1e-6, top - 1e-6))
        assert not inside.all(axis=1).any()


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(-20, 20), st.integers(-20, 20)), min_size=1, max_size=8, unique=True))
def test_every_point_has_its_label_if_there_is_room(grid: list[tuple[int, int]]) -> None:
    """Up to eight points on a coarse grid without a frame nearby."""
    points = np.array(grid, float) * 18
    sizes = np.full((len(points), 2), (24.0, 8.0))
    assert None not in placed(points, sizes, field(points))


def test_a_label_without_room_is_left_out_and_the_first_is_kept() -> None:
    """In a small frame only one label fits, that of the first point. A text wider than the frame has no place."""
    points = np.array([[20.0, 10.0], [24.0, 10.0]])
    sizes = np.full((2, 2), (24.0, 8.0))
    first, second = placed(points, sizes, field(points, (-10.0, 0.0, 40.0, 22.0)))
    assert first is not None
    assert second is None
    assert placed(points[:1], np.array([[60.0, 8.0]]), field(points[:1], (-10.0, 0.0, 40.0, 22.0))) == [None]


def test_three_overlapping_points_have_their_leaders_on_their_own_sides() -> None:
    """No leader goes back through the other markers."""
    points = np.array([[0.0, 0.0], [1.0, 1.2], [2.0, -0.6]])
    places = placed(points, np.full((3, 2), (20.0, 8.0)), field(points))
    assert None not in places
    led = [sampled(place, point) for place, point in zip(places, points, strict=True)]
    for one, other in permutations(range(3), 2):
        assert not len(led[one]) or np.hypot(*(led[one] - points[other]).T).min() > 3.0


def test_a_label_stays_in_the_frame() -> None:
    """At a corner it is on the inner side."""
    points, sizes = np.array([[96.0, 96.0]]), np.array([[20.0, 8.0]])
    [place] = placed(points, sizes, field(points, (0.0, 0.0, 100.0, 100.0)))
    box = box_of(place, points[0], sizes[0])
    assert min(box) >= 0
    assert max(box) <= 100


def test_a_label_avoids_a_line() -> None:
    """With a diagonal line through the point, the label is on one side of the line."""
    points, sizes = np.array([[0.0, 0.0]]), np.array([[20.0, 8.0]])
    line = np.array([[-50.0, -50.0, 50.0, 50.0]])
    [place] = placed(points, sizes, Field(WIDE, discs(points), NOTHING, line))
    left, bottom, right, top = box_of(place, points[0], sizes[0])
    assert top < left or bottom > right


def test_a_label_far_from_its_point_has_a_leader_that_begins_at_the_markers_edge() -> None:
    """If the area around the point is occupied by a text. A near label has none."""
    points, sizes = np.array([[0.0, 0.0]]), np.array([[20.0, 8.0]])
    taken = np.array([[-25.0, 3.2, 25.0, 13.0], [-25.0, -13.0, 25.0, -3.2], [3.2, -3.0, 25.0, 3.0]])
    [led] = placed(points, sizes, Field(WIDE, discs(points), taken, NOTHING), max(GAPS))
    [near] = placed(points, sizes, field(points))
    assert near.leader is None
    assert led.leader is not None
    assert np.isclose(np.hypot(*led.leader[:2]), 3.0)
    left, bottom, right, top = box_of(led, points[0], sizes[0])
    x, y = led.leader[2:]
    assert left - 1e-6 <= x <= right + 1e-6
    assert bottom - 1e-6 <= y <= top + 1e-6


@pytest.mark.parametrize("size", [(8.0, 8.0), (4.0, 8.0), (40.0, 8.0)])
def test_a_leader_meets_its_label_off_its_corners(size: tuple[float, float]) -> None:
    """A corner of the box is empty: a line that ends there does not reach the letters. From all directions."""
    angles = np.radians(np.arange(0, 360, 5))
    centre = 40 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    ends = _leaders(np.zeros(2), 3.0, centre, np.array(size)) - np.tile(centre, 2)
    half, corner = np.array(size) / 2, min(size) / 2
    away = np.abs(ends[:, 2:])
    assert (away <= half + 1e-9).all()
    assert np.allclose(np.hypot(*np.maximum(away - (half - corner), 0).T), corner)
    assert np.allclose(np.hypot(*(ends[:, :2] + centre).T), 3.0)


def test_the_same_labels_get_the_same_places() -> None:
    """The result does not depend on chance."""
    points = np.array([[0.0, 0.0], [4.0, 1.0], [9.0, 3.0]])
    sizes = np.full((3, 2), (20.0, 8.0))
    assert placed(points, sizes, field(points)) == placed(points, sizes, field(points))


def test_no_labels_have_no_places() -> None:
    """Nothing is asked for, and nothing fails."""
    assert placed(np.empty((0, 2)), np.empty((0, 2)), field(np.array([[0.0, 0.0]]))) == []
