"""Accuracy against cost: the paper's Figure 2 with the exact costs of Mobile-Former, and the user's networks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

from mfprofile.cost.conventions import find_convention
from mfprofile.cost.device import Device
from mfprofile.paper.baselines import CONVENTION as CORE
from mfprofile.paper.results import CNN, OURS, VIT
from mfprofile.view.plots.axes import annotate, logarithmic, percent, short, write_legend
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.networks import INPUT, YOURS, Point, networks
from mfprofile.view.plots.picture import Picture
from mfprofile.view.plots.units import NAMES, TITLES, cost_label, model_of, written

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_NAMED, MOST_NUMBERED = 8, 40
"""The most points of the user that are labelled with names, and with numbers that the legend explains."""
_BRIEF = 16  # letters of a name, if three names fit side by side in the legend
_LABELS = {YOURS: "further networks"}
_COLORS = {OURS: "mobile", CNN: "cnn", VIT: "vit", YOURS: "user"}
_MARKERS = {
    OURS: "o", "MobileNetV3": "s", "EfficientNet": "D", "ShuffleNetV2": "^", "ShuffleNetV2+WeightNet": "v",
}  # fmt: skip


def accuracy(
    look: Look,
    specs: Sequence[str] = (),
    file: str | None = None,
    cost: str = "madds",
    convention: str | None = None,
    recounted: bool = False,
    device: Device | None = None,
) -> Picture:
    """Draw top-1 on ImageNet against multiply-adds, parameters or latency (`cost`), on a logarithmic axis.

    Mobile-Former is counted in the convention, by default `paper`. The other networks are as printed in the paper
    (Tables 2 and 3). With `recounted`, the networks that can be built are counted too, all in `core`, and a hollow
    marker means as printed. Latencies are predicted by `device`, and only those of Mobile-Former. `specs` are further
    variants, and `file` is a CSV of the user's networks. A network without a measured accuracy is a tick on the axis of
    cost. Raises `InputError`.
    """
    convention = (CORE if recounted else "paper") if convention is None else convention
    points = list(networks(specs, file, cost, convention, recounted, device))
    counting = find_convention(convention).on(device)
    with look.applied():
        rows = -(-len(_numbers(points)) // _legend_columns(points, look))
        figure = look.figure((3.9 if look.columns == 2 else 3.6) + 0.16 * rows)
        axes = figure.add_subplot()
        axes.set_title(title := f"ImageNet top-1 against {TITLES[cost]}")
        axes.set_ylabel("ImageNet top-1 (%)")
        percent(axes.yaxis)
        axes.set_xlabel(cost_label(cost, f"{NAMES[cost]}, log scale", counting, look, recounted))
        _draw(axes, points, look, recounted, written(cost))
    return Picture(title, figure, [asdict(point) for point in points], convention, model_of([cost], counting))


def _draw(axes: Axes, points: Sequence[Point], look: Look, recounted: bool, write: Callable[[float], str]) -> None:
    placed = [(point.cost, point.top1, point) for point in points if point.top1 is not None]
    ticks = [point for point in points if point.top1 is None]
    logarithmic(axes, "x", min(point.cost for point in points), max(point.cost for point in points), write)
    axes.set_ylim(min(top1 for _, top1, _ in placed) - 1.2 - bool(ticks), max(top1 for _, top1, _ in placed) + 1.2)
    families = groupby((point for *_, point in placed), key=lambda point: point.family)
    lines = [line for _, members in families if (line := _family(axes, list(members), look, recounted))]
    _ticks(axes, ticks, look)
    if recounted:
        quiet = {"color": look.colors["quiet"], "markerfacecolor": look.colors["ground"], "markeredgewidth": 0.8}
        _plot(axes, [], {**quiet, "marker": "o", "markersize": 4, "linestyle": "none", "label": "as printed"})
    _number_in_legend(axes, points, look, recounted)
    write_legend(axes.figure, look, _legend_columns(points, look))
    floor = axes.get_ylim()[0]
    places = [(point.cost, floor if point.top1 is None else point.top1) for point in points]
    labels = [
        (*places[at], text, look.text_color(_COLORS[points[at].sort])) for at, text in _labels(points, look).items()
    ]
    annotate(axes, labels, look, places, lines)


def _number_in_legend(axes: Axes, points: Sequence[Point], look: Look, recounted: bool) -> None:
    """Add the numbered points to the legend, each with its marker and name."""
    for at, number in _numbers(points).items():
        own = {**_style(points[at], look, recounted, False), "linestyle": "none"}
        if points[at].top1 is None:
            own |= {"marker": "|", "markeredgecolor": own["color"], "markeredgewidth": 1.2}
        axes.plot([], [], **own, label=f"{number}  {short(points[at].name)}")


def _labels(points: Sequence[Point], look: Look) -> dict[int, str]:
    """Return the label of each labelled point, by its index.

    One column has room for the names of Mobile-Former and of the user's networks. With very many of the user's
    networks, only Mobile-Former has names.
    """
    numbers, crowded = _numbers(points), _is_crowd(points)
    sorts = {OURS, *(() if crowded else (YOURS,)), *((VIT,) if look.columns == 2 and not crowded else ())}
    return {at: numbers.get(at) or short(point.name) for at, point in enumerate(points) if point.sort in sorts}


def _legend_columns(points: Sequence[Point], look: Look) -> int:
    """Return the number of columns of the legend: fewer for long names."""
    longest = max((len(points[at].name) for at in _numbers(points)), default=0)
    return 2 * look.columns if longest <= _BRIEF else 2 * look.columns - 1


def _family(axes: Axes, family: list[Point], look: Look, recounted: bool) -> tuple[list[float], list[float]] | None:
    """Draw the points of a family and return its line. Transformers and the user's networks have no line."""
    first = family[0]
    alike = [point for point in family if point.source == first.source]
    joined = _line(alike) if first.sort in (OURS, CNN) and len(alike) > 1 else []
    label = first.family if first.sort == CNN else _LABELS.get(first.sort, first.sort)
    label = f"{len(family):,} {label}" if len(family) > MOST_NUMBERED else label
    others = [point for point in family if point not in joined]
    hollow = [point for point in others if recounted and point.source == "printed"]
    filled = [point for point in others if point not in hollow]
    is_hollow = recounted and bool(joined) and first.source == "printed"
    groups = ((joined, "-", is_hollow), (filled, "none", False), (hollow, "none", True))
    for each, style, empty in (group for group in groups if group[0]):
        is_named = (style == "-") == bool(joined) and (first.sort == CNN or not empty)
        legend_label = label if is_named and all(line.get_label() != label for line in axes.lines) else "_"
        _plot(axes, each, {**_style(first, look, recounted, empty), "linestyle": style, "label": legend_label})
    return ([point.cost for point in joined], [point.top1 or 0.0 for point in joined]) if joined else None


