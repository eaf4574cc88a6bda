"""Axes of costs, titles and legends: the parts that several pictures share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from textwrap import fill
from typing import TYPE_CHECKING

from mfprofile.cost.weights import Counting
from mfprofile.view.plots.fonts import provide_all
from mfprofile.view.plots.limits import OPEN, Limits
from mfprofile.view.plots.look import Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure, SubFigure

_STEPS = ((1,), (1, 3), (1, 2, 5), (1, 2, 3, 5, 7), (1, 1.5, 2, 3, 4, 6, 8), (1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9),
          (1, 1.2, 1.4, 1.6, 1.8, 2, 2.2, 2.5, 2.8, 3.2, 3.6, 4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8, 8.5, 9))  # fmt: skip
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


def logarithmic(
    axes: Axes,
    which: str,
    least: float,
    most: float,
    write: Callable[[float], str] = amount,
    limits: Limits = OPEN,
) -> None:
    """Make the axis `which` (x or y) of amounts logarithmic, from below `least` to above `most`, or to given `limits`.

    Its ticks are the powers of ten. If fewer than four fit, more round amounts are added: 1 and 3 of each power if 1,
    2 and 5 would be too many.
    """
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    low, high = limits.or_else(least / 1.3, most * (1.18 if which == "x" else 1.3))
    axes.set(**{f"{which}scale": "log", f"{which}lim": (low, high)})
    axis = axes.xaxis if which == "x" else axes.yaxis
    candidates = ([step * 10**power for power in range(-1, 25) for step in steps] for steps in _STEPS)
    shown = [[tick for tick in ticks if low <= tick <= high] for ticks in candidates]
    if len(shown[2]) <= _MANY:
        del shown[1]
    axis.set_major_locator(FixedLocator(next((ticks for ticks in shown if len(ticks) >= _TICKS), shown[-1])))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: write(value)))


def scaled(
    axes: Axes,
    which: str,
    amounts: Sequence[float],
    write: Callable[[float], str] = amount,
    limits: Limits = OPEN,
) -> str:
    """Fit the axis `which` to its amounts, logarithmic if they are far apart, or to given `limits`.

    Return a text on the scale.
    """
    least, most = limits.or_else(min(amounts), max(amounts))
    if least > 0 and most > 2.5 * least:
        logarithmic(axes, which, least, most, write, limits)
        return ", log scale"
    room = (most - least or abs(most) or 1) * 0.1
    axes.set(**{f"{which}lim": limits.or_else(least - room, most + room)})
    linear(axes.xaxis if which == "x" else axes.yaxis, write=write)
    return ""


def linear(axis: Axis, ticks: int = 6, write: Callable[[float], str] = amount, integer: bool = False) -> None:
    """Make an axis of amounts linear, with about `ticks` round ticks, or only at whole numbers."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    few = ticks <= 3  # in a narrow panel, one tick is better than three that overlap
    steps = [1, 2, 4, 5, 10] if few else [1, 2, 2.5, 5, 10]
    axis.set_major_locator(MaxNLocator(ticks, steps=steps, min_n_ticks=1 if few else 2, integer=integer))
    axis.set_major_formatter(FuncFormatter(lambda value, _: write(value)))


def percent(axis: Axis, ticks: int = 6) -> None:
    """Give an axis of percentages about `ticks` ticks, at whole numbers if possible."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(ticks, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def madds_label(convention: Counting, what: str = "MAdds") -> str:
    """Return the label of an axis of multiply-adds, with their convention."""
    return f"{what} (convention '{convention}')"


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


def write_legend(figure: Figure | SubFigure, look: Look, across: int | None = None, notes: Sequence[str] = ()) -> int:
    """Write the legend of a figure's labelled parts below it, where it hides nothing, under lines on the method.

    It has `across` entries in a line, by default two for each column of the paper. Without entries and notes there is
    none. Return the number of its lines with entries.
    """
    handles, labels = [], list[str]()
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            if label not in labels:
                handles.append(handle)
                labels.append(label)
    if not handles and not notes:
        return 0
    across = across or 2 * look.columns
    text = "\n".join(fill(note, 70 * look.columns, break_on_hyphens=False) for note in notes)
    legend = figure.legend(
        handles, labels, loc="outside lower center", ncols=across, handlelength=1.6, columnspacing=1.4,
        title=text or None, title_fontsize=6,
    )  # fmt: skip
    legend.get_title().set_color(look.colors["quiet"])
    return -(-len(handles) // across)


def set_height(axes: Axes, inches: float) -> None:
    """Set the height of the figure of some axes."""
    if (figure := axes.get_figure(root=True)) is not None:
        figure.set_figheight(inches)


def settle(figure: Figure | SubFigure) -> None:
    """Lay out a figure and keep the layout fixed: parts that are added later do not change it."""
    root = figure.get_figure(root=True)
    if root is not None:
        provide_all(root)
    if root is not None and (engine := root.get_layout_engine()) is not None:
        engine.execute(root)
        root.set_layout_engine("none")


def short(name: str, most: int = 28) -> str:
    """Return a name for a picture, cut if it is long.

    >>> short("a" * 40)
    'aaaaaaaaaaaaaaaaaaaaaaaaaaa…'
    """
    return name if len(name) <= most else f"{name[: most - 1]}…"


def distinct(names: Sequence[str], most: int = 28) -> list[str]:
    """Return names for a picture; those that would be the same if they were cut at the end are cut in the middle.

    >>> distinct(["a" * 30 + "1", "a" * 30 + "2", "b"])
    ['aaaaaaaaaaaaaaa…aaaaaaaaaaa1', 'aaaaaaaaaaaaaaa…aaaaaaaaaaa2', 'b']
    """
    cut = [short(name, most) for name in names]
    tail = most - most // 2 - 2
    return [
        text if cut.count(text) == 1 or text == name else f"{name[: most - tail - 1]}…{name[-tail:]}"
        for text, name in zip(cut, names, strict=True)
    ]
