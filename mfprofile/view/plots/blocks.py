"""The multiply-adds, parameters and predicted latency of one variant: block by block, stacked by pillar."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mfprofile.cost.bill import Bill
from mfprofile.spec.names import LATENCY, PILLARS
from mfprofile.view.numbers import human
from mfprofile.view.plots.axes import short, write_legend
from mfprofile.view.plots.bars import draw_bars, label_bars, write_figures
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.picture import Picture
from mfprofile.view.plots.timed import counted_how, figure_of, quantities_of, unit_name, unit_size
from mfprofile.view.plots.titles import write_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def block_records(bill: Bill) -> list[dict[str, Any]]:
    """Return a record for each block: its kind and output, and its totals by pillar.

    They sum to the bill's totals.
    """
    about, quantities = bill.subject.labels.values, quantities_of(bill)
    records: dict[str, dict[str, Any]] = {}
    for row, madds, latency in zip(bill.rows, bill.row_madds, bill.row_latencies, strict=True):
        kind, out = about.get(row.block, (None, None))
        record = records.setdefault(
            row.block,
            {"block": row.block, "stage": row.stage, "kind": kind, "out": out}
            | {quantity: dict.fromkeys(PILLARS, 0) for quantity in quantities},
        )
        record["madds"][row.pillar] += madds
        record["params"][row.pillar] += row.params
        if bill.device is not None:
            record[LATENCY][row.pillar] += latency or 0
    return list(records.values())


def blocks(look: Look, bill: Bill) -> Picture:
    """Draw a bill block by block: each quantity as bars stacked by pillar, with totals at the ends.

    They are multiply-adds, parameters and, with a latency model, the predicted latency.
    """
    records, quantities = block_records(bill), quantities_of(bill)
    totals = [f"{human(bill.madds)} {bill.convention.unit}", f"{human(bill.params)} parameters"]
    totals += [] if bill.device is None else [f"{figure_of(LATENCY)(bill.latency)} ms"]
    title = f"{short(bill.name)}: {', '.join(totals)}, by block"
    with look.applied():
        figure = look.figure(0.155 * len(records) + (1.15 if look.columns == 2 else 1.3))
        panels = figure.subplots(1, len(quantities), sharey=True)
        for axes, quantity in zip(panels, quantities, strict=True):
            _draw(axes, records, quantity, look)
            axes.set_xlabel(_label(quantity, bill, look))
        write_title(figure, title, look)
        model = counted_how(LATENCY, bill)
        write_legend(figure, look, notes=[f"Predicted by {model}"] if model else ())
    return Picture(title, figure, records, bill.convention.name)


def _label(quantity: str, bill: Bill, look: Look) -> str:
    """Return the label of a panel: the unit, and the convention of multiply-adds."""
    unit, convention = unit_name(quantity, bill), f"'{bill.convention.name}'"
    if quantity == "madds":
        return f"{unit} (convention {convention})" if look.columns == 2 else f"{unit}\n({convention})"
    return unit


def _draw(axes: Axes, records: list[dict[str, Any]], quantity: str, look: Look) -> None:
    heights = [float(at) for at in range(len(records))]
    totals = [sum(record[quantity].values()) for record in records]
    parts = [{name: amount / unit_size(quantity) for name, amount in record[quantity].items()} for record in records]
    ends, text = [total / unit_size(quantity) for total in totals], figure_of(quantity)
    draw_bars(axes, heights, parts, look)
    label_bars(axes, [_name(record, look) for record in records], heights, max(ends), look)
    write_figures(axes, ends, heights, [text(total) if total else "0" for total in totals], look)
    for at, (above, below) in enumerate(pairwise(records)):
        if above["stage"] != below["stage"]:
            axes.axhline(at + 0.5, color=look.colors["grid"], linewidth=0.6, zorder=0)


def _name(record: dict[str, Any], look: Look) -> str:
    """Return the label of a bar: the block's kind, output and number."""
    if record["block"].isdecimal() and record["kind"]:
        kind = f"{record['kind']} " if look.columns == 2 else ""
        return f"{kind}{record['out']}   {record['block']}"
    return str(record["block"])
