"""Variants that were trained: a measured figure against a cost, and their front."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from mfprofile.cost.conventions import find_convention
from mfprofile.cost.tested import NO_NETWORKS
from mfprofile.cost.weights import Counting
from mfprofile.explore.measured import Aim, Trained, counted
from mfprofile.spec.names import unit_of
from mfprofile.spec.words import printable, several
from mfprofile.view.plots.axes import linear, scaled, short, write_legend
from mfprofile.view.plots.front import FEW
from mfprofile.view.plots.labels import Around, name_points
from mfprofile.view.plots.limits import NUMBER, Limits, frame, inside, uncut
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.picture import Picture
from mfprofile.view.plots.stairs import stairs
from mfprofile.view.plots.titles import write_title
from mfprofile.view.plots.units import better, filled, model_of, noted, origin, words_of, written

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_NAMED = 10
"""The most variants of a front that are labelled."""


def trained_picture(
    look: Look,
    space: str,
    trained: Sequence[Trained],
    front: Sequence[Trained],
    aims: tuple[Aim, Aim],
    convention: Counting = "core",
    kinds: Mapping[str, bool] = NO_NETWORKS,
) -> Picture:
    """Draw variants that were trained in two figures, and their front as a step line.

    A measured figure is the mean of a variant's results; a bar shows their standard deviation. A counted quantity is on
    the x axis if there is one. `kinds` say whether the error of a latency model holds for the space.
    """
    across, upward = aims if counted(aims[0].name) is not None or counted(aims[1].name) is None else aims[::-1]
    on_front = {id(each) for each in front}
    x, y = frame(look, _unit(across), _unit(upward))
    every = [_record(each, across, upward, id(each) in on_front) for each in trained]
    data, outside = inside(every, lambda each: (each["x"], each["y"]), lambda each: str(each["name"]), x, y)
    title = f"{several(len(trained), 'trained variant')} of {short(space)}"
    with look.applied():
        figure = look.figure(3.6 if look.columns == 2 else 2.6)
        axes = figure.add_subplot()
        write_title(figure, title, look)
        for which, aim, limits in (("x", across, x), ("y", upward, y)):
            label = _label(aim, convention, kinds, _fitted(axes, which, aim, data, limits))
            axes.set(**{f"{which}label": filled(label, which, look)})
        line = _draw(axes, data, across, look)
        uncut(axes)
        notes = ["mean of a variant's results; bars: ± a standard deviation"] if _has_bars(data) else []
        write_legend(figure, look, notes=notes)
        unlabelled = _name(axes, data, line, look)
    names = [aim.name for aim in aims if counted(aim.name) is not None]
    return Picture(title, figure, data, str(convention), model_of(names, convention, kinds), [*outside, *unlabelled])


def _record(trained: Trained, across: Aim, upward: Aim, is_on_front: bool) -> dict[str, Any]:
    record: dict[str, Any] = {"name": printable(trained.rows[0].name), "content": trained.rows[0].content}
    for which, aim in (("x", across), ("y", upward)):
        figure = trained.measured.get(aim.name)
        record[which] = float(trained.figure(aim.name)) if figure else int(trained.figure(aim.name))
        record |= {f"{which}_std": figure.deviation, f"{which}_results": len(figure.values)} if figure else {}
    return {**record, "front": is_on_front}


def _has_bars(data: Sequence[dict[str, Any]]) -> bool:
    return any(each.get("x_std") or each.get("y_std") for each in data)


def _fitted(axes: Axes, which: str, aim: Aim, data: Sequence[dict[str, Any]], limits: Limits) -> str:
    """Fit an axis to its figures, with their bars. Return a text on the scale."""
    if counted(aim.name) is not None:
        return scaled(axes, which, [each[which] for each in data], written(aim.name), limits)
    bars = [each.get(f"{which}_std") or 0.0 for each in data]
    ends = [each[which] + sign * bar for each, bar in zip(data, bars, strict=True) for sign in (-1, 1)]
    room = 0.1 * (max(ends) - min(ends) or abs(max(ends)) or 1.0)
    axes.set(**{f"{which}lim": limits.or_else(min(ends) - room, max(ends) + room)})
    linear(axes.xaxis if which == "x" else axes.yaxis, write=lambda value: f"{value:g}")
    return ""


def _unit(aim: Aim) -> str:
    """Return the unit of a figure: measured ones are plain numbers."""
    return NUMBER if counted(aim.name) is None else unit_of(aim.name)


def _label(aim: Aim, convention: Counting, kinds: Mapping[str, bool], scale: str) -> str:
    """Return the label of an axis: the figure, how it is known, and which direction is better."""
    if counted(aim.name) is None:
        return noted(short(printable(aim.name)), ["measured", better(aim.most)])
    shown = words_of(aim.name, find_convention(convention).unit)
    return noted(f"{shown}{scale}", [*_notes(aim, convention, kinds), better(aim.most)])


def _notes(aim: Aim, convention: Counting, kinds: Mapping[str, bool]) -> list[str]:
    """Return how a quantity is known, for parentheses."""
    known = origin(aim.name, convention, kinds)
    return known.removesuffix(")").split(" (", 1) if known.startswith("counted (") else [known]


def _draw(
    axes: Axes, data: Sequence[dict[str, Any]], across: Aim, look: Look
) -> tuple[Sequence[float], Sequence[float]]:
    """Draw all points with their bars, and the front. Return its line."""
    bars: dict[str, Any] = {
        f"{which}err": [each.get(f"{which}_std") or 0.0 for each in data]
        for which in ("x", "y")
        if any(each.get(f"{which}_std") for each in data)
    }
    axes.errorbar(
        [each["x"] for each in data], [each["y"] for each in data], **bars, fmt="o", markersize=3.5,
        color=look.colors["quiet"], elinewidth=0.7, label="trained variants", zorder=2,
    )  # fmt: skip
    best = sorted((each["x"], each["y"]) for each in data if each["front"])
    xs, ys = stairs(best, across.most) if best else ([], [])
    style: Any = {"color": look.colors["former"], "markersize": 4.5, "zorder": 3}
    axes.plot(xs, ys, "-", **style)
    axes.plot([x for x, _ in best], [y for _, y in best], "o", **style)
    axes.plot([], [], "o-" if len(best) <= FEW else "-", **style, label="front")
    return xs, ys


def _name(
    axes: Axes, data: Sequence[dict[str, Any]], line: tuple[Sequence[float], Sequence[float]], look: Look
) -> list[str]:
    """Label the variants of a front with the names of their specs. Return notes on those that are left out."""
    best = [each for each in data if each["front"]]
    labels = [
        (each["x"], each["y"], short(PurePath(each["name"]).stem, 24), look.text_color("former")) for each in best
    ]
    if len(best) > MOST_NAMED and not look.labels:
        return [f"{len(best)} variants are on the front, too many for names; use --labels for those that fit"]
    sizes = [4.5 if each["front"] else 3.5 for each in data]
    return name_points(axes, labels, look, Around([(each["x"], each["y"]) for each in data], [line], marker=sizes))
