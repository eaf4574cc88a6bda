"""The ops of a spec by arithmetic intensity and predicted rate, and what takes the predicted time, kind by kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from mfprofile.cost.bill import Bill
from mfprofile.cost.device import Device
from mfprofile.cost.measures import device_of
from mfprofile.cost.memory import traffic
from mfprofile.cost.tested import about, kinds_of
from mfprofile.errors import InputError
from mfprofile.spec.names import PILLARS
from mfprofile.spec.words import listed, several
from mfprofile.view.numbers import share
from mfprofile.view.plots.axes import logarithmic, short, write_legend
from mfprofile.view.plots.bars import draw_bars, label_bars, write_figures
from mfprofile.view.plots.labels import Around, annotate
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.picture import Picture
from mfprofile.view.plots.timings import Timing, Timings, check_peak
from mfprofile.view.plots.titles import write_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_KINDS = 12
"""The most kinds of ops that have a bar of their own."""
NAMED = {1: 4, 2: 7}
"""How many of the ops that take most time have labels, by the columns of the picture."""
_LARGEST = 130.0  # the area of the largest marker, in points²
_SMALLEST = 2.0


@dataclass(frozen=True, slots=True)
class Op:
    """An op: its multiply-adds and the bytes that it moves, both of a whole batch, and its predicted nanoseconds.

    An op that the latency model never saw has no latency.
    """

    name: str
    kind: str
    block: str
    pillar: str
    madds: int
    moved_bytes: int
    latency: int | None

    @property
    def intensity(self) -> float:
        """Return the multiply-adds for each byte moved."""
        return self.madds / self.moved_bytes

    @property
    def rate(self) -> float:
        """Return the multiply-adds in a second, as predicted."""
        return 1e9 * self.madds / (self.latency or 1)

    @property
    def is_placed(self) -> bool:
        """Return whether it has an intensity and a rate."""
        return bool(self.madds and self.moved_bytes and self.latency)


def roofline(look: Look, bill: Bill, measured: Timings | None = None) -> Picture:
    """Draw each op of a spec's bill in `core` by its intensity and its rate; the area is its share of the time.

    The latency model of the bill predicts the time of each op for a batch of the model. Bytes are those of its type,
    with inputs, parameters and output moved once by each op. Ops without products have no rate: the bars beside show
    the time of all. The line is the peak in `measured`. Raises `InputError` for a bill without a latency model, for ops
    that it never saw, and for a peak of another device.
    """
    device = device_of(bill.convention)
    if measured is not None:
        check_peak(measured, device)
    ops = ops_of(bill, device)
    total = sum(op.latency or 0 for op in ops)
    if not any(op.is_placed for op in ops):
        raise InputError(f"{bill.name}: no op has products and a predicted time; there is nothing to draw")
    title = f"{short(bill.name)}: {total / 1e6:,.2f} ms predicted, op by op"
    with look.applied():
        figure = look.figure(3.9 if look.columns == 2 else 6.2)
        size: Any = {"width_ratios": (5, 3)} if look.columns == 2 else {"height_ratios": (5, 4)}
        axes, beside = figure.subplots(*((1, 2) if look.columns == 2 else (2, 1)), **size)
        _scatter(axes, ops, total, device, look, None if measured is None else measured.peak)
        _by_kind(beside, ops, total, look)
        write_title(figure, title, look)
        write_legend(figure, look, notes=_notes(bill, device, measured))
        _name(axes, ops, look)
    return Picture(title, figure, [asdict(op) for op in ops], bill.convention.name)


def ops_of(bill: Bill, device: Device) -> list[Op]:
    """Return the ops of a spec's bill in running order, for a batch of the latency model and in its type."""
    moved = traffic(bill, device.batch, device.dtype).moved
    rows = zip(bill.rows, bill.row_madds, moved, bill.row_latencies, strict=True)
    return [
        Op(row.name, row.kind, row.block, row.pillar, device.batch * madds, bytes_moved, latency)
        for row, madds, bytes_moved, latency in rows
    ]


