"""Axes of costs, titles, legends, and labels that do not overlap: the parts that several pictures share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np

from mfprofile.cost.weights import Counting
from mfprofile.view.plots.look import Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure, SubFigure

    from mfprofile.view.plots.places import Floats

_STEPS = ((1,), (1, 3), (1, 2, 5), (1, 2, 3, 5, 7), (1, 1.5, 2, 3, 4, 6, 8), (1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9))
_TICKS, _MANY = 4, 8


def amount(value: float) -> str:
    """Return the text of a tick at a round amount.

    >>> [amount(value) for value in (0, 464, 20_000, 2_500_000, 1e9, 5e13)]
    ['0', '464', '20k', '2.5M', '1G', '50T']
    """
    sign = "−" if value < 0 else ""  # the same sign as in the figures at bars
    for unit, letter in ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= unit:
            return f"{sign}{abs(value) / unit:g}{letter}"
    return f"{sign}{abs(value):g}"


def logarithmic(axes: Axes, which: str, least: float, most: float, write: Callable[[float], str] = amount) -> None:
    """Make the axis `which` (x or y) of amounts logarithmic, from below `least` to above `most`.

    Its ticks are the powers of ten. If fewer than four fit, more round amounts are added: 1 and 3 of each power if 1,
    2 and 5 would be too many.
    """
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    low, high = least / 1.3, most * (1.18 if which == "x" else 1.3)
    axes.set(**{f"{which}scale": "log", f"{which}lim": (low, high)})
    axis = axes.xaxis if which == "x" else axes.yaxis
    candidates = ([step * 10**power for power in range(-1, 25) for step in steps] for steps in _STEPS)
    shown = [[tick for tick in ticks if low <= tick <= high] for ticks in candidates]
    if len(shown[2]) <= _MANY:
        del shown[1]
    axis.set_major_locator(FixedLocator(next((ticks for ticks in shown if len(ticks) >= _TICKS), shown[-1])))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: write(value)))


def scaled(axes: Axes, which: str, amounts: Sequence[float], write: Callable[[float], str] = amount) -> str:
    """Fit the axis `which` to its amounts, logarithmic if they are far apart. Return a text on the scale."""
    least, most = min(amounts), max(amounts)
    if least > 0 and most > 2.5 * least:
        logarithmic(axes, which, least, most, write)
        return ", log scale"
    room = (most - least or abs(most) or 1) * 0.1
    axes.set(**{f"{which}lim": (least - room, most + room)})
    linear(axes.xaxis if which == "x" else axes.yaxis, write=write)
    return ""


def linear(axis: Axis, ticks: int = 6, write: Callable[[float], str] = amount) -> None:
    """Make an axis of amounts linear, with about `ticks` round ticks."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    few = ticks <= 3  # in a narrow panel, one tick is better than three that overlap
    steps = [1, 2, 4, 5, 10] if few else [1, 2, 2.5, 5, 10]
    axis.set_major_locator(MaxNLocator(ticks, steps=steps, min_n_ticks=1 if few else 2))
    axis.set_major_formatter(FuncFormatter(lambda value, _: write(value)))


def percent(axis: Axis, ticks: int = 6) -> None:
    """Give an axis of percentages about `ticks` ticks, at whole numbers if possible."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(ticks, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def madds_label(convention: Counting, what: str = "MAdds") -> str:
    """Return the label of an axis of multiply-adds, with their convention."""
    return f"{what} (convention '{convention}')"


def counted_label(what: str, convention: Counting, look: Look) -> str:
    """Return the label of a cost that is counted for Mobile-Former and as printed for the other networks."""
    split, comma = ("\n", ",\n") if look.columns == 1 else ("; ", ", ")
    return f"{what}{split}Mobile-Former counted (convention '{convention}'){comma}others as in the paper"


def recounted_label(what: str, convention: Counting, look: Look) -> str:
    """Return the label of a cost that is counted for all networks except those with hollow markers."""
    split = "\n" if look.columns == 1 else "; "
    return f"{what}{split}counted (convention '{convention}'), hollow: as printed"


def write_headings(axes: Axes, groups: Sequence[tuple[str, Sequence[str]]], look: Look) -> list[float]:
    """Label the lines on the y axis, from the top, each group under its heading. Return the height of each line."""
    from matplotlib.transforms import blended_transform_factory

    places, at = list[float](), 0.0
    whole = blended_transform_factory(axes.figure.transSubfigure, axes.transData)
    ground = {"facecolor": look.colors["ground"], "edgecolor": "none", "pad": 1.0}
    for heading, lines in groups:
        text = axes.text(0.01, at, heading, transform=whole, va="center", fontsize=6.5, fontweight="bold", bbox=ground)
        text.set_in_layout(False)
        places += [at + 1 + line for line in range(len(lines))]
        at = places[-1] + 1.3
    axes.set_yticks(places, [name for _, lines in groups for name in lines], fontsize=6.5)
    axes.set_ylim(at - 0.6, -0.7)
    axes.set_zorder(2)  # a heading may extend over the next panels
    axes.patch.set_visible(False)
    return places


def write_title(figure: Figure, title: str, look: Look) -> None:
    """Write a figure's title at its left edge, wrapped; in one column, also broken after its colon."""
    parts = title.split(": ", 1) if look.columns == 1 and ": " in title else [title]
    shown = ":\n".join(fill(part, 44 * look.columns, break_on_hyphens=False) for part in parts)
    figure.suptitle(shown, x=0.01, ha="left", fontsize=8.5, fontweight="bold")


