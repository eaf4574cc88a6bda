"""Labels at the points of a picture: where there is room, with thin lines to their points where they are far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from mfprofile.spec.words import listed, several
from mfprofile.view.plots.axes import settle
from mfprofile.view.plots.fonts import families
from mfprofile.view.plots.limits import MOST_LISTED
from mfprofile.view.plots.look import Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from mfprofile.view.plots.geometry import Floats
    from mfprofile.view.plots.places import Place

Label: TypeAlias = tuple[float, float, str, str]
"""The point of a label, its text and its colour."""
OPTIONS = "--only, --xlim or --ylim"
"""The options that make room for labels in a picture of families."""
LEADER = "_leader"
"""The label of a line that leads to a label, by which it is known; it is in no legend."""


@dataclass(frozen=True, slots=True)
class Around:
    """What labels avoid: the markers of `points` and, if possible, `lines`.

    `size` is that of the labels' text and `marker` that of all points or of each, in points of 1/72 inch.
    """

    points: Sequence[tuple[float, float]]
    lines: Sequence[tuple[Sequence[float], Sequence[float]]] = ()
    size: float = 6.5
    marker: float | Sequence[float] = 6.0


def annotate(
    axes: Axes,
    labels: Sequence[Label],
    look: Look,
    around: Around,
) -> list[Place | None]:
    """Write labels near their points, without overlaps with other labels, leaders and what is `around`.

    The labels also avoid the texts that the axes already have. Of two labels in each other's way, the first is kept.
    Return the place of each, which is None for one that is left out. The figure is laid out here: draw all other
    parts and set the limits of the axes before the call.
    """
    from mfprofile.view.plots.places import GAPS, NEAREST, Field, placed

    if not labels:
        return []
    settle(axes.figure)
    furthest = max(GAPS) if look.labels else NEAREST
    anchors = _in_points(axes, [(x, y) for x, y, *_ in labels])
    field = Field(_frame(axes), _discs(axes, around.points, around.marker), _texts(axes), _segments(axes, around.lines))
    places = placed(anchors, _sizes(axes, [text for *_, text, _ in labels], around.size), field, furthest)
    for label, place in zip(labels, places, strict=True):
        if place is not None:
            _write(axes, label, place, look, around.size)
    return places


def name_points(
    axes: Axes,
    labels: Sequence[Label],
    look: Look,
    around: Around,
    options: str = "--xlim or --ylim",
) -> list[str]:
    """Write labels as `annotate` does, if the look has labels, and return a note on those that are left out."""
    if look.labels is False:
        return []
    return left_out([text for *_, text, _ in labels], annotate(axes, labels, look, around), look, options)


def left_out(texts: Sequence[str], places: Sequence[Place | None], look: Look, options: str = "") -> list[str]:
    """Return a note that names the labels without a place, with what to do; `options` are further ones that help."""
    names = [text for text, place in zip(texts, places, strict=True) if place is None]
    if not names:
        return []
    remedies = ", ".join([*(["--span 2"] if look.columns == 1 else []), *filter(None, [options])])
    verb = "does" if len(names) == 1 else "do"
    remedy = f"; use {remedies}" if remedies else ""
    return [f"{several(len(names), 'label')} {verb} not fit: {listed(names, MOST_LISTED)}{remedy}"]


def _write(axes: Axes, label: Label, place: Place, look: Look, size: float) -> None:
    from matplotlib.patheffects import withStroke

    x, y, text, color = label
    axes.annotate(
        text,
        (x, y),
        (place.x, place.y),
        textcoords="offset points",
        fontsize=size,
        fontfamily=families(text),
        color=color,
        ha="center",
        va="center",
        path_effects=[withStroke(linewidth=1.2, foreground=look.colors["ground"])],  # over lines
        zorder=8,
    )
    if place.leader is not None:
        _lead(axes, (x, y), place.leader, look)


def _lead(axes: Axes, point: tuple[float, float], leader: tuple[float, float, float, float], look: Look) -> None:
    """Draw a line to a label. The ends are in points of 1/72 inch, relative to the label's point."""
    from matplotlib.lines import Line2D
    from matplotlib.transforms import ScaledTranslation

    from_x, from_y, to_x, to_y = (end / 72 for end in leader)
    to_data: Any = axes.transData  # matplotlib asks for an affine transform here, but takes any
    line = Line2D(
        [from_x, to_x],
        [from_y, to_y],
        transform=axes.figure.dpi_scale_trans + ScaledTranslation(*point, to_data),
        color=look.colors["quiet"],
        linewidth=0.5,
        solid_capstyle="butt",
        label=LEADER,
        zorder=5,
    )
    axes.add_artist(line)


def _in_points(axes: Axes, places: Sequence[tuple[float, float]]) -> Floats:
    """Return positions in the axes' data as points of 1/72 inch from the figure's corner."""
    positions: Floats = axes.transData.transform(np.array(places, float).reshape(-1, 2)) * _points_per_pixel(axes)
    return positions


def _points_per_pixel(axes: Axes) -> float:
    return 72 / axes.figure.dpi


def _frame(axes: Axes) -> tuple[float, float, float, float]:
    left, bottom, right, top = map(float, np.array(axes.bbox.extents) * _points_per_pixel(axes))
    return left, bottom, right, top


def _sizes(axes: Axes, texts: Sequence[str], size: float) -> Floats:
    """Return the width and height of each text, with a margin of half a point."""
    probe = axes.text(0, 0, "", fontsize=size)
    sizes = []
    for text in texts:
        probe.set(text=text, fontfamily=families(text))
        sizes.append(np.array(probe.get_window_extent().size) * _points_per_pixel(axes) + 1)
    probe.remove()
    return np.array(sizes)


def _discs(axes: Axes, points: Sequence[tuple[float, float]], marker: float | Sequence[float]) -> Floats:
    """Return the centres and radii of the markers of all points."""
    radii = np.broadcast_to(np.array(marker, float) / 2, len(points))
    return np.column_stack([_in_points(axes, points), radii])


def _texts(axes: Axes) -> Floats:
    """Return the boxes of the axes' texts."""
    texts = [np.array(text.get_window_extent().extents) * _points_per_pixel(axes) for text in axes.texts]
    return np.reshape(texts, (-1, 4))


def _segments(axes: Axes, lines: Sequence[tuple[Sequence[float], Sequence[float]]]) -> Floats:
    paths = [_in_points(axes, list(zip(xs, ys, strict=True))) for xs, ys in lines]
    parts = [np.hstack([path[:-1], path[1:]]) for path in paths]
    return np.concatenate([np.empty((0, 4)), *parts])
