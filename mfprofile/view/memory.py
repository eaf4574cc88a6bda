"""Memory as tables and for JSON: one network part by part, several networks with one line each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mfprofile.cost.bill import Bill
from mfprofile.cost.memory import Footprint, Inference, Peak, footprints, peak_memory
from mfprofile.errors import InputError
from mfprofile.spec.traits import NO_LABELS
from mfprofile.view.bill import heading
from mfprofile.view.head import head
from mfprofile.view.numbers import grouped, human
from mfprofile.view.tables import Column, Form, Table, dumps, render


def memory_text(bills: Sequence[Bill], axis: str | None, run: Inference, form: Form) -> str:
    """Return the memory of one or several networks in one of the four forms.

    The axis of a single network is `block` by default. Raises `InputError` for an axis with a table of several
    networks, where each has one line.
    """
    one_axis = "block" if axis is None else axis
    if form == "json":
        every = [memory_json(bill, one_axis, run) for bill in bills]
        return dumps(every if len(every) > 1 else every[0])
    if len(bills) == 1:
        return render(memory_table(bills[0], one_axis, run), form)
    if axis is not None:
        raise InputError(f"--by {axis}: several specs have one line each; give one spec, or --json")
    return render(memories_table(bills, run), form)


def memory_table(bill: Bill, axis: str, run: Inference) -> Table:
    """Return a line for each block (or stage, pillar, kind, op) of a network, then the total, then the peak."""
    labels = bill.subject.labels if axis == bill.subject.axes[0] else NO_LABELS
    columns = [
        Column(axis, "name" if axis == "op" else axis),
        *(Column(*each) for each in zip(labels.headings, labels.keys, strict=True)),
        *_columns(bill.convention.unit),
    ]
    blank = [None] * len(labels.headings)
    parts = footprints(bill, axis, *run)
    data = [[one.name, *labels.values.get(one.name, blank), *_figures(one, run)] for one in parts]
    whole = ["total", *blank, *_figures(_whole(bill, run), run)]
    return Table(
        columns,
        data,
        [[whole]],
        [heading(bill), _conditions(bill.convention.unit, run)],
        _closing(peak_memory(bill, *run)),
    )


def memories_table(bills: Sequence[Bill], run: Inference) -> Table:
    """Return a line for each network: its sums, its peak, its parameters, and the memory for peak and parameters."""
    columns = [
        Column("name", "name"),
        *_columns(bills[0].convention.unit),
        Column("at", "at"),
        Column("params bytes", "params_bytes", grouped, right=True),
        Column("together", "total_bytes", grouped, right=True),
        Column("", right=True, optional=True),
    ]
    data = []
    for bill in bills:
        peak = peak_memory(bill, *run)
        figures = [peak.op, peak.params_bytes, peak.total, in_bytes(peak.total)]
        data.append([bill.name, *_figures(_whole(bill, run), run), *figures])
    return Table(columns, data, [], [*(heading(bill) for bill in bills), _conditions(bills[0].convention.unit, run)])


def memory_json(bill: Bill, axis: str, run: Inference) -> dict[str, Any]:
    """Return the memory of a network for JSON: sums, the peak with the tensors live at it, and the parts."""
    whole, peak = _whole(bill, run), peak_memory(bill, *run)
    return {
        **head(bill),
        **run._asdict(),
        "activations": whole.activations,
        "moved_bytes": whole.moved,
        "params_bytes": peak.params_bytes,
        "peak": {
            "bytes": peak.bytes,
            "op": peak.op,
            "live": [{"name": one.name, "bytes": one.bytes} for one in peak.live],
        },
        "total_bytes": peak.total,
        "groups": {"by": axis, "totals": [_part_json(one) for one in footprints(bill, axis, *run)]},
    }


def in_bytes(amount: int) -> str:
    """Return an amount of memory to two decimals of its unit, powers of 1000.

    >>> in_bytes(4014080), in_bytes(464)
    ('4.01MB', '464B')
    """
    return f"{human(amount)}B"


def intensity(madds: int, moved: int) -> str:
    """Return the multiply-adds for each byte moved, or a dash if either is 0.

    >>> intensity(5419008, 1406656), intensity(0, 8)
    ('3.85', '–')
    """
    return f"{madds / moved:.2f}" if madds and moved else "–"


def _columns(unit: str) -> list[Column]:
    return [
        Column(unit, "madds", grouped, right=True),
        Column("activations", "activations", grouped, right=True),
        Column("bytes moved", "moved_bytes", grouped, right=True),
        Column("", right=True, optional=True),
        Column(f"{unit}/byte", right=True),
        Column("peak bytes", "live_bytes", grouped, right=True),
        Column("", right=True, optional=True),
    ]


def _figures(one: Footprint, run: Inference) -> list[Any]:
    moved, live = one.moved, one.live
    ratio = intensity(one.madds * run.batch, moved)
    return [one.madds, one.activations, moved, in_bytes(moved), ratio, live, in_bytes(live)]


def _whole(bill: Bill, run: Inference) -> Footprint:
    parts = footprints(bill, "pillar", *run)
    moved, live = sum(part.moved for part in parts), max(part.live for part in parts)
    return Footprint("total", bill.activations, bill.madds, moved, live)


def _part_json(one: Footprint) -> dict[str, Any]:
    return {
        "name": one.name,
        "activations": one.activations,
        "madds": one.madds,
        "moved_bytes": one.moved,
        "live_bytes": one.live,
    }


def _conditions(unit: str, run: Inference) -> str:
    images = "1 image" if run.batch == 1 else f"{run.batch} images"
    buffers = "written over its input where nothing else reads it" if run.in_place else "in its own buffer"
    return f"bytes for {images} in {run.dtype}, each op's output {buffers}; {unit} and activations for one image"


def _closing(peak: Peak) -> list[str]:
    """Return the lines below: the peak and its live tensors, then the parameters and the sum of both."""
    live = ", ".join(f"{one.name} {grouped(one.bytes)}" for one in peak.live)
    return [
        f"Peak of {grouped(peak.bytes)} bytes at {peak.op}; live at that op: {live}",
        f"With {grouped(peak.params_bytes)} bytes of parameters: {grouped(peak.total)} ({in_bytes(peak.total)})",
    ]
