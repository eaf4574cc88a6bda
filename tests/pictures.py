"""Checks of pictures: every text as it is drawn, and what it overlaps.

`overlaps` is for every picture, `covered` and `misleading` for pictures with points.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from itertools import combinations
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from effort import one_in
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.lines import Line2D
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

from mfprofile.view.plots.labels import LEADER
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.picture import Picture

LOOKS = (Look(2), Look(1, dark=True))  # dark or light moves nothing, so two of the four looks are enough
EACH_LOOK = one_in(2, LOOKS)
"""Both looks for `parametrize`; the second one is for slow tests."""
DPI = 300  # as a PNG is saved
NEAR = 2.0 * DPI / 72  # pixels: markers with centres this close cover one another
SLACK = 1.5  # pixels that texts may overlap: a box of text is a little larger than its ink


def numbers_in(file: Path) -> dict[str, Any]:
    """Return the title and the data in an SVG."""
    match = re.search(r"<dc:description>(.*?)</dc:description>", file.read_text(encoding="utf-8"), re.DOTALL)
    assert match
    numbers: dict[str, Any] = json.loads(unescape(match[1]))
    return numbers


def texts(picture: Picture, look: Look) -> list[tuple[str, Bbox]]:
    """Return each drawn text and its box, in pixels at the resolution of a saved PNG."""
    boxes: list[tuple[str, Bbox]] = []
    draw = Text.draw

    def record(self: Text, renderer: Any) -> None:
        draw(self, renderer)
        if self.get_visible() and self.get_text().strip():
            boxes.append((self.get_text(), Text.get_window_extent(self, renderer)))

    with look.applied():
        figure = picture.figure
        figure.dpi = DPI
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        with mock.patch.object(Text, "draw", record):
            canvas.draw()
    return boxes


def overlaps(picture: Picture, look: Look) -> list[str]:
    """Return a line for each pair of overlapping texts, and for each text that is not fully inside the figure."""
    boxes = texts(picture, look)
    frame = picture.figure.bbox
    outside = [f"{text!r} is outside the figure" for text, box in boxes if not _is_inside(box, frame)]
    pairs = combinations(boxes, 2)
    return outside + [f"{one!r} overlaps {other!r}" for (one, box), (other, rest) in pairs if _meet(box, rest)]


def covered(picture: Picture, look: Look) -> list[str]:
    """Return a line for each text of a panel that lies on the marker of a point."""
    boxes = texts(picture, look)
    points = list(_points(picture))
    return [f"{text!r} lies on a point" for text, box in boxes if any(_meet(box, point) for point in points)]


def leaders(axes: Axes) -> Iterator[tuple[Any, Any]]:
    """Yield both ends of each line that leads to a label, in pixels: at the marker, and at the label."""
    for line in axes.get_children():
        if isinstance(line, Line2D) and line.get_label() == LEADER:
            yield tuple(line.get_transform().transform(line.get_xydata()))


def misleading(picture: Picture, look: Look) -> list[str]:
    """Return a line for each label that is nearer to another point, and for each leader that touches a point or text.

    A leader may touch its own point and text.
    """
    texts(picture, look)
    points = list(_points(picture))
    return [
        fault
        for axes in picture.figure.axes
        for fault in (*_doubtful_labels(axes, points), *_doubtful_leaders(axes, points))
    ]


def _doubtful_labels(axes: Axes, points: list[Bbox]) -> Iterator[str]:
    centres = np.array([(point.min + point.max) / 2 for point in points])
    led = [end for _, end in leaders(axes)]
    for text in (each for each in axes.texts if isinstance(each, Annotation)):
        box = Text.get_window_extent(text)
        if any(_is_at(box, end) for end in led):
            continue
        own = axes.transData.transform(text.xy)
        others = centres[np.hypot(*(centres - own).T) > NEAR]
        away = [float(np.hypot(*(np.clip(each, box.min, box.max) - each))) for each in (own, *others)]
        if min(away[1:], default=away[0]) < away[0]:
            yield f"{text.get_text()!r} is nearer to another"


def _doubtful_leaders(axes: Axes, points: list[Bbox]) -> Iterator[str]:
    boxes = [(text.get_text(), Text.get_window_extent(text)) for text in axes.texts if text.get_text()]
    for start, end in leaders(axes):
        way = start + np.linspace(0, 1, 200)[:, None] * (end - start)
        for point in points:
            centre, radius = (point.min + point.max) / 2, point.width / 2
            if np.hypot(*(start - centre)) > radius / 0.8 + NEAR and (np.hypot(*(way - centre).T) < radius).any():
                yield f"a leader touches the point at {centre}"
        for name, box in boxes:
            if not _is_at(box, end) and ((way > box.min + SLACK) & (way < box.max - SLACK)).all(axis=1).any():
                yield f"a leader touches {name!r}"


def _is_at(box: Bbox, end: Any) -> bool:
    return float(np.hypot(*(np.clip(end, box.min, box.max) - end))) < 2 * DPI / 72


def _is_inside(box: Bbox, frame: Bbox) -> bool:
    low, high = box.min, box.max
    return bool((low >= frame.min - SLACK).all() and (high <= frame.max + SLACK).all())


def _meet(one: Bbox, other: Bbox) -> bool:
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    return bool(width > SLACK and height > SLACK)


def _points(picture: Picture) -> Iterator[Bbox]:
    """Yield the box of each marker in pixels. Points outside their panel are not drawn."""
    for axes in picture.figure.axes:
        for line in axes.lines:
            if line.get_marker() not in ("None", "none", "", " ", None):
                places = line.get_transform().transform(line.get_xydata())
                yield from (_box(x, y, line.get_markersize()) for x, y in places if axes.bbox.contains(x, y))
        for collection in axes.collections:
            if isinstance(collection, PathCollection):
                places = collection.get_offset_transform().transform(collection.get_offsets())
                yield from (_box(x, y, max(collection.get_sizes()) ** 0.5) for x, y in places)


def _box(x: float, y: float, size: float) -> Bbox:
    """Return the box of a marker with its size in points. It is reduced, because most markers do not fill their square."""
    half = size * DPI / 72 / 2 * 0.8
    return Bbox.from_extents(x - half, y - half, x + half, y + half)