def write_legend(figure: Figure | SubFigure, look: Look, across: int | None = None, above: str = "") -> None:
    """Write the legend of a figure's labelled parts below it, where it hides nothing.

    It has `across` entries in a line, by default two for each column of the paper, and the text `above` them.
    """
    handles, labels = [], list[str]()
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            if label not in labels:
                handles.append(handle)
                labels.append(label)
    across = across or 2 * look.columns
    figure.legend(
        handles, labels, loc="outside lower center", ncols=across, handlelength=1.6, columnspacing=1.4,
        title=fill(above, 52 * look.columns) or None, title_fontsize=6.5,
    )  # fmt: skip


def settle(figure: Figure | SubFigure) -> None:
    """Lay out a figure and keep the layout fixed: parts that are added later do not change it."""
    root = figure.get_figure(root=True)
    if root is not None and (engine := root.get_layout_engine()) is not None:
        engine.execute(root)
        root.set_layout_engine("none")


def annotate(
    axes: Axes,
    labels: Sequence[tuple[float, float, str, str]],
    look: Look,
    points: Sequence[tuple[float, float]],
    lines: Sequence[tuple[Sequence[float], Sequence[float]]] = (),
    size: float = 6.5,
    marker: float = 6.0,
) -> None:
    """Write labels (x, y, text, colour) near their points, without overlaps with other labels, `points` and `lines`.

    The labels also avoid the texts that the axes already have. A label without a place near its point gets a thin line
    to the point. `size` is that of the text and `marker` that of the points, both in points of 1/72 inch. The figure
    is laid out here: draw all other parts and set the limits of the axes before the call.
    """
    from mfprofile.view.plots.places import Field, placed

    if not labels:
        return
    settle(axes.figure)
    anchors = _in_points(axes, [(x, y) for x, y, *_ in labels])
    field = Field(_frame(axes), _boxes(axes, points, marker), _segments(axes, lines))
    places = placed(anchors, _sizes(axes, [text for *_, text, _ in labels], size), field)
    line = {"arrowstyle": "-", "color": look.colors["quiet"], "linewidth": 0.5, "shrinkA": 0, "shrinkB": marker / 2}
    for (x, y, text, color), place in zip(labels, places, strict=True):
        axes.annotate(
            text,
            (x, y),
            (place.x, place.y),
            textcoords="offset points",
            fontsize=size,
            color=color,
            ha="center",
            va="center",
            bbox=look.label_box(),
            arrowprops=line if place.is_led else None,
            zorder=6,  # over lines, so that the box of the label dims them
        )


def _in_points(axes: Axes, places: Sequence[tuple[float, float]]) -> Floats:
    """Return positions in the axes' data as points of 1/72 inch from the figure's corner."""
    positions: Floats = axes.transData.transform(np.array(places, float).reshape(-1, 2)) * _points_per_pixel(axes)
    return positions


def _points_per_pixel(axes: Axes) -> float:
    return 72 / axes.figure.dpi


def _frame(axes: Axes) -> tuple[float, float, float, float]:
    left, bottom, right, top = map(float, np.array(axes.bbox.extents) * _points_per_pixel(axes))
    return left, bottom, right, top


def _sizes(axes: Axes, texts: Sequence[str], size: float) -> Floats:
    """Return the width and height of each text, with a margin of half a point."""
    probe = axes.text(0, 0, "", fontsize=size)
    sizes = []
    for text in texts:
        probe.set_text(text)
        sizes.append(np.array(probe.get_window_extent().size) * _points_per_pixel(axes) + 1)
    probe.remove()
    return np.array(sizes)


def _boxes(axes: Axes, points: Sequence[tuple[float, float]], marker: float) -> Floats:
    """Return the boxes of all markers and of the axes' texts."""
    centres = _in_points(axes, points)
    texts = [np.array(text.get_window_extent().extents) * _points_per_pixel(axes) for text in axes.texts]
    return np.concatenate([np.hstack([centres - marker / 2, centres + marker / 2]), np.reshape(texts, (-1, 4))])


def _segments(axes: Axes, lines: Sequence[tuple[Sequence[float], Sequence[float]]]) -> Floats:
    paths = [_in_points(axes, list(zip(xs, ys, strict=True))) for xs, ys in lines]
    parts = [np.hstack([path[:-1], path[1:]]) for path in paths]
    return np.concatenate([np.empty((0, 4)), *parts])


def short(name: str, most: int = 28) -> str:
    """Return a name for a picture, cut if it is long.

    >>> short("a" * 40)
    'aaaaaaaaaaaaaaaaaaaaaaaaaaa…'
    """
    return name if len(name) <= most else f"{name[: most - 1]}…"
