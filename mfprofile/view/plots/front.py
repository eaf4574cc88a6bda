"""The Pareto front of a space, and the published models within or near its range."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mfprofile.cost.conventions import find_convention
from mfprofile.cost.weights import Counting
from mfprofile.errors import InputError
from mfprofile.explore.front import Objective
from mfprofile.explore.members import members
from mfprofile.explore.space import Space
from mfprofile.explore.unpriced import kinds_in
from mfprofile.explore.variant import Variant
from mfprofile.paper.cells import bill_of
from mfprofile.paper.claims import MODELS
from mfprofile.spec.layout import resolve
from mfprofile.spec.load import load
from mfprofile.spec.names import LATENCY
from mfprofile.spec.words import are, several
from mfprofile.view.plots.axes import scaled, set_height, write_legend
from mfprofile.view.plots.labels import Around, name_points
from mfprofile.view.plots.limits import OPEN, Limits, frame, inside, uncut
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.only import only_of
from mfprofile.view.plots.picture import Picture
from mfprofile.view.plots.stairs import stairs
from mfprofile.view.plots.titles import write_title
from mfprofile.view.plots.units import better, filled, model_of, noted, predicted_by, words_of, written

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEW = 60
"""The most points of a front that have markers. A front of more points is only a line."""
FAMILIES = {"space": "front", "mobile-former": "model"}
"""What can be drawn, by its name on the command line."""
_NEAR = 0.35
"""How far beyond the range of a front a published model is drawn, as a share of its length."""
_LEAST = 1.3
"""The ratio up to which an amount is near an end of a front, if the range is short."""


def front_picture(
    look: Look,
    space: Space,
    points: Sequence[Variant],
    objectives: tuple[Objective, Objective],
    convention: Counting = "core",
    only: Sequence[str] = (),
) -> Picture:
    """Draw the front of a space in two quantities as a step line. No variant is on its better side.

    The published models are counted in the same convention. Those within the limits of the axes are drawn, or near the
    front on an axis without limits; hollow ones are not variants of the space. `only` leaves them out (`FAMILIES`).
    Multiply-adds are on the x axis, else a latency. Raises `InputError` for a front without points.
    """
    if not points:
        raise InputError(f"{space.name}: no front to draw: no variant is within the windows")
    if only and "space" not in map(str.lower, only):
        raise InputError(f"--only {','.join(only)}: leaves out the front; use space, or remove it")
    across, upward = _axes(*objectives)
    x, y = frame(look, _unit(across), _unit(upward))
    front = _of_front(points, across, upward)
    near, far = _near(_of_models(across, upward, convention), front, x, y)
    every = only_of([*front, *_joined(near, space)], only, FAMILIES, lambda each: {each["kind"]})
    data, outside = inside(every, lambda each: (each["x"], each["y"]), lambda each: _short(each["name"]), x, y)
    outside += far if not only or len(set(only)) > 1 else []
    kinds = kinds_in(space, find_convention(convention).device)
    title = f"Front of {space.name}: {len(points):,} variant{'s' * (len(points) > 1)}"
    with look.applied():
        figure = look.figure(3.8 if look.columns == 2 else 2.6)
        axes = figure.add_subplot()
        write_title(figure, title, look)
        for which, objective, limits in (("x", across, x), ("y", upward, y)):
            label = _label(objective, convention, kinds, _scaled(axes, which, objective, data, limits))
            axes.set(**{f"{which}label": filled(label, which, look)})
        unlabelled = _draw(axes, data, across, look)
    names = [objective.quantity.name for objective in objectives]
    return Picture(title, figure, data, str(convention), model_of(names, convention, kinds), [*outside, *unlabelled])


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


def _near(
    models: Sequence[dict[str, Any]], front: Sequence[Mapping[str, Any]], x: Limits, y: Limits
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the models near the front on each axis without limits, and a note that names the others."""
    x, y = (
        _reach([each[which] for each in front]) if limits == OPEN else OPEN for which, limits in (("x", x), ("y", y))
    )
    near = [each for each in models if each["x"] in x and each["y"] in y]
    far = [_short(each["name"]) for each in models if each not in near]
    if not far:
        return near, []
    what = f"{several(len(far), 'published model')} {are(len(far))} far from the front: {', '.join(far)}"
    return near, [f"{what}; --xlim and --ylim draw more"]


def _reach(amounts: Sequence[float]) -> Limits:
    """Return the limits of what is near the range of a front: as a ratio if all amounts are positive."""
    least, most = min(amounts), max(amounts)
    if least <= 0:
        room = _NEAR * (most - least)
        return Limits(least - room, most + room)
    ratio = max((most / least) ** _NEAR, _LEAST)
    return Limits(least / ratio, most * ratio)


def _joined(models: Sequence[dict[str, Any]], space: Space) -> list[dict[str, Any]]:
    """Return the models with whether each is a variant of the space."""
    paths = members(space, {each["name"]: resolve(load(each["name"])) for each in models})
    return [{**each, "in_space": each["name"] in paths} for each in models]


def _short(model: str) -> str:
    """Return the name of a model in pictures: `294M`."""
    return model.removeprefix("mf").upper()


def _scaled(axes: Axes, which: str, objective: Objective, data: Sequence[Mapping[str, Any]], limits: Limits) -> str:
    return scaled(axes, which, [each[which] for each in data], written(objective.quantity.name), limits)


def _unit(objective: Objective) -> str:
    return "time" if objective.quantity.is_timed else "count"


def _label(objective: Objective, convention: Counting, kinds: Mapping[str, bool], scale: str) -> str:
    """Return the label of an axis: the quantity, the convention of multiply-adds, and which direction is better."""
    name, unit = objective.quantity.name, find_convention(convention).unit
    notes = [*([f"convention '{convention}'"] if "madds" in name else []), better(objective.most)]
    label = noted(f"{words_of(name, unit)}{scale}", notes)
    return f"{label}; {predicted_by(convention, kinds)}" if objective.quantity.is_timed else label


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
    for each_in, about, face in ((True, "", "mobile"), (False, " (not in the space)", "ground")):
        group = [(each["x"], each["y"]) for each in models if each["in_space"] is each_in]
        if group:
            axes.plot(
                *zip(*group, strict=True), "s", color=colors["mobile"], markerfacecolor=colors[face], markersize=5,
                label=f"Mobile-Former, as published{about}",
            )  # fmt: skip
    uncut(axes)
    rows = write_legend(axes.figure, look, 1 if look.columns == 1 and models else None)
    if look.columns == 1:
        set_height(axes, 2.35 + 0.15 * rows)
    names = [(each["x"], each["y"], _short(each["name"]), look.text_color("mobile")) for each in models]
    return name_points(
        axes, names, look, Around([(each["x"], each["y"]) for each in models], [(xs, ys)] if front else [])
    )
