"""One bill, or several side by side, as tables and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from mfprofile.cost.bill import Bill
from mfprofile.cost.sums import Total, whole_of
from mfprofile.cost.tested import kinds_of
from mfprofile.cost.training import TRAINING
from mfprofile.spec.names import LATENCY
from mfprofile.spec.traits import NO_LABELS
from mfprofile.view.amounts import DELTA, change_column, grouped_under, heading_of, rounded_as, written_as
from mfprofile.view.head import head
from mfprofile.view.leaves import with_leaves
from mfprofile.view.numbers import grouped, human, milliseconds, share
from mfprofile.view.prediction import not_priced, predicted_by
from mfprofile.view.skipped import skipped_modules
from mfprofile.view.tables import TEXT, Column, Form, Table


def bill_table(bill: Bill, axis: str, depth: int = 2, form: Form = TEXT, below: Iterable[str] = ()) -> Table:
    """Return one bill: a line for each block (or module, stage, pillar, kind, op), then the pillars, then the total.

    Modules are listed down to `depth`: as an indented tree in text, by their paths in the other forms. `below` are
    further lines at the end.
    """
    above, below = [heading(bill), *prediction(bill)], [*closing(bill), *below]
    if axis == "op":
        return Table(ops_columns(bill), ops_lines(bill), [[ops_total(bill)]], above, below)
    labels = bill.subject.labels if axis == bill.subject.axes[0] else NO_LABELS
    headings = zip(labels.headings, labels.keys, strict=True)
    columns = [Column(axis, axis), *(Column(*each, optional=1) for each in headings)]
    blank, values = [None] * len(labels.headings), labels.values
    data = [
        bill_line(bill, [shown, *values.get(name, blank)], total)
        for name, shown, total in _lines(bill, axis, depth, form)
    ]
    pillars = [] if axis == "pillar" else list(_pillar_lines(bill, blank))
    whole = bill_line(bill, ["total", *values.get("", blank)], whole_of(bill))
    sums = [part for part in (pillars, [whole]) if part]
    table = Table([*columns, *bill_columns(bill)], data, sums, above, below)
    return with_leaves(table) if axis == "module" and form.name == "csv" else table


def _lines(bill: Bill, axis: str, depth: int, form: Form) -> Iterator[tuple[str, str, Total]]:
    """Yield the name of each line, its shown text, and its total: modules as a tree, kinds with the heaviest first."""
    if axis == "module":
        from mfprofile.cost.tree import SELF, lines, tree

        is_tree = form.name == "text" and not form.sort
        for line in lines(tree(bill), depth):
            if line.name != SELF or line.total.madds or line.total.params or line.total.latency:
                yield line.path, f"{'  ' * (line.level - 1)}{line.name}" if is_tree else line.path, line.total
        return
    totals = bill.by(axis)
    if axis == "kind":
        totals.sort(key=lambda total: (total.madds, total.params, total.latency or 0), reverse=True)
    yield from ((total.name, total.name, total) for total in totals)


def bill_columns(bill: Bill) -> list[Column]:
    """Return the columns that follow the labels of a `bill_line`, with the latency if there is a model."""
    timed = [Column("ms", LATENCY, milliseconds, right=True), Column("%", right=True, name=f"{LATENCY}.share")]
    return [
        Column(bill.convention.unit, "madds", grouped, right=True, short=human, pair=True),
        Column("%", right=True, name="madds.share"),
        Column("params", "params", grouped, right=True, short=human, pair=True),
        Column("%", right=True, name="params.share"),
        *([] if bill.device is None else timed),
    ]


def _pillar_lines(bill: Bill, blank: Sequence[None]) -> Iterator[list[Any]]:
    """Yield a line for each pillar, and one for the final bridge within the bridge."""
    for name, total in bill.pillars.items():
        yield bill_line(bill, [name, *blank], total)
        if name == "bridge" and bill.final_bridge.params:
            yield bill_line(bill, ["  of which final", *blank], bill.final_bridge)


def bill_line(bill: Bill, labels: Sequence[str | None], total: Total) -> list[Any]:
    """Return the labels, then the MAdds and params of a total: each exact, and in percent of the bill.

    With a latency model, its latency follows, and its share. It is None if no op of it has a price.
    """
    madds, params = total.madds, total.params
    line = [*labels, madds, share(madds, bill.madds), params, share(params, bill.params)]
    if bill.device is None:
        return line
    return [*line, total.latency, None if total.latency is None else share(total.latency, bill.latency)]


def ops_columns(bill: Bill) -> list[Column]:
    """Return the columns of a table of ops."""
    return [
        Column("op", "name"),
        Column("kind", "kind"),
        Column("role", "role", optional=2),
        Column("output", "out", optional=1),
        Column(bill.convention.unit, "madds", grouped, right=True, short=human),
        Column("elements", "elements", grouped, right=True, optional=1, short=human),
        Column("params", "params", grouped, right=True, short=human),
        Column("activations", "activations", grouped, right=True, optional=2, short=human),
        *([] if bill.device is None else [Column("ms", LATENCY, milliseconds, right=True)]),
    ]


def ops_lines(bill: Bill) -> list[list[Any]]:
    """Return a line for each op, in running order."""
    lines = [
        [row.name, row.kind, row.role, "×".join(map(str, row.out)), madds, row.elements, row.params, row.activations]
        for row, madds in zip(bill.rows, bill.row_madds, strict=True)
    ]
    if bill.device is None:
        return lines
    return [[*line, latency] for line, latency in zip(lines, bill.row_latencies, strict=True)]


def ops_total(bill: Bill) -> list[Any]:
    """Return the line with the sums of all ops."""
    line = ["total", None, None, None, bill.madds, None, bill.params, bill.activations]
    return line if bill.device is None else [*line, bill.latency]


def heading(bill: Bill) -> str:
    """Return the heading: the network, its input and the convention."""
    about = f", {bill.subject.about}" if bill.subject.about else ""
    return f"{bill.name}: input {bill.subject.input}{about}; {counted(bill)}"


def prediction(*bills: Bill) -> list[str]:
    """Return a line on the latency model of bills, or no line without one."""
    return predicted_by(bills[0].device, kinds_of(bills))


def counted(bill: Bill) -> str:
    """Return what the multiply-adds of a bill are: the unit, the mode if it is training, and the convention."""
    of_mode = " of training (forward and backward)" if bill.mode == TRAINING else ""
    return f"{bill.convention.unit}{of_mode} in convention '{bill.convention.name}'"


def other_convention(bill: Bill) -> str | None:
    """Return a second convention to show: `paper` for a Mobile-Former, else `core`; None if the bill is in it.

    The paper does not count training.
    """
    has_paper = bill.pillars and bill.convention.name != "paper" and bill.mode != TRAINING
    other = "paper" if has_paper else "core"
    return None if other == bill.convention.name else other


def closing(bill: Bill) -> list[str]:
    """Return the lines below a bill: the parameters that the convention skips, and the total in another convention."""
    name = other_convention(bill)
    other = None if name is None else bill.under(name).madds
    total = [] if other is None else [f"In convention '{name}': {human(other)} MAdds ({grouped(other)})"]
    return [*skipped_params(bill), *total, *unpriced_ops(bill)]


def unpriced_ops(bill: Bill) -> list[str]:
    """Return a line on the ops that the latency model has no price for, or no line if there are none."""
    return not_priced([f"{kind} ({number})" for kind, number in sorted(bill.unpriced.items())])


def skipped_params(bill: Bill) -> list[str]:
    """Return a line on the parameters that the convention skips, or no line if it skips none."""
    if bill.counted_params == bill.params:
        return []
    if bill.convention.nodes is not None:
        what = "stored tensors that its nodes read, also running statistics and sizes"
        return [f"'{bill.convention.name}' counts {grouped(bill.counted_params)} params: {what}"]
    of_all = f"{grouped(bill.counted_params)} of the {grouped(bill.params)} params"
    kinds = ", ".join(sorted(bill.convention.uncounted_params))
    skipped = skipped_modules(bill) if bill.subject.modules else f"those of {kinds}"
    return [f"'{bill.convention.name}' counts {of_all}; it skips {skipped or 'modules that it does not know'}"]


def comparison_table(bills: Sequence[Bill], axis: str) -> Table:
    """Return several bills side by side, each with its differences to the first."""
    columns = [Column(axis, "name" if axis == "op" else axis)]
    labels = numbered([bill.name for bill in bills])
    measures = ("madds", "params") if bills[0].device is None else ("madds", "params", LATENCY)
    for measure in measures:
        for label in labels:
            columns += _amount_columns(label, measure, bills[0].convention.unit, is_first=label == labels[0])
    sums = [{total.name: total for total in bill.by(axis)} for bill in bills]
    data = [_compared(name, [totals.get(name) for totals in sums], measures) for name in names_on(axis, bills)]
    whole = _compared("total", list(map(whole_of, bills)), measures)
    below = [f"{bill.name}: {line[0].lower()}{line[1:]}" for bill in bills for line in closing(bill)]
    above = [*map(heading, bills), *prediction(*bills)]
    return Table(columns, data, [[whole]], above, below)


def names_on(axis: str, bills: Sequence[Bill]) -> list[str]:
    """Return the names of all parts of bills on an axis, in running order."""
    sums = [{total.name: total for total in bill.by(axis)} for bill in bills]
    names = dict.fromkeys(name for totals in reversed(sums) for name in totals)
    return sorted(names, key=lambda name: _position(name, sums))


def numbered(names: Sequence[str]) -> list[str]:
    """Return the names of bills; a name that occurs again gets a number, as `mf26m#2`."""
    return [f"{name}#{names[: at + 1].count(name)}" if name in names[:at] else name for at, name in enumerate(names)]


def _position(name: str, sums: Sequence[dict[str, Total]]) -> tuple[int, int]:
    """Return the sort key of a name: blocks by number between the ends, others as in the first bill that has them."""
    ends = {"tokens": -2, "stem": -1, "final": 1, "head": 2}
    if name.isdecimal() or name in ends:
        return ends.get(name, 0), int(name) if name.isdecimal() else 0
    return 0, next(list(totals).index(name) for totals in sums if name in totals)


def _amount_columns(label: str, measure: str, unit: str, is_first: bool) -> Iterator[Column]:
    """Yield the columns of a quantity of one bill: its amount and, unless it is the first, its difference."""
    heading, written, short = heading_of(measure, unit), written_as(measure), rounded_as(measure)
    key = f"{label}.{measure}"
    amount = Column(f"{label}\n{heading}", key, written, right=True, short=short, joined=not is_first)
    yield grouped_under(amount, measure, unit, label)
    if not is_first:
        change = change_column("difference", measure, f"{key}.difference", beside=True)
        yield grouped_under(change, measure, unit, DELTA)


def _compared(name: str, totals: Sequence[Total | None], measures: Sequence[str]) -> list[Any]:
    line: list[Any] = [name]
    for measure in measures:
        values = [None if total is None else getattr(total, measure) for total in totals]
        line.append(values[0])
        for value in values[1:]:
            line += [value, (value or 0, values[0] or 0)]
    return line


def bill_json(bill: Bill, axis: str | None = None) -> dict[str, Any]:
    """Return a bill for JSON: totals, pillars, every op as a row, and the groups of a given axis."""
    whole = {
        **head(bill),
        "counted_params": bill.counted_params,
        "activations": bill.activations,
        "pillars": {name: total.amounts() for name, total in bill.pillars.items()},
        "rows": bill.records(),
    }
    if axis is not None:
        groups = [{"name": total.name, **total.amounts()} for total in bill.by(axis)]
        whole["groups"] = {"by": axis, "totals": groups}
    return whole