def _plot(axes: Axes, points: Sequence[Point], style: dict[str, Any]) -> None:
    axes.plot([point.cost for point in points], [point.top1 or 0.0 for point in points], **style)


def _style(point: Point, look: Look, recounted: bool, hollow: bool) -> dict[str, Any]:
    """Return the style of a point's family. `hollow` markers have only an edge; filled ones get the same size."""
    color, ground = look.colors[_COLORS[point.sort]], look.colors["ground"]
    is_edged = recounted and point.sort in (CNN, VIT)
    return {
        "marker": _MARKERS.get(point.family, "*" if point.sort == YOURS else "P"),
        "markersize": {OURS: 5.5, YOURS: 7}.get(point.sort, 4),
        "linewidth": 1.8 if point.sort == OURS else 0.8,
        "color": color,
        "markerfacecolor": ground if hollow else color,
        "markeredgecolor": color if is_edged else ground,
        "markeredgewidth": 0.8 if is_edged else 0.4,
        "zorder": 4 if point.sort in (OURS, YOURS) else 3 - 0.1 * hollow,
    }


def _line(family: list[Point]) -> list[Point]:
    """Return the points of a family's line in order of cost: all if the line rises, else those of one input size."""
    ordered = sorted(family, key=lambda point: (point.cost, point.top1))
    rises = all(one.cost < other.cost and (one.top1 or 0) < (other.top1 or 0) for one, other in pairwise(ordered))
    return ordered if rises else [point for point in ordered if point.input == INPUT]


def _numbers(points: Sequence[Point]) -> dict[int, str]:
    """Return the numbers of the user's points by their index, if there is no room for their names."""
    own = sorted((point.cost, at) for at, point in enumerate(points) if point.sort == YOURS)
    return {at: str(number) for number, (_, at) in enumerate(own, 1)} if MOST_NAMED < len(own) <= MOST_NUMBERED else {}


def _is_crowd(points: Sequence[Point]) -> bool:
    return sum(point.sort == YOURS for point in points) > MOST_NUMBERED


def _ticks(axes: Axes, ticks: Sequence[Point], look: Look) -> None:
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
