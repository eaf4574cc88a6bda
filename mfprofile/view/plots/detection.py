"""Detection on COCO: AP against the cost of the backbone or of the whole detector (Table 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING

from mfprofile.cost.bill import count
from mfprofile.cost.conventions import find_convention
from mfprofile.cost.device import Device
from mfprofile.cost.tested import kinds_of
from mfprofile.errors import InputError
from mfprofile.paper.cells import COCO
from mfprofile.paper.results import CNN, OURS, VIT, Detection, coco, coco_latencies, coco_specs
from mfprofile.spec.load import load
from mfprofile.spec.names import LATENCY
from mfprofile.spec.words import instead, shown
from mfprofile.view.plots.axes import percent, scaled, write_legend
from mfprofile.view.plots.labels import OPTIONS, Around, name_points
from mfprofile.view.plots.limits import NUMBER, Limits, frame, inside, uncut
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.networks import COSTS, check_unit
from mfprofile.view.plots.only import only_of
from mfprofile.view.plots.picture import Picture
from mfprofile.view.plots.titles import write_title
from mfprofile.view.plots.units import NAMES, TITLES, cost_label, filled, model_of, written

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FAMILIES = {"mobile-former": OURS, "cnn": CNN, "resnet": "ResNet", "vit": VIT}
"""The sorts of backbones that can be drawn alone, by their names on the command line."""
_STYLES = {OURS: ("mobile", "o"), CNN: ("cnn", "s"), "ResNet": ("quiet", "D"), VIT: ("vit", "P")}


def detection(
    look: Look,
    cost: str = "madds",
    whole: bool = False,
    convention: str = COCO,
    device: Device | None = None,
    only: Sequence[str] = (),
) -> Picture:
    """Draw RetinaNet's AP against the multiply-adds, parameters or latency (`cost`) of its backbone.

    Or against those of the `whole` detector. Mobile-Former is counted in the convention, and its latency is predicted
    by `device`. The other networks are as printed in the paper, without a latency. `only` keeps the networks of these
    `FAMILIES`. Raises `InputError`.
    """
    if cost not in COSTS:
        raise InputError(f"cannot draw against {shown(cost)}; {instead(cost, COSTS)}")
    check_unit(convention, cost)
    counting, column = find_convention(convention).on(device), "all" if whole else "backbone"
    timed = cost == LATENCY
    every = list(coco_latencies(column, counting) if timed else coco(f"{column}_{cost}", convention))
    kinds = kinds_of(count(load(spec), counting) for spec in coco_specs(column)) if timed else {}
    x, y = frame(look, "time" if timed else "count", NUMBER)
    chosen = only_of(every, only, FAMILIES, lambda each: {each.sort})
    detectors, outside = inside(chosen, lambda each: (each.cost, each.ap), lambda each: each.model, x, y)
    part = "Detector" if whole else "Backbone"
    unit = {**NAMES, "params": "parameters", LATENCY: "latency (ms)"}[cost]
    title = f"COCO AP against {TITLES[cost]}"
    with look.applied():
        figure = look.figure(3.6 if look.columns == 2 else 3.0)
        axes = figure.add_subplot()
        write_title(figure, title, look)
        axes.set_ylabel(filled("RetinaNet AP, COCO val2017 (%)", "y", look))
        scale = scaled(axes, "x", [each.cost for each in detectors], written(cost), x)
        origins = {each.source for each in detectors}
        axes.set_xlabel(cost_label(cost, f"{part} {unit}{scale}", counting, look, origins, kinds))
        unlabelled = _draw(axes, detectors, look, y)
    data = [asdict(each) for each in detectors]
    return Picture(title, figure, data, convention, model_of([cost], counting, kinds), [*outside, *unlabelled])


def _draw(axes: Axes, detectors: Sequence[Detection], look: Look, y: Limits) -> list[str]:
    axes.set_ylim(y.or_else(min(each.ap for each in detectors) - 1.2, max(each.ap for each in detectors) + 1.2))
    percent(axes.yaxis, 8)
    lines = []
    for sort, group in groupby(detectors, key=lambda each: each.sort):
        color, marker = _STYLES[sort]
        each = list(group)
        xs, ys = [float(one.cost) for one in each], [one.ap for one in each]
        axes.plot(
            xs,
            ys,
            marker=marker,
            markersize=5.5 if sort == OURS else 4.5,
            linestyle="-" if sort == OURS else "none",
            linewidth=1.8,
            color=look.colors[color],
            label=sort,
            zorder=4 if sort == OURS else 3,
        )
        lines += [(xs, ys)] if sort == OURS else []
    uncut(axes)
    write_legend(axes.figure, look)
    labels = [
        (each.cost, each.ap, each.model.removeprefix(f"{OURS}-"), look.text_color(_STYLES[each.sort][0]))
        for each in detectors
    ]
    return name_points(axes, labels, look, Around([(each.cost, each.ap) for each in detectors], lines), options=OPTIONS)