def _scatter(axes: Axes, ops: Sequence[Op], total: int, device: Device, look: Look, peak: Timing | None) -> None:
    placed = [op for op in ops if op.is_placed]
    rates = [op.rate for op in placed] + ([] if peak is None else [peak.rate])
    logarithmic(axes, "x", min(op.intensity for op in placed), max(op.intensity for op in placed))
    logarithmic(axes, "y", min(rates), max(rates))
    largest = max(placed, key=lambda op: op.latency or 0)
    for pillar in PILLARS:
        own = [op for op in placed if op.pillar == pillar]
        areas = [_area(op, largest) for op in own]
        axes.scatter([op.intensity for op in own], [op.rate for op in own], areas, color=look.colors[pillar],
                     alpha=0.65, edgecolors=look.colors["ground"], linewidths=0.3, zorder=3)  # fmt: skip
    if peak is not None:
        axes.axhline(rates[-1], color=look.colors["ink"], linewidth=0.8, linestyle=(0, (5, 2)), zorder=2)
    part = sum(op.latency or 0 for op in placed)
    axes.set_title(f"Ops with products: {share(part, total)} % of the time", fontsize=7)
    axes.set_xlabel(f"MAdds per byte moved ({device.dtype}), log scale")
    axes.set_ylabel("MAdds per second, predicted, log scale")


def _area(op: Op, largest: Op) -> float:
    """Return the area of a marker, in points²."""
    return max(_LARGEST * (op.latency or 0) / (largest.latency or 1), _SMALLEST)


def _by_kind(axes: Axes, ops: Sequence[Op], total: int, look: Look) -> None:
    """Draw the share of the time by kind, stacked by pillar; the smallest kinds share a bar."""
    kinds: dict[str, dict[str, float]] = {}
    for op in ops:
        own = kinds.setdefault(op.kind, {})
        own[op.pillar] = own.get(op.pillar, 0) + 100 * (op.latency or 0) / (total or 1)
    parts = [(kind, own) for kind, own in kinds.items() if sum(own.values())]
    parts.sort(key=lambda each: -sum(each[1].values()))
    if len(parts) > MOST_KINDS:
        rest = [own for _, own in parts[MOST_KINDS - 1 :]]
        merged = {pillar: sum(own.get(pillar, 0) for own in rest) for pillar in PILLARS}
        parts = [*parts[: MOST_KINDS - 1], (f"{len(rest)} more kinds", merged)]
    heights, ends = list(range(len(parts))), [sum(own.values()) for _, own in parts]
    draw_bars(axes, heights, [own for _, own in parts], look)
    label_bars(axes, [kind for kind, _ in parts], heights, max(ends), look)
    write_figures(axes, ends, heights, [f"{end:.1f}" for end in ends], look)
    axes.set_title("All ops: % of the time, by kind", fontsize=7)


def _name(axes: Axes, ops: Sequence[Op], look: Look) -> None:
    """Write the kind and the block at the op of each kind and pillar that takes most time, for those that take most.

    One without room has none: the names are examples, and the data has all.
    """
    placed = sorted((op for op in ops if op.is_placed), key=lambda op: -(op.latency or 0))
    heaviest = {(op.kind, op.pillar): op for op in reversed(placed)}.values()
    named = sorted(heaviest, key=lambda op: -(op.latency or 0))[: NAMED[look.columns]]
    labels = [(op.intensity, op.rate, f"{op.kind}, {_place(op.block)}", look.text_color(op.pillar)) for op in named]
    places = [(op.intensity, op.rate) for op in placed]
    sizes = [_area(op, placed[0]) ** 0.5 for op in placed]
    annotate(axes, labels, look, Around(places, size=6, marker=sizes))


def _place(block: str) -> str:
    return f"block {block}" if block.isdecimal() else block


def _notes(bill: Bill, device: Device, measured: Timings | None) -> list[str]:
    batch = f", for a batch of {device.batch}" if device.batch != 1 else ""
    notes = [
        f"Predicted by latency model {about(device, kinds_of([bill]))}{batch}",
        "Area of a marker: its share of the time",
    ]
    if bill.unpriced:
        what = [f"{kind} ({number})" for kind, number in bill.unpriced.items()]
        notes.append(f"Without {several(sum(bill.unpriced.values()), 'op')} that the model never saw: {listed(what)}")
    if measured is not None:
        peak = f"{measured.peak.rate / 1e9:,.1f} GMAdds/s in a {measured.peak.name}"
        notes.append(f"Dashed: peak of {peak}, measured on {measured.where}; {measured.about}")
    return notes
