"""The differences of our counts from the cells of the paper, in units of the last printed digit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING

from mfprofile.cost.conventions import find_convention
from mfprofile.paper.cells import SharedCell, distinct
from mfprofile.view.plots.axes import linear, write_headings, write_legend
from mfprofile.view.plots.labels import Around, annotate
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.picture import Picture
from mfprofile.view.plots.titles import write_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INFERRED = "inferred"
"""The name for the convention that was inferred for each table: `paper`, and `paper-coco` for Table 4."""

_QUANTITIES = MappingProxyType({"madds": "MAdds", "params": "Params"})
_LABELS = MappingProxyType({INFERRED: "conventions 'paper', 'paper-coco' (Table 4)"})
_STYLES = (
    ("mobile", "o"), ("former", "s"), ("bridge", "^"), ("head", "D"), ("user", "v"), ("quiet", "P"),
    ("mobile", "X"), ("former", "<"), ("bridge", ">"), ("head", "*"), ("user", "p"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Residual:
    """A distinct cell in a convention: printed, counted, and the difference in steps of the last printed digit.

    `holds` is whether the count would be printed like the cell: at most half a step away, compared in whole numbers.
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


def cell_residuals(names: Sequence[str] = (INFERRED,)) -> Iterator[Residual]:
    """Yield each distinct cost cell of the paper's tables in each of the named conventions."""
    for name in dict.fromkeys(names):
        if name != INFERRED:
            find_convention(name)
        for shared in distinct(None if name == INFERRED else name):
            yield _residual(shared, name)


def _residual(shared: SharedCell, name: str) -> Residual:
    cell = shared.cell
    steps = float((cell.counted - cell.printed.value) / cell.printed.step)
    quantity = "madds" if cell.column.endswith("madds") else "params"
    return Residual(
        group=_group(shared),
        line=cell.model.removeprefix("Mobile-Former-"),
        spec=cell.spec,
        column=cell.column,
        quantity=quantity,
        tables=", ".join(shared.tables),
        printed=cell.printed.text,
        counted=cell.counted,
        steps=steps,
        convention=cell.convention,
        asked=name,
        holds=cell.holds,
    )


def _group(shared: SharedCell) -> str:
    if shared.tables[0] == "4":
        return "Table 4: COCO, whole detector" if shared.cell.column.startswith("all_") else "Table 4: COCO, backbone"
    return "Tables 2 and 3: ImageNet" if shared.tables[0] in ("2", "3") else "Tables 5 to 9: ablations"


def residuals(look: Look, names: Sequence[str] = (INFERRED,)) -> Picture:
    """Draw every cost cell of the paper as counted minus printed, in one or more conventions.

    A cell holds inside the band, which is half a step of the last printed digit on each side. Raises `InputError`.
    """
    cells = list(cell_residuals(names))
    title = "Cost in the paper: counted minus printed"
    with look.applied():
        figure = look.figure(5.2)
        panels = figure.subplots(1, 2, sharey=True)
        groups = _groups(cells)
        lines = [(heading, name) for heading, each in groups for name in each]
        heights = dict(zip(lines, write_headings(panels[0], groups, look), strict=True))
        for axes, quantity in zip(panels, _QUANTITIES, strict=True):
            _panel(axes, [each for each in cells if each.quantity == quantity], heights, look)
            axes.set_title(_score([each for each in cells if each.quantity == quantity], quantity, look), fontsize=7)
            axes.set_xlabel(
                "Steps of the last\nprinted digit" if look.columns == 1 else "Steps of the last printed digit"
            )
        write_title(figure, title, look)
        for axes, quantity in zip(panels, _QUANTITIES, strict=True):
            _ring_lost(axes, [each for each in cells if each.quantity == quantity], heights, look)
        write_legend(figure, look, look.columns)
        for axes, quantity in zip(panels, _QUANTITIES, strict=True):
            _name_lost(axes, [each for each in cells if each.quantity == quantity], heights, look)
    return Picture(title, figure, [asdict(residual) for residual in cells])


def _groups(cells: Sequence[Residual]) -> list[tuple[str, list[str]]]:
    groups: dict[str, dict[str, None]] = {}
    for each in cells:
        groups.setdefault(each.group, {})[each.line] = None
    return [(heading, list(lines)) for heading, lines in groups.items()]


def _score(cells: Sequence[Residual], quantity: str, look: Look) -> str:
    """Return the title of a panel: how many cells hold in the first convention."""
    first = [each for each in cells if each.asked == cells[0].asked]
    holding = sum(each.holds for each in first)
    named = [f"in '{cells[0].asked}'"] if len(first) < len(cells) else []
    if look.columns == 1:
        return "\n".join([f"{_QUANTITIES[quantity]}: {holding}/{len(first)}", *named])
    return " ".join([f"{_QUANTITIES[quantity]}: {holding} of {len(first)} within rounding", *named])


def _panel(axes: Axes, cells: Sequence[Residual], heights: Mapping[tuple[str, str], float], look: Look) -> None:
    colors = look.colors
    _bands(axes, heights, look)
    for at, (asked, group) in enumerate(groupby(cells, key=lambda each: each.asked)):
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
    reach = [*(each.steps for each in cells), -0.6, 0.6]
    room = 0.08 * (max(reach) - min(reach))
    axes.set_xlim(min(reach) - room, max(reach) + room)
    linear(axes.xaxis, 6 if look.columns == 2 else 3)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _bands(axes: Axes, heights: Mapping[tuple[str, str], float], look: Look) -> None:
    """Shade half a step on each side of the printed value, behind each group of lines."""
    for at, (_, lines) in enumerate(groupby(heights, key=lambda line: line[0])):
        places = [heights[line] for line in lines]
        ends = [min(places) - 0.5, max(places) + 0.5]
        label = "_" if at else "within rounding: half a step"
        axes.fill_betweenx(ends, -0.5, 0.5, color=look.colors["grid"], linewidth=0, zorder=0, label=label)
        axes.plot([0, 0], ends, color=look.colors["quiet"], linewidth=0.6, zorder=1)


def _ring_lost(axes: Axes, cells: Sequence[Residual], heights: Mapping[tuple[str, str], float], look: Look) -> None:
    """Draw a ring around the cells that the inferred conventions do not reproduce."""
    for each in _lost(cells):
        axes.plot(
            [each.steps],
            [heights[each.group, each.line]],
            linestyle="none",
            marker="o",
            markersize=9,
            markerfacecolor="none",
            color=look.colors["former"],
            label="not reproduced",
        )


def _name_lost(axes: Axes, cells: Sequence[Residual], heights: Mapping[tuple[str, str], float], look: Look) -> None:
    points = [(each.steps, heights[each.group, each.line]) for each in cells]
    color = look.colors["former"]
    labels = [
        (each.steps, heights[each.group, each.line], f"{each.counted / 1e6:.2f}M", color) for each in _lost(cells)
    ]
    annotate(axes, labels, look, Around(points, marker=10))


def _lost(cells: Sequence[Residual]) -> list[Residual]:
    return [each for each in cells if not each.holds and each.asked == INFERRED]
