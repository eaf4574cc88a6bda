"""Memory as tables and for JSON: one network part by part, several networks with one line each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mfprofile.cost.bill import Bill
from mfprofile.cost.memory import Footprint, Inference, Peak, footprints, peak_memory
from mfprofile.cost.tree import SELF
from mfprofile.errors import InputError
from mfprofile.spec.traits import NO_LABELS
from mfprofile.spec.words import several
from mfprofile.view.bill import counted, heading
from mfprofile.view.head import head
from mfprofile.view.numbers import grouped, human
from mfprofile.view.tables import Column, Form, Table, dumps, render

_MOST_DESCRIBED = 3
"""The most networks that have a line of their own above the table."""


def memory_text(bills: Sequence[Bill], axis: str | None, run: Inference, form: Form, depth: int = 2) -> str:
    """Return the memory of one or several networks in one of the four forms.

    The axis of a single network is `block` by default, or `module`, down to `depth`. Raises `InputError` for an axis
    with a table of several networks, where each has one line.
    """

    def one_axis(bill: Bill) -> str:
        return bill.subject.axes[0] if axis is None else axis

    if form.name == "json":
        every = [memory_json(bill, one_axis(bill), run) for bill in bills]
        return dumps(every if len(every) > 1 else every[0])
    if len(bills) == 1:
        return render(memory_table(bills[0], one_axis(bills[0]), run, depth), form)
    if axis is not None:
        raise InputError(f"--by {axis}: several networks have one line each; give one, or --json")
    return render(memories_table(bills, run), form)


def memory_table(bill: Bill, axis: str, run: Inference, depth: int = 2) -> Table:
    """Return a line for each part of a network on an axis, then the total, then the peak.

    Modules are listed down to `depth`, the deepest with all that their submodules run. So the lines sum to the total.
    """
    run = run.of(bill)
    labels = bill.subject.labels if axis == bill.subject.axes[0] else NO_LABELS
    columns = [
        Column(axis, "name" if axis == "op" else axis),
        *(Column(*each, optional=1) for each in zip(labels.headings, labels.keys, strict=True)),
        *_columns(bill.convention.unit),
    ]
    blank = [None] * len(labels.headings)
    parts, peak = footprints(bill, axis, *run), peak_memory(bill, *run).bytes
    if axis == "module":
        parts = rolled_up(parts, depth)
    if bill.subject.dataflow is not None:  # what makes only views has no line
        parts = [one for one in parts if one.moved or one.activations or one.live == peak]
    data = [[one.name, *labels.values.get(one.name, blank), *_figures(one, run)] for one in parts]
    whole = ["total", *blank, *_figures(_whole(bill, run), run)]
    return Table(columns, data, [[whole]], [heading(bill), _conditions(bill, run)], _closing(bill, run))


def memories_table(bills: Sequence[Bill], run: Inference) -> Table:
    """Return a line for each network: its sums, its peak, its parameters, and the memory for all that it needs."""
    columns = [
        Column("name", "name"),
        *_columns(bills[0].convention.unit),
        Column("at", "at", wraps=True),
        Column("params bytes", "params_bytes", grouped, right=True, short=in_bytes),
        Column("together", "total_bytes", grouped, right=True, short=in_bytes, pair=True),
    ]
    data = []
    for bill in bills:
        own = run.of(bill)
        peak = peak_memory(bill, *own)
        figures = [peak.op, peak.params_bytes, peak.total]
        data.append([bill.name, *_figures(_whole(bill, own), own), *figures])
    conditions = dict.fromkeys(_conditions(bill, run) for bill in bills)
    unseen = [f"{bill.name}: {line}" for bill in bills for line in unseen_lines(bill)]
    about = map(heading, bills) if len(bills) <= _MOST_DESCRIBED else [f"{len(bills)} networks: {counted(bills[0])}"]
    return Table(columns, data, [], [*about, *conditions], unseen)


def memory_json(bill: Bill, axis: str, run: Inference) -> dict[str, Any]:
    """Return the memory of a network for JSON: sums, the peak with the tensors live at it, and the parts.

    A network in code has no type of its own there, but those of its tensors. Its batch is that of its inputs.
    """
    run = run.of(bill)
    whole, peak, flow = _whole(bill, run), peak_memory(bill, *run), bill.subject.dataflow
    return {
        **head(bill),
        **(run._asdict() if flow is None else dict.fromkeys(("dtype", "in_place"))),
        "activations": whole.activations,
        "moved_bytes": whole.moved,
        "params_bytes": peak.params_bytes,
        "params_by_dtype": dict(peak.params),
        "input_bytes": peak.input_bytes,
        "peak": {
            "bytes": peak.bytes,
            "op": peak.op,
            "live": [{"name": one.name, "bytes": one.bytes} for one in peak.live],
        },
        "total_bytes": peak.total,
        "unseen": {} if flow is None else dict(flow.unseen),
        "groups": {"by": axis, "totals": [_part_json(one) for one in footprints(bill, axis, *run)]},
    }


def rolled_up(parts: Sequence[Footprint], depth: int) -> list[Footprint]:
    """Return the footprints of modules, those deeper than `depth` added to their parents at that depth.

    Above that depth, what a module runs itself beside its submodules has a line of its own, `(self)`.
    """
    lines: dict[str, Footprint] = {}
    parents = {""} | {one.name[:at] for one in parts for at, letter in enumerate(one.name) if letter == "."}
    for one in parts:
        names = one.name.split(".") if one.name else []
        is_own = one.name in parents and len(names) < depth
        name = ".".join([*names[:depth], SELF] if is_own or not names[:depth] else names[:depth])
        former = lines.get(name, Footprint(name, 0, 0, 0, 0))
        sums = (former.activations + one.activations, former.madds + one.madds, former.moved + one.moved)
        lines[name] = Footprint(name, *sums, max(former.live, one.live))
    return list(lines.values())


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
        Column(unit, "madds", grouped, right=True, short=human),
        Column("activations", "activations", grouped, right=True, short=human),
        Column("bytes moved", "moved_bytes", grouped, right=True, short=in_bytes, pair=True),
        Column(f"{unit}/byte", right=True, optional=1, name="madds_per_byte"),
        Column("peak bytes", "live_bytes", grouped, right=True, short=in_bytes, pair=True),
    ]


def _figures(one: Footprint, run: Inference) -> list[Any]:
    moved, live = one.moved, one.live
    ratio = intensity(one.madds * run.batch, moved)
    return [one.madds, one.activations, moved, ratio, live]


def _whole(bill: Bill, run: Inference) -> Footprint:
    parts = footprints(bill, bill.subject.axes[0], *run)
    moved, live = sum(part.moved for part in parts), max((part.live for part in parts), default=0)
    return Footprint("total", bill.activations, bill.madds, moved, live)


def _part_json(one: Footprint) -> dict[str, Any]:
    return {
        "name": one.name,
        "activations": one.activations,
        "madds": one.madds,
        "moved_bytes": one.moved,
        "live_bytes": one.live,
    }


def _conditions(bill: Bill, run: Inference) -> str:
    """Return the line on what the figures are of."""
    unit = bill.convention.unit
    if bill.subject.dataflow is not None:
        types = "the types that it runs with" if bill.subject.fill else "the types of the file"
        return f"bytes, {unit} and activations for the whole batch, in {types}"
    images = "1 image" if run.batch == 1 else f"{run.batch} images"
    buffers = "written over its input where nothing else reads it" if run.in_place else "in its own buffer"
    return f"bytes for {images} in {run.dtype}, each op's output {buffers}; {unit} and activations for one image"


def _closing(bill: Bill, run: Inference) -> list[str]:
    """Return the lines below: the peak and its live tensors, then what else is needed and the sum of all."""
    peak, least = peak_memory(bill, *run), "at least " if unseen_lines(bill) else ""
    live = ", ".join(f"{one.name} {grouped(one.bytes)}" for one in peak.live) or "nothing"
    total = f"{grouped(peak.total)} ({in_bytes(peak.total)})"
    return [
        f"Peak of {least}{grouped(peak.bytes)} bytes at {peak.op or 'no op'}; live at that op: {live}",
        f"With {_params(peak)}{_inputs(peak)}: {total}",
        *unseen_lines(bill),
    ]


def unseen_lines(bill: Bill) -> list[str]:
    """Return a line for each operator with tensors whose bytes are not known. The peak is then a lower bound."""
    flow = bill.subject.dataflow
    return [] if flow is None else [_unseen(*each, bool(bill.subject.fill)) for each in flow.unseen.items()]


def _params(peak: Peak) -> str:
    """Return the bytes of parameters, by type if they have several."""
    by_type = ", ".join(f"{name} {grouped(size)}" for name, size in peak.params.items())
    return f"{grouped(peak.params_bytes)} bytes of parameters{f' ({by_type})' if len(peak.params) > 1 else ''}"


def _inputs(peak: Peak) -> str:
    return f" and {grouped(peak.input_bytes)} bytes of inputs" if peak.input_bytes else ""


def _unseen(operator: str, number: int, ran: bool) -> str:
    """Return the line on the tensors of an operator whose bytes are not known."""
    why = "without a storage" if ran else "of unknown size"
    return f"not counted: the bytes of {several(number, 'tensor')} {why}, in {operator}"
