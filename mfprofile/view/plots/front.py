"""The Pareto front of a space, compared with the seven models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

from mfprofile.cost.conventions import find_convention
from mfprofile.cost.weights import Counting
from mfprofile.errors import InputError
from mfprofile.explore.front import Objective
from mfprofile.explore.variant import Variant
from mfprofile.paper.cells import bill_of
from mfprofile.paper.claims import MODELS
from mfprofile.spec.names import LATENCY
from mfprofile.view.plots.axes import madds_label, scaled, write_legend
from mfprofile.view.plots.labels import name_points
from mfprofile.view.plots.limits import Limits, frame, inside
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.picture import Picture
from mfprofile.view.plots.stairs import stairs
from mfprofile.view.plots.units import model_of, predicted_by, written

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEW = 60
"""The most points of a front that have markers. A front of more points is only a line."""


def front_picture(
    look: Look,
    space: str,
    points: Sequence[Variant],
    objectives: tuple[Objective, Objective],
    convention: Counting = "core",
) -> Picture:
    """Draw the front of a space in two quantities as a step line. No variant is on its better side.

    The seven models are counted in the same convention. Multiply-adds are on the x axis, else a
    latency. Raises `InputError` for a front without points.
    """
    if not points:
        raise InputError(f"{space}: no front to draw: no variant is within the windows")
    across, upward = _axes(*objectives)
    x, y = frame(look, _unit(across), _unit(upward))
    every = [*_of_front(points, across, upward), *_of_models(across, upward, convention)]
    data, outside = inside(every, lambda each: (each["x"], each["y"]), lambda each: str(each["name"]), x, y)
    title = f"Front of {space}: {len(points):,} variant{'s' * (len(points) > 1)}"
    with look.applied():
        figure = look.figure(3.8 if look.columns == 2 else 3.4)
        axes = figure.add_subplot()
        axes.set_title(look.titled(title))
        axes.set_xlabel(_label(across, convention, _scaled(axes, "x", across, data, x), look.columns))
        axes.set_ylabel(_label(upward, convention, _scaled(axes, "y", upward, data, y)))
        unlabelled = _draw(axes, data, across, look)
    names = [objective.quantity.name for objective in objectives]
    return Picture(title, figure, data, str(convention), model_of(names, convention), [*outside, *unlabelled])


def _axes(first: Objective, second: Objective) -> tuple[Objective, Objective]:
    """Return the objectives of the x and the y axis: multiply-adds go across, else latency, else the first one."""
    for name in ("madds", LATENCY):
        if name in (first.quantity.name, second.quantity.name):
            return (first, second) if first.quantity.name == name else (second, first)
    return first, second


def _of_front(points: Sequence[Variant], across: Objective, upward: Objective) -> list[dict[str, Any]]:
    x, y = across.quantity.name, upward.quantity.name
    records = [{"name": "", "kind": "front", "x": each.figures[x], "y": each.figures[y]} for each in points]
    return sorted(records, key=lambda each: (each["x"], each["y"]))


def _of_models(across: Objective, upward: Objective, convention: Counting) -> list[dict[str, Any]]:
    weights, records = find_convention(convention), []
    for model in MODELS:
        parts = bill_of(model, convention).parts
        x, y = (int(objective.quantity.of(parts, weights)) for objective in (across, upward))
        records.append({"name": model, "kind": "model", "x": x, "y": y})
    return records


def _scaled(axes: Axes, which: str, objective: Objective, data: Sequence[Mapping[str, Any]], limits: Limits) -> str:
    return scaled(axes, which, [each[which] for each in data], written(objective.quantity.name), limits)


def _unit(objective: Objective) -> str:
    return "time" if objective.quantity.is_timed else "count"


def _label(objective: Objective, convention: Counting, scale: str, columns: int = 1) -> str:
    """Return the label of an axis: the quantity, which direction is better, and the convention of multiply-adds."""
    name, unit = objective.quantity.name, find_convention(convention).unit
    names = {"madds": unit, "params": "Parameters", "activations": "Activations (elements)", LATENCY: "Latency"}
    shown = f"{names.get(name, name)}{' (ms)' if objective.quantity.is_timed else ''}"
    way = "most" if objective.most else "least"
    label = f"{shown}, {way} is best{scale}"
    label = madds_label(convention, label) if "madds" in name else label
    label = f"{label}; {predicted_by(convention)}" if objective.quantity.is_timed else label
    return fill(label, 42 * columns, break_on_hyphens=False)


def _draw(axes: Axes, data: Sequence[dict[str, Any]], across: Objective, look: Look) -> list[str]:
    """Draw the front and the models. Return notes on the models without a name."""
    colors = look.colors
    front = [(each["x"], each["y"]) for each in data if each["kind"] == "front"]
    models = [each for each in data if each["kind"] == "model"]
    xs, ys = stairs(front, across.most) if front else ([], [])
    style: Any = {"color": colors["former"], "markersize": 3, "zorder": 2}
    axes.plot(xs, ys, "-", **style)
    if front and len(front) <= FEW:
        axes.plot(*zip(*front, strict=True), "o", **style)
    axes.plot([], [], "o-" if len(front) <= FEW else "-", **style, label="front")
    places = [(each["x"], each["y"]) for each in models]
    if places:
        axes.plot(
            *zip(*places, strict=True), "s", color=colors["mobile"], markersize=5, label="Mobile-Former, as published"
        )
    write_legend(axes.figure, look)
    names = [
        (each["x"], each["y"], each["name"].removeprefix("mf").upper(), look.text_color("mobile")) for each in models
    ]
    return name_points(axes, names, look, places, [(xs, ys)] if front else [])
