"""Accuracy against cost: the paper's Figure 2 with the exact costs of Mobile-Former, and a user's own networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

from mfprofile.paper.baselines import CONVENTION as CORE
from mfprofile.paper.results import CNN, OURS, VIT
from mfprofile.view.plots.axes import annotate, counted_label, legend, logarithmic, percent, recounted_label, short
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.networks import INPUT, YOURS, Point, networks
from mfprofile.view.plots.picture import Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SPELT, NAMED = 8, 40
"""Up to how many of a user's points bear their names, or numbers that the legend explains; more would hide the rest."""
_BRIEF = 16  # letters of a name that leave room for another two beside it in the legend
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
) -> Picture:
    """Draw top-1 on ImageNet against multiply-adds or parameters (`cost`), on a logarithmic axis.

    Mobile-Former is counted in the convention, `paper` if none is named, the others stand as the paper prints them
    (Tables 2 and 3). `recounted`, all that a library builds is counted in `core`, and what is as printed is hollow.
    `specs` are further variants, and `file` a CSV of a user's own networks. What has no measured accuracy is a tick on
    the axis of cost. Raises `InputError`.
    """
    convention = convention or (CORE if recounted else "paper")
    found = list(networks(specs, file, cost, convention, recounted))
    unit = "Parameters" if cost == "params" else "MAdds"
    title = f"ImageNet top-1 against {'multiply-adds' if cost == 'madds' else 'parameters'}"
    with look.applied():
        rows = -(-len(_numbers(found)) // _across(found, look))
        figure = look.figure((3.9 if look.columns == 2 else 3.6) + 0.16 * rows)
        axes = figure.add_subplot()
        axes.set_title(title)
        axes.set_ylabel("ImageNet top-1 (%)")
        percent(axes.yaxis)
        label = recounted_label if recounted else counted_label
        axes.set_xlabel(label(f"{unit}, log scale", convention, look))
        _draw(axes, found, look, recounted)
    return Picture(title, figure, [asdict(point) for point in found], convention)


def _draw(axes: Axes, found: Sequence[Point], look: Look, recounted: bool) -> None:
    placed = [(point.cost, point.top1, point) for point in found if point.top1 is not None]
    ticks = [point for point in found if point.top1 is None]
    logarithmic(axes, "x", min(point.cost for point in found), max(point.cost for point in found))
    axes.set_ylim(min(top1 for _, top1, _ in placed) - 1.2 - bool(ticks), max(top1 for _, top1, _ in placed) + 1.2)
    families = groupby((point for *_, point in placed), key=lambda point: point.family)
    lines = [line for _, points in families if (line := _family(axes, list(points), look, recounted))]
    _ticks(axes, ticks, look)
    if recounted:
        quiet = {"color": look.colors["quiet"], "markerfacecolor": look.colors["ground"], "markeredgewidth": 0.8}
        _plot(axes, [], {**quiet, "marker": "o", "markersize": 4, "linestyle": "none", "label": "as printed"})
    _list(axes, found, look, recounted)
    legend(axes.figure, look, _across(found, look))
    floor = axes.get_ylim()[0]
    places = [(point.cost, floor if point.top1 is None else point.top1) for point in found]
    labels = [(*places[at], text, look.inked(_COLORS[found[at].sort])) for at, text in _names(found, look).items()]
    annotate(axes, labels, look, places, lines)


def _list(axes: Axes, found: Sequence[Point], look: Look, recounted: bool) -> None:
    """Name in the legend the points that bear a number, each with its marker."""
    for at, number in _numbers(found).items():
        own = {**_style(found[at], look, recounted, False), "linestyle": "none"}
        if found[at].top1 is None:
            own |= {"marker": "|", "markeredgecolor": own["color"], "markeredgewidth": 1.2}
        axes.plot([], [], **own, label=f"{number}  {short(found[at].name)}")


def _names(found: Sequence[Point], look: Look) -> dict[int, str]:
    """Return what stands at each point that is labelled, by its place in `found`.

    In one column there is room for Mobile-Former's names and the user's; a crowd of a user's takes that of all others.
    """
    numbers, crowded = _numbers(found), _is_crowd(found)
    sorts = {OURS, *(() if crowded else (YOURS,)), *((VIT,) if look.columns == 2 and not crowded else ())}
    return {at: numbers.get(at) or short(point.name) for at, point in enumerate(found) if point.sort in sorts}


def _across(found: Sequence[Point], look: Look) -> int:
    """Return how many columns the legend has: fewer where the names that it tells are long."""
    longest = max((len(found[at].name) for at in _numbers(found)), default=0)
    return 2 * look.columns if longest <= _BRIEF else 2 * look.columns - 1


def _family(axes: Axes, family: list[Point], look: Look, recounted: bool) -> tuple[list[float], list[float]] | None:
    """Draw one family's points, joined but for transformers and a user's; return the line."""
    first = family[0]
    alike = [point for point in family if point.source == first.source]
    joined = _line(alike) if first.sort in (OURS, CNN) and len(alike) > 1 else []
    label = first.family if first.sort == CNN else _LABELS.get(first.sort, first.sort)
    label = f"{len(family):,} {label}" if len(family) > NAMED else label
    others = [point for point in family if point not in joined]
    hollow = [point for point in others if recounted and point.source == "printed"]
    filled = [point for point in others if point not in hollow]
    is_hollow = recounted and bool(joined) and first.source == "printed"
    groups = ((joined, "-", is_hollow), (filled, "none", False), (hollow, "none", True))
    for each, style, empty in (group for group in groups if group[0]):
        is_named = (style == "-") == bool(joined) and (first.sort == CNN or not empty)
        told = label if is_named and all(line.get_label() != label for line in axes.lines) else "_"
        _plot(axes, each, {**_style(first, look, recounted, empty), "linestyle": style, "label": told})
    return ([point.cost for point in joined], [point.top1 or 0.0 for point in joined]) if joined else None


def _plot(axes: Axes, points: Sequence[Point], style: dict[str, Any]) -> None:
    axes.plot([point.cost for point in points], [point.top1 or 0.0 for point in points], **style)


def _style(point: Point, look: Look, recounted: bool, hollow: bool) -> dict[str, Any]:
    """Return how a point's family is drawn; `hollow` markers have only an edge, and full ones are then as large."""
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
    """Return what of a family is joined: all in order of cost, or only those of one input if else it would fall."""
    ordered = sorted(family, key=lambda point: (point.cost, point.top1))
    rises = all(one.cost < other.cost and (one.top1 or 0) < (other.top1 or 0) for one, other in pairwise(ordered))
    return ordered if rises else [point for point in ordered if point.input == INPUT]


def _numbers(found: Sequence[Point]) -> dict[int, str]:
    """Return the numbers of a user's points, by their place in `found`, where their names would not find room."""
    own = sorted((point.cost, at) for at, point in enumerate(found) if point.sort == YOURS)
    return {at: str(number) for number, (_, at) in enumerate(own, 1)} if SPELT < len(own) <= NAMED else {}


def _is_crowd(found: Sequence[Point]) -> bool:
    return sum(point.sort == YOURS for point in found) > NAMED


def _ticks(axes: Axes, ticks: Sequence[Point], look: Look) -> None:
    """Mark the costs of networks without a measured accuracy on the axis."""
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
