"""The paper's ablations, Tables 5 to 9: what each variant costs, and what it is worth, beside the 294M."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from mfprofile.cost.conventions import find_convention
from mfprofile.paper.cells import counted
from mfprofile.paper.tables import table
from mfprofile.view.plots.axes import headed, legend, linear, percent, titled
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.picture import Picture

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
        found = table(number)
        for line in found.lines:
            madds, params = (counted(line.spec, column, convention) for column in ("madds", "params"))
            yield Variant(number, found.title, line.model, line.spec, float(line.cells["top1"]), madds, params)


def ablation(look: Look, convention: str = "paper") -> Picture:
    """Draw the ablations as three columns of dots, which share their lines: top-1, multiply-adds and parameters.

    Each dot hangs on the upright line of the 294M, so that what a variant costs and what it brings are seen as lengths.
    """
    found = list(variants(convention))
    title = "Ablations of Mobile-Former-294M"
    unit = find_convention(convention).unit
    named = f"{unit}\n(convention '{convention}')" if look.columns == 2 else f"{unit}\n('{convention}')"
    labels = {"top1": "ImageNet top-1 (%)\nas printed", "madds": named, "params": "Parameters\ncounted"}
    if look.columns == 1:
        labels["top1"] = "Top-1 (%)\nprinted"
    with look.applied():
        figure = look.figure(4.1)
        panels = figure.subplots(1, 3, sharey=True)
        heights = headed(panels[0], _groups(found), look)
        for axes, (quantity, label) in zip(panels, labels.items(), strict=True):
            _dots(axes, found, heights, quantity, look)
            axes.set_xlabel(label)
        legend(figure, look, look.columns)
        titled(figure, title, look)
    return Picture(title, figure, [asdict(variant) for variant in found], convention)


def _groups(found: Sequence[Variant]) -> list[tuple[str, list[str]]]:
    tables = groupby(found, key=lambda variant: (variant.table, variant.title))
    return [(f"Table {number}: {title}", [variant.model for variant in each]) for (number, title), each in tables]


def _dots(axes: Axes, found: Sequence[Variant], heights: Sequence[float], quantity: str, look: Look) -> None:
    colors = look.colors
    base = next(getattr(variant, quantity) for variant in found if variant.spec == BASE)
    axes.axvline(base, color=colors["quiet"], linewidth=0.8, zorder=1)
    axes.plot([], [], marker="o", linestyle="none", color=colors["quiet"], label="the 294M as it is")
    for variant, height in zip(found, heights, strict=True):
        amount = getattr(variant, quantity)
        is_base = variant.spec == BASE
        color = colors["quiet"] if is_base else colors["former" if quantity == "top1" else "mobile"]
        axes.plot([base, amount], [height, height], color=color, linewidth=2.2, alpha=0.45, solid_capstyle="butt")
        axes.plot([amount], [height], marker="o", markersize=5, color=color, zorder=4, markeredgecolor=colors["ground"])
    amounts = [getattr(variant, quantity) for variant in found]
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
