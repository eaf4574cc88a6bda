"""The variants of a file of `explore`: any two figures, a third as colour, and the front."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from mfprofile.errors import InputError
from mfprofile.spec.names import LATENCY, SUMS, unit_of
from mfprofile.spec.words import are, several
from mfprofile.view.plots.axes import linear, scaled, short, write_legend
from mfprofile.view.plots.hues import Hue, color_bar, hues
from mfprofile.view.plots.labels import Around, name_points
from mfprofile.view.plots.limits import NUMBER, Limits, frame, inside, uncut
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.picture import Picture
from mfprofile.view.plots.records import Records
from mfprofile.view.plots.stairs import best_of, stairs
from mfprofile.view.plots.titles import write_title
from mfprofile.view.plots.units import better, filled, in_ms, in_title, noted, words_of, written

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_NAMED = 12
"""The most points of a front that are labelled with their numbers."""
_MANY = 3_000  # from this number of points on, they are small, and an image in an SVG
_AMOUNTS = (*SUMS, "activations")


class Axis(NamedTuple):
    """A figure on an axis. `most` is whether the most of it is best; None if neither is."""

    name: str
    most: bool | None = None

    @property
    def is_timed(self) -> bool:
        """Return whether the figure is a predicted time, in nanoseconds."""
        return self.name.rpartition(".")[2] == LATENCY

    @property
    def is_amount(self) -> bool:
        """Return whether the figure is counted or a time, and its ticks have units."""
        return self.is_timed or self.name in _AMOUNTS

    @property
    def unit(self) -> str:
        """Return the unit of its limits."""
        return unit_of(self.name) if self.is_amount else NUMBER


def axes_of(
    records: Records, x: str | None, y: str | None, minimize: Sequence[str], maximize: Sequence[str]
) -> tuple[Axis, Axis]:
    """Return the figures of both axes.

    By default they are the two that are minimized or maximized, or the first goals of a search against madds, or params
    against madds. A search says itself which way is best. Raises `InputError` for a figure that the file does not have.
    """
    ways = {**records.goals, **dict.fromkeys(minimize, False), **dict.fromkeys(maximize, True)}
    for option, names in (("--x", [x]), ("--y", [y]), ("--minimize", minimize), ("--maximize", maximize)):
        for name in filter(None, names):
            records.check(name, option)
    if twice := set(minimize) & set(maximize):
        raise InputError(f"--minimize and --maximize {twice.pop()}: use one of them")
    wanted = [*minimize, *maximize, *records.goals, "madds", "params"]
    free = [name for name in dict.fromkeys(wanted) if name not in (x, y)]
    if x is None:
        x = next((name for name in free if name in _AMOUNTS or name == LATENCY), free[0])
        free.remove(x)
    if y is None:
        y = next(name for name in free if name != x)
    if unused := [name for name in (*minimize, *maximize) if name not in (x, y)]:
        raise InputError(f"--minimize and --maximize {unused[0]}: must be on an axis; use --x or --y {unused[0]}")
    if set(records.goals) & {x, y} and "madds" in (x, y):
        ways.setdefault("madds", False)
    return Axis(x, ways.get(x)), Axis(y, ways.get(y))


def variants_picture(look: Look, records: Records, x: Axis, y: Axis, color: str | None = None) -> Picture:
    """Draw the variants of a file by two figures, and their front if both axes have a best way.

    `color` is a figure or choice. The labels are the numbers of the variants on the front. Raises `InputError`.
    """
    limits = frame(look, x.unit, y.unit)
    every, without = _points(records, x, y, color)
    points, outside = inside(every, lambda each: (each["x"], each["y"]), lambda each: f"{each['number']}", *limits)
    front = _front(points, x, y)
    on_front = {(each["x"], each["y"]) for each in front}
    data = [{**each, **({"front": (each["x"], each["y"]) in on_front} if front else {})} for each in points]
    what = "trial" if records.goals else "variant"
    of = f" of {short(records.space)}" if records.space else ""
    title = f"{several(len(points), what)}{of}: {in_title(y.name)} against {in_title(x.name)}"
    with look.applied():
        figure = look.figure(3.7 if look.columns == 2 else 2.6)
        axes = figure.add_subplot()
        write_title(figure, title, look)
        for which, axis, limit in (("x", x, limits[0]), ("y", y, limits[1])):
            scale = _fitted(axes, which, axis, [each[which] for each in points], limit)
            label = filled(_label(axis, records.convention, scale), which, look)
            axes.set(**{f"{which}label": label})
        hue = hues([each["color"] for each in points], color, look) if color is not None else None
        _draw(axes, points, hue, look)
        line = _draw_front(axes, front, bool(x.most), len(points) > _MANY, look)
        uncut(axes)
        write_legend(figure, look)
        if color is not None and hue is not None:
            color_bar(axes, hue, color, look)
        unlabelled = _name(axes, points, front, line, look)
    return Picture(title, figure, data, records.convention, notes=[*without, *outside, *unlabelled])


def one_way(x: Axis, y: Axis) -> list[str]:
    """Return a note if only one of the axes has a best way, and so no front is drawn."""
    without = [axis.name for axis in (x, y) if axis.most is None]
    if len(without) != 1:
        return []
    return [f"no front is drawn: add --minimize {without[0]} or --maximize {without[0]}"]


def _points(records: Records, x: Axis, y: Axis, color: str | None) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the variants that have all figures, and a note on the others."""
    if color is not None:
        records.check(color, "--color")
    points, missing = [], []
    for at, (number, row) in enumerate(records.rows):
        across, up, hue = records.number(at, x.name), records.number(at, y.name), row.get(color or "")
        if across is None or up is None or (color is not None and hue is None):
            missing.append(number)
        else:
            points.append({"number": number, "x": across, "y": up, **({} if color is None else {"color": hue})})
    names = ", ".join(dict.fromkeys([x.name, y.name, *([color] if color else [])]))
    if not points:
        raise InputError(f"{records.label}: no variant has a number for each of {names}; use other figures")
    if not missing:
        return points, []
    return points, [f"{several(len(missing), 'variant')} without one of {names} {are(len(missing))} not drawn"]


