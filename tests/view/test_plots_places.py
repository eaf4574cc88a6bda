"""The places of labels: plain geometry."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mfprofile.view.plots.places import Field, meet, placed

NOTHING = np.empty((0, 4))
WIDE = (-1000.0, -1000.0, 1000.0, 1000.0)


def boxes(points: np.ndarray, sizes: np.ndarray, field: Field) -> np.ndarray:
    """Return the boxes of the labels where they are placed."""
    centres = points + [(place.x, place.y) for place in placed(points, sizes, field)]
    return np.hstack([centres - sizes / 2, centres + sizes / 2])


def around(points: np.ndarray, half: float = 3.0) -> np.ndarray:
    """Return the boxes of markers."""
    return np.hstack([points - half, points + half])


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(-20, 20), st.integers(-20, 20)), min_size=1, max_size=8, unique=True))
def test_labels_overlap_neither_one_another_nor_points_if_there_is_room(grid: list[tuple[int, int]]) -> None:
    """Points on a coarse grid have a label each, and no two boxes overlap."""
    points = np.array(grid, float) * 18
    sizes = np.full((len(points), 2), (24.0, 8.0))
    labels = boxes(points, sizes, Field(WIDE, around(points), NOTHING))
    assert not meet(labels, around(points)).any()
    assert not any(meet(one[None], other[None]).any() for one, other in combinations(labels, 2))


def test_a_label_stays_in_the_frame() -> None:
    """At a corner it is on the inner side."""
    points, sizes = np.array([[99.0, 99.0]]), np.array([[20.0, 8.0]])
    [box] = boxes(points, sizes, Field((0, 0, 100, 100), around(points), NOTHING))
    assert (box >= 0).all()
    assert (box <= 100).all()


def test_a_label_avoids_a_line() -> None:
    """With a diagonal line through the point, the label is on one side of the line."""
    points, sizes = np.array([[0.0, 0.0]]), np.array([[20.0, 8.0]])
    [box] = boxes(points, sizes, Field(WIDE, around(points), np.array([[-50.0, -50.0, 50.0, 50.0]])))
    left, bottom, right, top = box
    assert top < left or bottom > right


def test_a_label_far_from_its_point_has_a_line_to_it() -> None:
    """If the area around the point is occupied, a thin line shows the point of a label. A near label needs none."""
    points, sizes = np.array([[0.0, 0.0]]), np.array([[20.0, 8.0]])
    taken = np.array([[-25.0, -13.0, 25.0, 13.0]])
    [led] = placed(points, sizes, Field(WIDE, taken, NOTHING))
    [near] = placed(points, sizes, Field(WIDE, around(points), NOTHING))
    assert (led.is_led, near.is_led) == (True, False)


def test_the_same_labels_get_the_same_places() -> None:
    """The result does not depend on chance."""
    points = np.array([[0.0, 0.0], [4.0, 1.0], [9.0, 3.0]])
    sizes = np.full((3, 2), (20.0, 8.0))
    field = Field(WIDE, around(points), NOTHING)
    assert placed(points, sizes, field) == placed(points, sizes, field)
