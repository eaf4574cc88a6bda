"""The shares of the pillars in the multiply-adds and parameters of several variants."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

from mfprofile.cost.bill import Bill
from mfprofile.errors import InputError
from mfprofile.spec.names import LATENCY, PILLARS
from mfprofile.view.plots.axes import settle, short, write_legend
from mfprofile.view.plots.bars import draw_bars
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.picture import Picture
from mfprofile.view.plots.timed import counted_how, figure_of, quantities_of
from mfprofile.view.plots.titles import write_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PAD = 1.2
"""The margin of a bar's colour around a share that is written in it, in points."""


def pillars(look: Look, bills: Sequence[Bill]) -> Picture:
    """Draw the shares of the pillars in each variant as bars of 100 %, with the totals at the right.

    The shares are of multiply-adds, of parameters and, with a latency model, of the predicted latency. All bills are in
    one convention, with one model or none. Raises `InputError` for no bill.
    """
    if not bills:
        raise InputError("no variant to draw")
    records = [_record(bill) for bill in bills]
    convention, quantities = bills[0].convention, quantities_of(bills[0])
    title = "Shares by pillar"
    with look.applied():
        stacked = 1 if look.columns == 2 else len(quantities)
        figure = look.figure(0.21 * len(bills) * stacked + 1.2 + 0.45 * (stacked - 1))
        panels = figure.subplots(*((1, len(quantities)) if stacked == 1 else (stacked, 1)), sharey=stacked == 1)
        split = "\n" if len(quantities) > 2 and stacked == 1 else " "
        labels = {
            "madds": f"Share of {convention.unit} (%),{split}totals at the right\n(convention '{convention.name}')",
            "params": f"Share of parameters (%),{split}totals at the right",
            LATENCY: f"Share of predicted ms (%),{split}totals at the right\n{_model(bills[0], stacked == 1)}",
        }
        drawn = []
        for axes, quantity in zip(panels, quantities, strict=True):
            drawn.append((axes, _draw(axes, records, quantity, look)))
            axes.set_xlabel(labels[quantity])
        write_title(figure, title, look)
        write_legend(figure, look)
        settle(figure)
        for axes, bars in drawn:
            for height, shares in enumerate(bars):
                _write(axes, height, shares, look)
    return Picture(title, figure, records, convention.name)


def _record(bill: Bill) -> dict[str, Any]:
    parts = bill.pillars.items()
    return {
        "name": bill.name,
        "madds": {name: total.madds for name, total in parts},
        "params": {name: total.params for name, total in parts},
        **({} if bill.device is None else {LATENCY: {name: total.latency or 0 for name, total in parts}}),
    }


def _model(bill: Bill, is_narrow: bool) -> str:
    return fill(f"({counted_how(LATENCY, bill)})", 34 if is_narrow else 52, break_on_hyphens=False)


def _draw(axes: Axes, records: Sequence[dict[str, Any]], quantity: str, look: Look) -> list[dict[str, float]]:
    """Draw the bars with their names and totals. Return the shares."""
    heights = [float(at) for at in range(len(records))]
    wholes = [sum(record[quantity].values()) for record in records]
    shares = [
        {pillar: 100 * record[quantity][pillar] / (whole or 1) for pillar in PILLARS}
        for record, whole in zip(records, wholes, strict=True)
    ]
    draw_bars(axes, heights, shares, look)
    axes.set_yticks(heights, [short(record["name"], 22) for record in records], fontsize=6.5)
    axes.set_ylim(len(records) - 0.4, -0.6)
    axes.set_xlim(0, 100)
    axes.grid(False)
    axes.tick_params(axis="y", length=0)
    for height, whole in zip(heights, wholes, strict=True):
        axes.annotate(
            figure_of(quantity)(whole), (100, height), (3, 0), textcoords="offset points", va="center", fontsize=6.5,
            annotation_clip=False,
        )  # fmt: skip
    return shares


def _write(axes: Axes, height: int, shares: dict[str, float], look: Look) -> None:
    """Write the shares into a bar if there is room. The figure must be laid out before."""
    start, pixels = 0.0, axes.figure.dpi / 72
    for pillar in PILLARS:
        share = shares[pillar]
        box = {"facecolor": look.colors[pillar], "edgecolor": "none", "pad": PAD}
        color = "#FFFFFF" if pillar == "mobile" and not look.dark else "#111111"
        text = axes.text(
            start + share / 2, height, f"{share:.1f}", ha="center", va="center", fontsize=6, color=color, bbox=box
        )
        if text.get_window_extent().width + 2 * PAD * pixels > share / 100 * axes.bbox.width:
            text.remove()
        start += share
