"""Latency against multiply-adds: networks as measured, or as predicted, over lines of equal ms per 100M MAdds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeAlias

from mfprofile.cost.bill import Bill
from mfprofile.cost.measures import device_of
from mfprofile.cost.tested import about, kinds_of
from mfprofile.errors import InputError
from mfprofile.spec.words import listed
from mfprofile.view.plots.axes import logarithmic, madds_label, short, write_legend
from mfprofile.view.plots.labels import OPTIONS, Around, name_points
from mfprofile.view.plots.latencies import (
    MEASURED,
    OTHERS,
    PREDICTED,
    PUBLISHED,
    SPECS,
    Point,
    measured_points,
    places_of,
    predicted_points,
)
from mfprofile.view.plots.limits import Limits, frame, inside, uncut
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.only import MINE, only_of
from mfprofile.view.plots.picture import Picture
from mfprofile.view.plots.timings import Timings
from mfprofile.view.plots.titles import write_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Line: TypeAlias = tuple[Sequence[float], Sequence[float]]
MOST_NAMED = 30
"""The most networks that have names in the picture."""
FAMILIES = {MINE: MINE, "mobile-former": PUBLISHED, "specs": SPECS, "others": OTHERS}
"""The networks that can be drawn alone, by their names on the command line: `mine` are all but the published."""
KINDS = {PUBLISHED: {PUBLISHED}, SPECS: {SPECS, MINE}, OTHERS: {OTHERS, MINE}}
_COLORS = {PUBLISHED: "mobile", SPECS: "user", OTHERS: "cnn"}
_MARKERS = "osD^"
_STEPS = ((1, 2, 5), (1, 3), (1,))
_MOST_LINES = 8


def latency(look: Look, files: Sequence[Timings] = (), bills: Sequence[Bill] = (), only: Sequence[str] = ()) -> Picture:
    """Draw milliseconds against multiply-adds, both on logarithmic axes.

    `files` are measurements, with their intervals as bars. `bills` are specs, in `core`, which the latency model of
    the bills predicts: they are hollow. A published Mobile-Former is joined to the next. `only` keeps the networks of
    these `FAMILIES`. Raises `InputError` without any network, and as `measured_points` and `predicted_points` do.
    """
    every = [*measured_points(files), *predicted_points(bills)]
    if not every:
        raise InputError("no latency to draw; give a measurement, or specs with a latency model")
    limits = frame(look, "count", "time", (True, True))
    chosen = only_of(every, only, FAMILIES, lambda each: KINDS[each.sort])
    points, outside = inside(chosen, lambda each: (each.madds, each.latency), lambda each: each.name, *limits)
    title = f"Latency against multiply-adds{'' if files else ', predicted'}"
    with look.applied():
        notes = [*_of_files(files), *_of_model(bills)]
        figure = look.figure((3.7 if look.columns == 2 else 2.9) + 0.1 * len(notes) * (3 - look.columns))
        axes = figure.add_subplot()
        write_title(figure, title, look)
        axes.set_xlabel(madds_label("core", "MAdds, log scale"))
        axes.set_ylabel("Latency (ms), log scale")
        lines = _draw(axes, points, list(places_of(files)), look, limits)
        uncut(axes)
        _legend(axes, points, places_of(files), look)
        write_legend(figure, look, notes=notes)
        unlabelled = _name(axes, points, lines, look)
    return Picture(title, figure, [asdict(point) for point in points], "core", notes=[*outside, *unlabelled])


def _draw(
    axes: Axes, points: Sequence[Point], places: Sequence[str], look: Look, limits: tuple[Limits, Limits]
) -> list[Line]:
    """Draw all points over the lines of equal rates. Return the lines that labels should not cross."""
    ends = [end / 1e6 for point in points for end in (point.low, point.high, point.latency) if end]
    x, y = limits
    in_ms = Limits(*(None if end is None else end / 1e6 for end in y))
    logarithmic(axes, "x", min(point.madds for point in points), max(point.madds for point in points), limits=x)
    logarithmic(axes, "y", min(ends), max(ends), limits=in_ms)
    axes.grid(False)
    _rates(axes, look)
    lines: list[Line] = []
    for _, group in groupby(points, key=lambda point: (point.source, point.where)):
        series = list(group)
        for sort in _COLORS:
            own = sorted((each for each in series if each.sort == sort), key=lambda each: (each.madds, each.latency))
            lines += _series(axes, own, _style(own[0], places, look)) if own else []
    return lines


def _series(axes: Axes, points: Sequence[Point], style: dict[str, Any]) -> list[Line]:
    """Draw the points of a sort and a source; published Mobile-Formers are joined. Return their lines and bars."""
    xs, ys = [each.madds for each in points], [each.milliseconds for each in points]
    is_joined = points[0].sort == PUBLISHED
    way: Any = {MEASURED: "-", PREDICTED: (0, (4, 2))}[points[0].source] if is_joined else "none"
    axes.plot(xs, ys, linestyle=way, **style)
    bars = [([each.madds] * 2, [each.low / 1e6, each.high / 1e6]) for each in points if each.low and each.high]
    for bar in bars:
        axes.plot(*bar, color=style["color"], linewidth=1, solid_capstyle="butt", zorder=3)
    return [*bars, *([(xs, ys)] if is_joined else [])]


def _style(point: Point, places: Sequence[str], look: Look) -> dict[str, Any]:
    color, is_measured = look.colors[_COLORS[point.sort]], point.source == MEASURED
    return {
        "color": color,
        "marker": _MARKERS[places.index(point.where)] if is_measured else "o",
        "markersize": 4.5,
        "markerfacecolor": color if is_measured else look.colors["ground"],
        "markeredgecolor": look.colors["ground"] if is_measured else color,
        "markeredgewidth": 0.4 if is_measured else 0.9,
        "linewidth": 1.2 if is_measured else 0.9,
        "zorder": 4 if is_measured else 3.5,
    }


def _rates(axes: Axes, look: Look) -> None:
    """Draw lines of equal milliseconds per 100M multiply-adds. Their figures are at the right and at the top."""
    from matplotlib.ticker import NullLocator

    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    lines = _lines(low * 1e8 / right, high * 1e8 / left)
    for line in lines:
        axes.plot([left, right], [line * left / 1e8, line * right / 1e8], color=look.colors["grid"], linewidth=0.8,
                  zorder=0)  # fmt: skip
    axes.set(xlim=(left, right), ylim=(low, high))
    top = {high * 1e8 / each: each for each in lines if high * 1e8 / each < right}
    side = {each * right / 1e8: each for each in lines if high * 1e8 / each >= right}
    across, along = axes.secondary_xaxis("top"), axes.secondary_yaxis("right")
    for axis, places in ((across.xaxis, top), (along.yaxis, side)):
        axis.set_ticks(list(places), [f"{each:g}" for each in places.values()])
        axis.set_minor_locator(NullLocator())
        axis.set_tick_params(length=0, pad=1, labelcolor=look.colors["quiet"], labelsize=6.5)
    for spine in (*across.spines.values(), *along.spines.values()):
        spine.set_visible(False)
    along.yaxis.set_label_text("Lines: ms per 100M MAdds", fontsize=6.5, color=look.colors["quiet"])


def _lines(least: float, most: float) -> list[float]:
    """Return round amounts between two, as many as are clear.

    >>> _lines(1.5, 30), _lines(0.011, 90)
    ([2, 5, 10, 20], [0.03, 0.1, 0.3, 1, 3, 10, 30])
    """
    for steps in _STEPS:
        every = [step * 10**power if power >= 0 else step / 10**-power for power in range(-12, 15) for step in steps]
        lines = [each for each in every if least < each < most]
        if len(lines) <= _MOST_LINES:
            break
    return lines


def _legend(axes: Axes, points: Sequence[Point], places: dict[str, str], look: Look) -> None:
    """Add an entry for each sort by colour, for each place by marker if there are several, and for predictions."""
    for sort, color in _COLORS.items():
        if any(point.sort == sort for point in points):
            joined = "-" if sort == PUBLISHED else "none"
            axes.plot([], [], linestyle=joined, marker="o", color=look.colors[color], markersize=4.5, label=sort)
    quiet: Any = {"color": look.colors["quiet"], "linestyle": "none", "markersize": 4.5}
    for marker, name in zip(_MARKERS, places.values(), strict=False) if len(places) > 1 else ():
        axes.plot([], [], marker=marker, **quiet, label=short(name, 40))
    if any(point.source == PREDICTED for point in points):
        axes.plot([], [], marker="o", markerfacecolor=look.colors["ground"], **quiet, label=PREDICTED)


def _name(axes: Axes, points: Sequence[Point], lines: Sequence[Line], look: Look) -> list[str]:
    """Write each name once: at the highest measured point of the network, or else the highest predicted one.

    All points of a network have its multiply-adds, so they are below the name. Return notes on the names left out.
    """
    rising = sorted(points, key=lambda point: (point.source == MEASURED, point.latency))
    named = list({(point.name, point.madds): point for point in rising}.values())
    if len(named) > MOST_NAMED and not look.labels:
        return [f"{len(named)} names are too many for the picture; use --labels for those that fit, or {OPTIONS}"]
    places = [(each.madds, each.milliseconds) for each in points]
    labels = [(each.madds, each.milliseconds, _short(each), look.text_color(_COLORS[each.sort])) for each in named]
    return name_points(axes, labels, look, Around(places, lines, marker=4.5), options=OPTIONS)


def _short(point: Point) -> str:
    """Return the name of a network without where its code is."""
    name = point.name
    return short(name.replace("\\", "/").rpartition("/")[2].rpartition(":")[2] if point.sort == OTHERS else name, 26)


def _of_files(files: Sequence[Timings]) -> list[str]:
    """Return a line for each file: where and how it was measured, and how well."""
    bars = [f"; bars: {file.interval}" if file.interval else "" for file in files]
    lines = [f"Measured on {file.where}; {file.about}{bar}" for file, bar in zip(files, bars, strict=True)]
    return list(dict.fromkeys(lines))


def _of_model(bills: Sequence[Bill]) -> list[str]:
    if not bills:
        return []
    device = device_of(bills[0].convention)
    unpriced = {kind: None for bill in bills for kind in bill.unpriced}
    without = f"; without ops that it never saw: {listed(unpriced)}" if unpriced else ""
    return [f"Hollow: predicted by latency model {about(device, kinds_of(bills))}{without}"]
