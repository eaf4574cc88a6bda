"""The multiply-adds and parameters of one variant: block by block, stacked by pillar."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mfprofile.cost.bill import Bill
from mfprofile.spec.names import PILLARS
from mfprofile.view.numbers import human
from mfprofile.view.plots.axes import short, write_legend, write_title
from mfprofile.view.plots.bars import draw_bars, label_bars, write_figures
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.picture import Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

QUANTITIES = ("madds", "params")


def block_records(bill: Bill) -> list[dict[str, Any]]:
    """Return a record for each block: its kind and output, and its totals by pillar.

    They sum to the bill's totals.
    """
    about = bill.subject.labels.values
    records: dict[str, dict[str, Any]] = {}
    for row, madds in zip(bill.rows, bill.row_madds, strict=True):
        kind, out = about.get(row.block, (None, None))
        record = records.setdefault(
            row.block,
            {"block": row.block, "stage": row.stage, "kind": kind, "out": out}
            | {quantity: dict.fromkeys(PILLARS, 0) for quantity in QUANTITIES},
        )
        record["madds"][row.pillar] += madds
        record["params"][row.pillar] += row.params
    return list(records.values())


def blocks(look: Look, bill: Bill) -> Picture:
    """Draw a bill block by block: multiply-adds and parameters as bars stacked by pillar, with totals at the ends."""
    records = block_records(bill)
    title = f"{short(bill.name)}: {human(bill.madds)} {bill.convention.unit}, {human(bill.params)} parameters, by block"
    with look.applied():
        figure = look.figure(0.155 * len(records) + (1.15 if look.columns == 2 else 1.3))
        panels = figure.subplots(1, 2, sharey=True)
        for axes, quantity in zip(panels, QUANTITIES, strict=True):
            _draw(axes, records, quantity, look)
        convention = f" (convention '{bill.convention.name}')" if look.columns == 2 else f"\n('{bill.convention.name}')"
        panels[0].set_xlabel(f"{bill.convention.unit}{convention}")
        panels[1].set_xlabel("Parameters")
        write_title(figure, title, look)
        write_legend(figure, look)
    return Picture(title, figure, records, bill.convention.name)


def _draw(axes: Axes, records: list[dict[str, Any]], quantity: str, look: Look) -> None:
    heights = [float(at) for at in range(len(records))]
    parts = [record[quantity] for record in records]
    totals = [sum(part.values()) for part in parts]
    draw_bars(axes, heights, parts, look)
    label_bars(axes, [_name(record, look) for record in records], heights, max(totals), look)
    write_figures(axes, totals, heights, [human(total) if total else "0" for total in totals], look)
    for at, (above, below) in enumerate(pairwise(records)):
        if above["stage"] != below["stage"]:
            axes.axhline(at + 0.5, color=look.colors["grid"], linewidth=0.6, zorder=0)


def _name(record: dict[str, Any], look: Look) -> str:
    """Return the label of a bar: the block's kind, output and number."""
    if record["block"].isdecimal() and record["kind"]:
        kind = f"{record['kind']} " if look.columns == 2 else ""
        return f"{kind}{record['out']}   {record['block']}"
    return str(record["block"])
