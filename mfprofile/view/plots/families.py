"""Families of networks in the picture of accuracy: their markers, colours and lines."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mfprofile.paper.results import CNN, OURS, VIT
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.networks import INPUT, Point, front_of
from mfprofile.view.plots.stairs import stairs
from mfprofile.view.plots.units import YOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLORS = {OURS: "mobile", CNN: "cnn", VIT: "vit", YOURS: "user"}
SIZES = {OURS: 5.5, YOURS: 9.0}
"""The size of the markers in points of 1/72 inch; the others have `SIZE`."""
SIZE = 4.0
MOST_SEPARATE = 40
"""The most points of a family whose number is not in the legend."""
_OVER = 7.5
"""The order of the markers that are drawn over those of the user."""
_LABELS = {YOURS: "ours"}
_MARKERS = {
    OURS: "o", "MobileNetV3": "s", "EfficientNet": "D", "ShuffleNetV2": "^", "ShuffleNetV2+WeightNet": "v",
}  # fmt: skip


def draw_family(axes: Axes, family: list[Point], look: Look, recounted: bool) -> tuple[list[float], list[float]] | None:
    """Draw the points of a family and return its line. Transformers and the user's networks have no line.

    A family without a line is drawn over the user's larger markers, which would hide it.
    """
    first = family[0]
    alike = [point for point in family if point.source == first.source]
    joined = _line(alike) if first.sort in (OURS, CNN) and len(alike) > 1 else []
    label = first.family if first.sort == CNN else _LABELS.get(first.sort, first.sort)
    label = f"{label} ({len(family):,})" if len(family) > MOST_SEPARATE else label
    others = [point for point in family if point not in joined]
    hollow = [point for point in others if recounted and point.source == "printed"]
    filled = [point for point in others if point not in hollow]
    is_hollow = recounted and bool(joined) and first.source == "printed"
    groups = ((joined, "-", is_hollow), (filled, "none", False), (hollow, "none", True))
    for each, line, empty in (group for group in groups if group[0]):
        is_named = (line == "-") == bool(joined) and (first.sort == CNN or not empty)
        legend_label = label if is_named and all(drawn.get_label() != label for drawn in axes.lines) else "_"
        style = {**style_of(first, look, recounted, empty), "linestyle": line, "label": legend_label}
        plot_points(axes, each, style if joined or first.sort == YOURS else {**style, "zorder": _OVER - 0.1 * empty})
    return ([point.cost for point in joined], [point.top1 or 0.0 for point in joined]) if joined else None


def plot_points(axes: Axes, points: Sequence[Point], style: dict[str, Any]) -> None:
    """Draw points in a style."""
    axes.plot([point.cost for point in points], [point.top1 or 0.0 for point in points], **style)


def style_of(point: Point, look: Look, recounted: bool, hollow: bool) -> dict[str, Any]:
    """Return the style of a point's family. `hollow` markers have only an edge; filled ones get the same size."""
    color, ground = look.colors[COLORS[point.sort]], look.colors["ground"]
    is_edged = recounted and point.sort in (CNN, VIT)
    return {
        "marker": _MARKERS.get(point.family, "*" if point.sort == YOURS else "P"),
        "markersize": SIZES.get(point.sort, SIZE),
        "linewidth": 1.8 if point.sort == OURS else 0.8,
        "color": color,
        "markerfacecolor": ground if hollow else color,
        "markeredgecolor": color if is_edged else ground,
        "markeredgewidth": 0.8 if is_edged else 0.4,
        "zorder": {OURS: 4, YOURS: 7}.get(point.sort, 3 - 0.1 * hollow),
    }


def _line(family: list[Point]) -> list[Point]:
    """Return the points of a family's line in order of cost: all if the line rises, else those of one input size."""
    ordered = sorted(family, key=lambda point: (point.cost, point.top1))
    rises = all(one.cost < other.cost and (one.top1 or 0) < (other.top1 or 0) for one, other in pairwise(ordered))
    return ordered if rises else [point for point in ordered if point.input == INPUT]


def outline_markers(axes: Axes) -> None:
    """Draw the outlines of all markers on lines again, over the user's larger markers and front, which hide them."""
    for line in [each for each in axes.lines if each.get_linestyle() != "None" and each.get_marker() != "None"]:
        size, color = line.get_markersize() - 1.2, line.get_color()
        axes.plot(*line.get_data(), linestyle="none", marker=line.get_marker(), markersize=size, zorder=_OVER,
                  markerfacecolor="none", markeredgecolor=color, markeredgewidth=0.8)  # fmt: skip


def draw_ticks(axes: Axes, ticks: Sequence[Point], look: Look) -> None:
    """Mark the costs of networks without a measured accuracy as ticks on the axis."""
    if ticks:
        axes.plot(
            [point.cost for point in ticks],
            [0] * len(ticks),
            linestyle="none",
            marker="|",
            markersize=7,
            markeredgewidth=1.2,
            color=look.colors["user"],
            label="no accuracy measured",
            transform=axes.get_xaxis_transform(),
            clip_on=False,
            zorder=5,
        )


def draw_front(axes: Axes, points: Sequence[Point], look: Look) -> list[tuple[list[float], list[float]]]:
    """Draw the front of the user's networks as a step line, and return the line, if there is one."""
    best = front_of(points)
    if not best:
        return []
    from matplotlib.patheffects import withStroke

    line = stairs([(point.cost, point.top1 or 0.0) for point in best], False)
    axes.plot(
        *line,
        linestyle=(0, (4, 1.5)),
        linewidth=1.4,
        color=look.colors["user"],
        label="front of ours",
        zorder=6,
        path_effects=[withStroke(linewidth=2.6, foreground=look.colors["ground"])],
    )
    return [line]
