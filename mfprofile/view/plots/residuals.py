"""How far our count of each cell of the paper is from what is printed there, in units of the last printed digit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING

from mfprofile.cost.conventions import convention
from mfprofile.paper.cells import Standing, distinct
from mfprofile.view.plots.axes import annotate, headed, legend, linear
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.picture import Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INFERRED = "inferred"
"""The convention that was inferred for each table: `paper`, and `paper-coco` for Table 4."""

_QUANTITIES = MappingProxyType({"madds": "MAdds", "params": "Parameters"})
_LABELS = MappingProxyType({INFERRED: "conventions 'paper', and 'paper-coco' for Table 4"})
_STYLES = (("mobile", "o"), ("former", "s"), ("bridge", "^"), ("head", "D"), ("user", "v"), ("quiet", "P"))


@dataclass(frozen=True, slots=True)
class Residual:
    """A distinct cell: printed, counted, and the difference in steps of the last printed digit, in a convention.

    `holds` says whether the count would be printed so: no more than half a step away, decided on whole numbers.
    """

    group: str
    line: str
    spec: str
    column: str
    quantity: str
    tables: str
    printed: str
    counted: int
    steps: float
    convention: str
    asked: str
    holds: bool


def residuals(names: Sequence[str] = (INFERRED,)) -> Iterator[Residual]:
    """Yield each distinct cell about cost of the paper's tables, in each of the conventions by name."""
    for name in dict.fromkeys(names):
        if name != INFERRED:
            convention(name)
        for standing in distinct(None if name == INFERRED else name):
            yield _residual(standing, name)


def _residual(standing: Standing, name: str) -> Residual:
    cell = standing.cell
    steps = float((cell.counted - cell.printed.value) / cell.printed.step)
    quantity = "madds" if cell.column.endswith("madds") else "params"
    return Residual(
        group=_group(standing),
        line=cell.model.removeprefix("Mobile-Former-"),
        spec=cell.spec,
        column=cell.column,
        quantity=quantity,
        tables=", ".join(standing.tables),
        printed=cell.printed.text,
        counted=cell.counted,
        steps=steps,
        convention=cell.convention,
        asked=name,
        holds=cell.holds,
    )


def _group(standing: Standing) -> str:
    if standing.tables[0] == "4":
        return "Table 4: COCO, whole detector" if standing.cell.column.startswith("all_") else "Table 4: COCO, backbone"
    return "Tables 2 and 3: ImageNet" if standing.tables[0] in ("2", "3") else "Tables 5 to 9: ablations"


def picture(look: Look, names: Sequence[str] = (INFERRED,)) -> Picture:
    """Draw every cell of the paper about cost, printed against counted, in one or more conventions.

    A cell holds within the band of half a step of its last printed digit on either side. Raises `InputError`.
    """
    found = list(residuals(names))
    title = "Counted minus printed, for each cost in the paper"
    with look.applied():
        figure = look.figure(5.2)
        panels = figure.subplots(1, 2, sharey=True)
        groups = _groups(found)
        lines = [(heading, name) for heading, each in groups for name in each]
        heights = dict(zip(lines, headed(panels[0], groups, look), strict=True))
        for axes, quantity in zip(panels, _QUANTITIES, strict=True):
            _panel(axes, [each for each in found if each.quantity == quantity], heights, look)
            axes.set_title(_score([each for each in found if each.quantity == quantity], quantity), fontsize=7)
        figure.suptitle(title, x=0.01, ha="left", fontsize=8.5, fontweight="bold")
        figure.supxlabel("Steps of the last printed digit (band: within its rounding)", fontsize=7.5)
        legend(figure, look)
        for axes, quantity in zip(panels, _QUANTITIES, strict=True):
            _name_lost(axes, [each for each in found if each.quantity == quantity], heights, look)
    return Picture(title, figure, [asdict(residual) for residual in found])


def _groups(found: Sequence[Residual]) -> list[tuple[str, list[str]]]:
    groups: dict[str, dict[str, None]] = {}
    for each in found:
        groups.setdefault(each.group, {})[each.line] = None
    return [(heading, list(lines)) for heading, lines in groups.items()]


def _score(found: Sequence[Residual], quantity: str) -> str:
    first = [each for each in found if each.asked == found[0].asked]
    return f"{_QUANTITIES[quantity]}: {sum(each.holds for each in first)} of {len(first)} within"


def _panel(axes: Axes, found: Sequence[Residual], heights: Mapping[tuple[str, str], float], look: Look) -> None:
    colors = look.colors
    axes.axvspan(-0.5, 0.5, color=colors["grid"], linewidth=0, zorder=0)
    axes.axvline(0, color=colors["quiet"], linewidth=0.6, zorder=1)
    for at, (asked, group) in enumerate(groupby(found, key=lambda each: each.asked)):
        color, marker = _STYLES[at % len(_STYLES)]
        each = list(group)
        axes.plot(
            [one.steps for one in each],
            [heights[one.group, one.line] for one in each],
            linestyle="none",
            marker=marker,
            markersize=4.5,
            color=colors[color],
            markerfacecolor="none" if at else None,
            label=_LABELS.get(asked, f"convention '{asked}'"),
            zorder=4 - min(at, 1),
        )
    reach = [*(each.steps for each in found), -0.6, 0.6]
    room = 0.08 * (max(reach) - min(reach))
    axes.set_xlim(min(reach) - room, max(reach) + room)
    linear(axes.xaxis)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _name_lost(axes: Axes, found: Sequence[Residual], heights: Mapping[tuple[str, str], float], look: Look) -> None:
    """Name the cells that the inferred conventions do not meet."""
    lost = [each for each in found if not each.holds and each.asked == INFERRED]
    points = [(each.steps, heights[each.group, each.line]) for each in found]
    labels = [
        (each.steps, heights[each.group, each.line], f"{each.counted:,}\nis not {each.printed}", look.colors["former"])
        for each in lost
    ]
    for x, y, *_ in labels:
        axes.plot([x], [y], marker="o", markersize=9, markerfacecolor="none", color=look.colors["former"])
    annotate(axes, labels, look, points, marker=7)
