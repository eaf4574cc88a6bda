"""Axes that several pictures share: costs with their units, and labels that keep clear of one another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mfprofile.view.plots.look import Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

_STEPS = (1, 2, 5)


def amount(value: float) -> str:
    """Return a round amount as a tick shows it.

    >>> [amount(value) for value in (0, 464, 20_000, 2_500_000, 1e9)]
    ['0', '464', '20k', '2.5M', '1G']
    """
    for unit, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= unit:
            return f"{value / unit:g}{letter}"
    return f"{value:g}"


def logarithmic(axes: Axes, which: str, least: float, most: float) -> None:
    """Let the axis `which` (x or y) of amounts be logarithmic, from below `least` to above `most`: ticks 1, 2, 5."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    low, high = least / 1.18, most * 1.18
    axes.set(**{f"{which}scale": "log", f"{which}lim": (low, high)})
    axis = axes.xaxis if which == "x" else axes.yaxis
    ticks = [step * 10**power for power in range(16) for step in _STEPS if low <= step * 10**power <= high]
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: amount(value)))


def linear(axis: Axis) -> None:
    """Let an axis of amounts be linear, with round ticks."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: amount(value)))


def madds_label(convention: str, what: str = "MAdds") -> str:
    """Return the label of an axis of multiply-adds, with the convention that counts them."""
    return f"{what} (convention '{convention}')"


def legend(figure: Figure, look: Look) -> None:
    """Write the legend of a figure's labelled parts below it, where it hides nothing."""
    handles, labels = [], list[str]()
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            if label not in labels:
                handles.append(handle)
                labels.append(label)
    figure.legend(
        handles, labels, loc="outside lower center", ncols=2 * look.columns, handlelength=1.6, columnspacing=1.4
    )


def annotate(
    axes: Axes,
    labels: Sequence[tuple[float, float, str, str]],
    look: Look,
    points: Sequence[tuple[float, float]],
    lines: Sequence[tuple[list[float], list[float]]] = (),
    **text: Any,
) -> None:
    """Write labels (x, y, text, colour) near their points, clear of one another, of all `points` and of `lines`.

    A label that finds no place near its point is led to it by a thin line. Axes must have their limits already.
    """
    import textalloc

    size = text.pop("size", 6.5)
    if lines:
        text |= {"x_lines": [line[0] for line in lines], "y_lines": [line[1] for line in lines]}
    textalloc.allocate(
        axes,
        [label[0] for label in labels],
        [label[1] for label in labels],
        [label[2] for label in labels],
        x_scatter=[x for x, _ in points],
        y_scatter=[y for _, y in points],
        textcolor=[label[3] for label in labels],
        linecolor=look.colors["quiet"],
        linewidth=0.4,
        textsize=size,
        **{"min_distance": 0.012, "max_distance": 0.25, "margin": 0.006, "avoid_label_lines_overlap": True} | text,
    )


def spread(places: Sequence[float], apart: float) -> list[float]:
    """Return ascending places moved as little as need be to lie `apart` from one another.

    >>> spread([0.0, 1.0, 1.0, 5.0], 1.0)
    [-0.5, 0.5, 1.5, 5.0]
    """
    heaps: list[list[float]] = []  # of neighbours that touch: the sum of their wanted starts, and how many
    for index, place in enumerate(places):
        heaps.append([place - index * apart, 1])
        while len(heaps) > 1 and heaps[-2][0] / heaps[-2][1] > heaps[-1][0] / heaps[-1][1]:
            total, members = heaps.pop()
            heaps[-1][0] += total
            heaps[-1][1] += members
    starts = [total / members for total, members in heaps for _ in range(int(members))]
    return [start + index * apart for index, start in enumerate(starts)]
