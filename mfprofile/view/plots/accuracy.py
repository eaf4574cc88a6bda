"""Accuracy against cost: the paper's Figure 2 with the exact costs of Mobile-Former, and the user's networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from mfprofile.cost.conventions import find_convention
from mfprofile.cost.device import Device
from mfprofile.cost.weights import Convention
from mfprofile.errors import InputError
from mfprofile.paper.baselines import CONVENTION as CORE
from mfprofile.view.plots.axes import logarithmic, percent, set_height, short, write_legend
from mfprofile.view.plots.families import (
    COLORS,
    SIZE,
    SIZES,
    draw_family,
    draw_front,
    draw_ticks,
    outline_markers,
    plot_points,
    style_of,
)
from mfprofile.view.plots.labels import OPTIONS, Around, annotate, left_out
from mfprofile.view.plots.limits import NUMBER, Limits, frame, inside, uncut
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.naming import Names, names_of, own_note
from mfprofile.view.plots.networks import Point, front_of, networks, predicted_kinds
from mfprofile.view.plots.picture import Picture
from mfprofile.view.plots.titles import write_title
from mfprofile.view.plots.units import NAMES, TITLES, YOURS, cost_label, model_of, written

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from mfprofile.view.plots.places import Place

_FEW = 20
"""The most points in one column for which a picture is lower, in the shape of a landscape."""
_BRIEF = 16  # letters of a name, if three names fit side by side in the legend


@dataclass(frozen=True, slots=True)
class _Drawing:
    """What a picture shows: its points, the limits of its axes, and whether it has the front of the user's points."""

    points: Sequence[Point]
    limits: tuple[Limits, Limits]
    cost: str
    counting: Convention
    recounted: bool
    with_front: bool
    kinds: Mapping[str, bool]


def accuracy(
    look: Look,
    specs: Sequence[str] = (),
    file: str | None = None,
    cost: str = "madds",
    convention: str | None = None,
    recounted: bool = False,
    device: Device | None = None,
    only: Sequence[str] = (),
    with_front: bool = False,
) -> Picture:
    """Draw top-1 on ImageNet against multiply-adds, parameters or latency (`cost`), on a logarithmic axis.

    Mobile-Former is counted in the convention, by default `paper`. The other networks are as printed in the paper
    (Tables 2 and 3). With `recounted`, the networks that can be built are counted too, all in `core`, and a hollow
    marker means as printed. Latencies are predicted by `device`, and only those of Mobile-Former. `specs` are further
    variants, and `file` is a CSV of the user's networks. A network without a measured accuracy is a tick on the axis of
    cost. `only` keeps the networks of these families, and `with_front` adds the Pareto front of the user's. Raises
    `InputError`.
    """
    convention = (CORE if recounted else "paper") if convention is None else convention
    every = list(networks(specs, file, cost, convention, recounted, device, only))
    if with_front and not front_of(every):
        raise InputError("--front: the picture has no networks of yours with a top1; give --measured FILE")
    counting = find_convention(convention).on(device)
    limits = frame(look, "time" if cost == "latency" else "count", NUMBER, (True, False))
    points, outside = inside(every, lambda each: (each.cost, each.top1), lambda each: each.name, *limits)
    kinds = predicted_kinds(specs, file, counting) if cost == "latency" else {}
    drawing = _Drawing(points, limits, cost, counting, recounted, with_front, kinds)
    title = f"ImageNet top-1 against {TITLES[cost]}"
    with look.applied():
        names = names_of(points, look, with_front)
        figure, places = _figure(drawing, title, look, names)
        if names.are_hedgehog(places, look):
            names = names.without_own()
            figure, places = _figure(drawing, title, look, names)
    full = [names.full(at, points) for at in names.labels]
    notes = [
        *outside,
        *own_note(points, names, look, with_front),
        *left_out(full, places, look, OPTIONS),
    ]
    data = [asdict(point) for point in points]
    return Picture(title, figure, data, convention, model_of([cost], counting, kinds), notes)


def _figure(drawing: _Drawing, title: str, look: Look, names: Names) -> tuple[Figure, list[Place | None]]:
    """Draw the figure. Return it with the place of each label."""
    cost, origins = drawing.cost, {point.source for point in drawing.points}
    rows = -(-len(names.numbers) // _legend_columns(drawing.points, names, look))
    figure = look.figure(3.9 + 0.16 * rows)
    axes = figure.add_subplot()
    write_title(figure, title, look)
    axes.set_ylabel("ImageNet top-1 (%)")
    axes.set_xlabel(cost_label(cost, f"{NAMES[cost]}, log scale", drawing.counting, look, origins, drawing.kinds))
    return figure, _draw(axes, drawing, look, names)


def _draw(axes: Axes, drawing: _Drawing, look: Look, names: Names) -> list[Place | None]:
    points, recounted = drawing.points, drawing.recounted
    placed = [(point.cost, point.top1, point) for point in points if point.top1 is not None]
    ticks = [point for point in points if point.top1 is None]
    costs, (x, y) = [point.cost for point in points], drawing.limits
    logarithmic(axes, "x", min(costs), max(costs), written(drawing.cost), x)
    levels = [top1 for _, top1, _ in placed] or [0.0, 100.0]
    axes.set_ylim(y.or_else(min(levels) - 1.2 - bool(ticks), max(levels) + 1.2))
    percent(axes.yaxis)
    families = groupby((point for *_, point in placed), key=lambda point: point.family)
    lines = [line for _, members in families if (line := draw_family(axes, list(members), look, recounted))]
    lines += draw_front(axes, points, look) if drawing.with_front else []
    if any(point.sort == YOURS for point in points):
        outline_markers(axes)
    draw_ticks(axes, ticks, look)
    uncut(axes)
    if recounted:
        quiet = {"color": look.colors["quiet"], "markerfacecolor": look.colors["ground"], "markeredgewidth": 0.8}
        plot_points(axes, [], {**quiet, "marker": "o", "markersize": 4, "linestyle": "none", "label": "as printed"})
    _number_in_legend(axes, points, look, recounted, names)
    rows = write_legend(axes.figure, look, _legend_columns(points, names, look))
    if look.columns == 1:
        set_height(axes, (2.1 if len(points) <= _FEW else 2.45) + 0.15 * rows)
    floor = axes.get_ylim()[0]
    places = [(point.cost, floor if point.top1 is None else point.top1) for point in points]
    labels = [(*places[at], text, look.text_color(COLORS[points[at].sort])) for at, text in names.labels.items()]
    return annotate(axes, labels, look, Around(places, lines, marker=[SIZES.get(point.sort, SIZE) for point in points]))


def _number_in_legend(axes: Axes, points: Sequence[Point], look: Look, recounted: bool, names: Names) -> None:
    """Add the numbered points to the legend, each with its marker and name."""
    for at, number in names.numbers.items():
        own = {**style_of(points[at], look, recounted, False), "linestyle": "none"}
        if points[at].top1 is None:
            own |= {"marker": "|", "markeredgecolor": own["color"], "markeredgewidth": 1.2}
        axes.plot([], [], **own, label=f"{number}  {short(points[at].name)}")


def _legend_columns(points: Sequence[Point], names: Names, look: Look) -> int:
    """Return the number of columns of the legend: fewer for long names."""
    longest = max((len(points[at].name) for at in names.numbers), default=0)
    return 2 * look.columns if longest <= _BRIEF else 2 * look.columns - 1
