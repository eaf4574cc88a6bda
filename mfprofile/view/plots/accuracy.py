"""Accuracy against cost: the paper's Figure 2 with the exact costs of Mobile-Former, and a user's own networks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

from mfprofile.cost.conventions import convention
from mfprofile.cost.counts import count
from mfprofile.paper.baselines import CONVENTION as CORE
from mfprofile.paper.baselines import recounted as recount_of
from mfprofile.paper.results import CNN, OURS, VIT, Result, accuracies, imagenet
from mfprofile.spec.load import load
from mfprofile.spec.problems import InputError
from mfprofile.view.plots.axes import annotate, counted_label, legend, logarithmic, percent, recounted_label, short
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.measured import points, read_measured
from mfprofile.view.plots.picture import Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COSTS = ("madds", "params")
YOURS = "yours"
INPUT = "224"
"""The side of the images that most networks were measured on."""
SPELT, NAMED = 8, 40
"""Up to how many of a user's points bear their names, or numbers that the legend explains; more would hide the rest."""
_LABELS = {YOURS: "further networks"}
_COLORS = {OURS: "mobile", CNN: "cnn", VIT: "vit", YOURS: "user"}
_MARKERS = {
    OURS: "o", "MobileNetV3": "s", "EfficientNet": "D", "ShuffleNetV2": "^", "ShuffleNetV2+WeightNet": "v",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Point:
    """A network in the picture; without `top1` it is a mere tick.

    `source` says where `cost` is from: `counted` of a spec, `recounted` of a library's network, or `printed`; a user's
    is of the file so named.
    """

    name: str
    family: str
    sort: str
    input: str
    cost: int
    top1: float | None
    source: str


def accuracy(
    look: Look,
    specs: Sequence[str] = (),
    file: str | None = None,
    cost: str = "madds",
    convention_name: str | None = None,
    recounted: bool = False,
) -> Picture:
    """Draw top-1 on ImageNet against multiply-adds or parameters (`cost`), on a logarithmic axis.

    Mobile-Former is counted in the convention, `paper` if none is named, the others stand as the paper prints them
    (Tables 2 and 3). `recounted`, all that a library builds is counted in `core`, and what is as printed is hollow.
    `specs` are further variants, and `file` a CSV of a user's own networks. What has no measured accuracy is a tick on
    the axis of cost. Raises `InputError`.
    """
    convention_name = convention_name or (CORE if recounted else "paper")
    if cost not in COSTS:
        raise InputError(f"cannot draw accuracy against {cost!r}: there are {', '.join(COSTS)}")
    if recounted and convention_name != CORE:
        raise InputError(f"baselines are recounted in {CORE!r}, which cannot stand beside {convention_name!r}")
    found = [*_published(cost, convention_name, recounted), *_variants(specs, cost, convention_name)]
    if file is not None:
        networks = points(read_measured(file, convention_name), cost)
        found += [Point(name, YOURS, YOURS, "", amount, top1, file) for name, amount, top1 in networks]
    unit = "Parameters" if cost == "params" else convention(convention_name).unit
    title = f"ImageNet top-1 against {'multiply-adds' if cost == 'madds' else 'parameters'}"
    with look.applied():
        rows = -(-len(_numbers(found)) // (2 * look.columns))
        figure = look.figure((3.9 if look.columns == 2 else 3.6) + 0.16 * rows)
        axes = figure.add_subplot()
        axes.set_title(title)
        axes.set_ylabel("ImageNet top-1 (%)")
        percent(axes.yaxis)
        label = recounted_label if recounted else counted_label
        axes.set_xlabel(label(f"{unit}, log scale", convention_name, look))
        _draw(axes, found, look, recounted)
    return Picture(title, figure, [asdict(point) for point in found], convention_name)


def _published(cost: str, convention_name: str, recounted: bool) -> Iterator[Point]:
    for result in imagenet():
        amount, source = getattr(result, cost), "printed"
        if result.spec:
            amount, source = _counted(result.spec, cost, convention_name), "counted"
        elif recounted and (found := recount_of(result.table, result.model, result.input)):
            amount, source = getattr(found, cost), "recounted"
        yield Point(_name(result), result.family, result.sort, result.input, amount, result.top1, source)


def _counted(spec: str, cost: str, convention_name: str) -> int:
    bill = count(load(spec), convention_name)
    return int(bill.madds if cost == "madds" else bill.counted_params)


def _variants(specs: Sequence[str], cost: str, convention_name: str) -> Iterator[Point]:
    shown = {result.spec for result in imagenet()}
    for spec in specs:
        if spec not in shown:
            yield Point(
                load(spec).name,
                YOURS,
                YOURS,
                "",
                _counted(spec, cost, convention_name),
                accuracies().get(spec),
                "counted",
            )


def _name(result: Result) -> str:
    name = result.model.removeprefix(f"{OURS}-")
    return f"{name} ({result.input}²)" if result.input != INPUT else name


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
    numbers = _numbers(found)
    for at, number in numbers.items():
        own = _style(found[at], look, recounted, False)
        shape = (
            {"marker": "|", "markeredgecolor": own["color"], "markeredgewidth": 1.2} if found[at].top1 is None else {}
        )
        axes.plot(
            [],
            [],
            **{**own, **shape, "linestyle": "none"},
            label=f"{number}  {short(found[at].name, 15 + look.columns)}",
        )
    legend(axes.figure, look)
    floor = axes.get_ylim()[0]
    places = [(point, (point.cost, floor if point.top1 is None else point.top1)) for point in found]
    crowded = sum(point.sort == YOURS for point in found) > NAMED
    labels = [
        (*place, numbers.get(at) or short(point.name), look.inked(_COLORS[point.sort]))
        for at, (point, place) in enumerate(places)
        if _is_labelled(point, look) and not (crowded and point.sort == YOURS)
    ]
    annotate(axes, labels, look, [place for _, place in places], lines)


def _family(axes: Axes, family: list[Point], look: Look, recounted: bool) -> tuple[list[float], list[float]] | None:
    """Draw one family's points, joined but for transformers and a user's; return the line."""
    first = family[0]
    alike = [point for point in family if point.source == first.source]
    joined = _line(alike) if first.sort in (OURS, CNN) and len(alike) > 1 else []
    label = first.family if first.sort == CNN else _LABELS.get(first.sort, first.sort)
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


def _is_labelled(point: Point, look: Look) -> bool:
    """Return whether a point bears its name: in one column there is room for Mobile-Former's and the user's own."""
    return point.sort in (OURS, YOURS) or (point.sort == VIT and look.columns == 2)


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