def _front(points: Sequence[Mapping[str, Any]], x: Axis, y: Axis) -> list[Mapping[str, Any]]:
    """Return the variants on the front, each place once, in order of x; none without a best way."""
    if x.most is None or y.most is None:
        return []
    first = {(each["x"], each["y"]): each for each in reversed(points)}
    return [first[place] for place in best_of(list(first), x.most, y.most)]


def _fitted(axes: Axes, which: str, axis: Axis, values: Sequence[float], limits: Limits) -> str:
    """Fit an axis to its figures. Return a text on the scale."""
    if axis.is_amount:
        return scaled(axes, which, values, in_ms if axis.is_timed else written(axis.name), limits)
    room = (max(values) - min(values) or abs(max(values)) or 1.0) * 0.08
    axes.set(**{f"{which}lim": limits.or_else(min(values) - room, max(values) + room)})
    linear(axes.xaxis if which == "x" else axes.yaxis, write=lambda value: f"{value:.6g}".replace("-", "−"))
    return ""


def _label(axis: Axis, convention: str, scale: str) -> str:
    """Return the label of an axis: the figure, the convention of multiply-adds, and which way is best."""
    name = words_of(axis.name) if axis.is_amount else axis.name
    notes = [
        *(["predicted"] if axis.is_timed else []),
        *([f"convention '{convention}'"] if convention and axis.name.endswith("madds") else []),
        *([] if axis.most is None else [better(axis.most)]),
    ]
    return noted(f"{name}{scale}", notes)


def _draw(axes: Axes, points: Sequence[Mapping[str, Any]], hue: Hue | None, look: Look) -> None:
    """Draw all points, with an entry of the legend for each category of colours."""
    many = len(points) > _MANY
    style: Any = {"s": 3 if many else 12, "linewidths": 0 if many else 0.3, "edgecolors": look.colors["ground"],
                  "rasterized": many, "zorder": 2}  # fmt: skip
    places = [each["x"] for each in points], [each["y"] for each in points]
    colors: Any = look.colors["mobile"] if hue is None else hue.colors
    axes.scatter(*places, color=colors, alpha=0.5 if many else 0.85, **style)
    for text, color in hue.categories.items() if hue is not None else ():
        axes.plot([], [], "o", color=color, markersize=3.5, label=text)


def _draw_front(
    axes: Axes, front: Sequence[Mapping[str, Any]], downwards: bool, many: bool, look: Look
) -> tuple[list[float], list[float]] | None:
    """Draw the front as a step line: below the points, or above them if there are `many`. Return the line."""
    if not front:
        return None
    line = stairs([(each["x"], each["y"]) for each in front], downwards)
    color = look.colors["former"]
    axes.plot(*line, "-", color=color, linewidth=1.1, zorder=3 if many else 1.9, label="front of these")
    if len(front) <= MOST_NAMED:
        axes.plot([each["x"] for each in front], [each["y"] for each in front], "o", markersize=5.5, zorder=3.5,
                  markerfacecolor="none", markeredgecolor=color, markeredgewidth=0.9)  # fmt: skip
    return line


def _name(
    axes: Axes,
    points: Sequence[Mapping[str, Any]],
    front: Sequence[Mapping[str, Any]],
    line: tuple[list[float], list[float]] | None,
    look: Look,
) -> list[str]:
    """Label the variants on a short front with their numbers. Return notes on those that are left out."""
    if len(front) > MOST_NAMED and not look.labels:
        return []
    labels = [(each["x"], each["y"], f"{each['number']}", look.text_color("former")) for each in front]
    return name_points(axes, labels, look, Around([(each["x"], each["y"]) for each in points], [line] if line else [],
                       marker=5.5 if len(points) <= _MANY else 2.0))  # fmt: skip
