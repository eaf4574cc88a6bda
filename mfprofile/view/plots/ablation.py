"""The paper's ablations, Tables 5 to 9: the cost and the accuracy of each variant, compared with the 294M."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from mfprofile.cost.conventions import find_convention
from mfprofile.paper.cells import counted
from mfprofile.paper.tables import table
from mfprofile.view.plots.axes import linear, percent, write_headings, write_legend
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.picture import Picture
from mfprofile.view.plots.titles import write_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TABLES = ("5", "6", "7", "8", "9")
BASE = "mf294m"


@dataclass(frozen=True, slots=True)
class Variant:
    """A line of a table of ablations: counted multiply-adds and parameters, printed top-1 in percent."""

    table: str
    title: str
    model: str
    spec: str
    top1: float
    madds: int
    params: int


def variants(convention: str = "paper") -> Iterator[Variant]:
    """Yield the lines of Tables 5 to 9, counted in a convention."""
    for number in TABLES:
        printed = table(number)
        for line in printed.lines:
            madds, params = (counted(line.spec, column, convention) for column in ("madds", "params"))
            yield Variant(number, printed.title, line.model, line.spec, float(line.cells["top1"]), madds, params)


def ablation(look: Look, convention: str = "paper") -> Picture:
    """Draw the ablations as three columns of dots with common lines: top-1, multiply-adds and parameters.

    A bar connects each dot to the vertical line of the 294M. Its length shows the difference to the 294M.
    """
    rows = list(variants(convention))
    title = "Ablations of Mobile-Former-294M"
    unit = find_convention(convention).unit
    short = convention if len(convention) < 16 else convention.replace("-", "-\n", 1)
    named = f"{unit}\n(convention '{convention}')" if look.columns == 2 else f"{unit}\n('{short}')"
    labels = {"top1": "ImageNet top-1 (%)\nas printed", "madds": named, "params": "Parameters\ncounted"}
    if look.columns == 1:
        labels["top1"] = "Top-1 (%)\nprinted"
    with look.applied():
        figure = look.figure(4.1)
        panels = figure.subplots(1, 3, sharey=True)
        heights = write_headings(panels[0], _groups(rows), look)
        for axes, (quantity, label) in zip(panels, labels.items(), strict=True):
            _dots(axes, rows, heights, quantity, look)
            axes.set_xlabel(label)
        write_legend(figure, look, look.columns)
        write_title(figure, title, look)
    return Picture(title, figure, [asdict(variant) for variant in rows], convention)


def _groups(rows: Sequence[Variant]) -> list[tuple[str, list[str]]]:
    tables = groupby(rows, key=lambda variant: (variant.table, variant.title))
    return [(f"Table {number}: {title}", [variant.model for variant in each]) for (number, title), each in tables]


def _dots(axes: Axes, rows: Sequence[Variant], heights: Sequence[float], quantity: str, look: Look) -> None:
    colors = look.colors
    base = next(getattr(variant, quantity) for variant in rows if variant.spec == BASE)
    axes.axvline(base, color=colors["quiet"], linewidth=0.8, zorder=1)
    axes.plot([], [], marker="o", linestyle="none", color=colors["quiet"], label="the 294M")
    for variant, height in zip(rows, heights, strict=True):
        amount = getattr(variant, quantity)
        is_base = variant.spec == BASE
        color = colors["quiet"] if is_base else colors["former" if quantity == "top1" else "mobile"]
        axes.plot([base, amount], [height, height], color=color, linewidth=2.2, alpha=0.45, solid_capstyle="butt")
        axes.plot([amount], [height], marker="o", markersize=5, color=color, zorder=4, markeredgecolor=colors["ground"])
    amounts = [getattr(variant, quantity) for variant in rows]
    room = (max(amounts) - min(amounts)) * 0.08
    axes.set_xlim(min(amounts) - room, max(amounts) + room)
    ticks = 5 if look.columns == 2 else 3
    if quantity == "top1":
        percent(axes.xaxis, ticks)
    else:
        linear(axes.xaxis, ticks)
    axes.grid(False, axis="y")
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
