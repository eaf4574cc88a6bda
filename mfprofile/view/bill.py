"""One bill, or several side by side, as tables and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mfprofile.cost.counts import Bill, Total
from mfprofile.spec.network import Network
from mfprofile.view.numbers import change, grouped, human, several, share
from mfprofile.view.tables import Column, Table

if TYPE_CHECKING:
    from mfprofile.trace.ledger import Ledger

JSON_SCHEMA = 1


def bill_table(bill: Bill, axis: str) -> Table:
    """Return one bill: a line for each block (or stage, pillar, kind, op), then the pillars, then the total."""
    if axis == "op":
        return _ops_table(bill)
    named = axis == "block"
    columns = [
        Column(axis, axis),
        *([Column("kind", "kind"), Column("output", "out")] if named else []),
        *bill_columns(bill),
    ]
    blank = [None, None] if named else []
    kinds = kinds_and_outputs(bill.network) if named else {}
    totals = bill.by(axis)
    if axis == "kind":
        totals.sort(key=lambda total: (total.madds, total.params), reverse=True)
    data = [bill_line(bill, [total.name, *kinds.get(total.name, blank)], total) for total in totals]
    pillars = [] if axis == "pillar" else _pillar_lines(bill, blank)
    whole = bill_line(bill, ["total", *blank], Total("total", bill.madds, bill.params))
    return Table(columns, data, [part for part in (pillars, [whole]) if part], [heading(bill)], closing(bill))


def bill_columns(bill: Bill | Ledger) -> list[Column]:
    """Return the columns of what `bill_line` has after its labels."""
    return [
        Column(bill.convention.unit, "madds", grouped, right=True),
        Column("", right=True, optional=True),
        Column("%", right=True),
        Column("params", "params", grouped, right=True),
        Column("", right=True, optional=True),
        Column("%", right=True),
    ]


def _pillar_lines(bill: Bill, blank: list[None]) -> list[list[Any]]:
    """Return a line for each pillar, and one for the part of the bridge that is the final one."""
    lines = []
    for name, total in bill.pillars.items():
        lines.append(bill_line(bill, [name, *blank], total))
        if name == "bridge" and bill.network.final:
            lines.append(bill_line(bill, ["  of it final", *blank], bill.final_bridge))
    return lines


def bill_line(bill: Bill | Ledger, labels: Sequence[str | None], total: Total) -> list[Any]:
    """Return labels, and after them a total's MAdds and params, exact, for people, and in percent of the bill's."""
    madds, params = total.madds, total.params
    return [*labels, madds, human(madds), share(madds, bill.madds), params, human(params), share(params, bill.params)]


def _ops_table(bill: Bill) -> Table:
    return Table(ops_columns(bill), ops_lines(bill), [[ops_total(bill)]], [heading(bill)], closing(bill))


def ops_columns(bill: Bill | Ledger) -> list[Column]:
    """Return the columns of a table with a line for each op."""
    return [
        Column("op", "name"),
        Column("kind", "kind"),
        Column("role", "role"),
        Column("output", "out"),
        Column(bill.convention.unit, "madds", grouped, right=True),
        Column("elements", "elements", grouped, right=True),
        Column("params", "params", grouped, right=True),
        Column("activations", "activations", grouped, right=True),
    ]


def ops_lines(bill: Bill | Ledger) -> list[list[Any]]:
    """Return a line for each op, in running order."""
    return [
        [row.name, row.kind, row.role, shape(row.out), madds, row.elements, row.params, row.activations]
        for row, madds in zip(bill.rows, bill.row_madds, strict=True)
    ]


def ops_total(bill: Bill | Ledger) -> list[Any]:
    """Return the line that sums up all ops."""
    return ["total", None, None, None, bill.madds, None, bill.params, bill.activations]


def shape(sides: Sequence[int]) -> str:
    """Return an output's shape, as `24×56×56`."""
    return "×".join(str(side) for side in sides)


def kinds_and_outputs(network: Network) -> dict[str, list[str | None]]:
    """Return what each part of the network is and puts out."""
    maps = {"stem": ("conv 3×3", network.stem)}
    maps |= {str(block.number): (block.kind, block.outputs) for block in network.blocks}
    found: dict[str, list[str | None]] = {
        name: [kind, shape((out.channels, out.height, out.width))] for name, (kind, out) in maps.items()
    }
    if network.tokens is not None:
        tokens = shape((network.tokens.count, network.tokens.dim))
        found |= {"tokens": ["table", tokens], "final": ["bridge", tokens]}
    if network.head is not None:
        found["head"] = ["classifier", str(network.head.classes)]
    return found


def heading(bill: Bill) -> str:
    """Return the line that names the variant, its input and the convention."""
    network = bill.network
    held = network.tokens
    tokens = "no tokens" if held is None else f"{several(held.count, 'token')} of {held.dim}"
    counted = f"{bill.convention.unit} in convention '{bill.convention.name}'"
    return f"{bill.name}: input {network.height}×{network.width}, {tokens}; {counted}"


def other_total(bill: Bill) -> str:
    """Return the line that ends a bill: the total as the paper counts, or of the core where the bill is the paper's."""
    other = bill.under("core" if bill.convention.name == "paper" else "paper")
    return f"In convention '{other.convention.name}': {human(other.madds)} MAdds ({grouped(other.madds)})"


def closing(bill: Bill) -> list[str]:
    """Return the lines that end a bill: what the convention leaves out of the parameters, and the other total."""
    return [*left_out(bill), other_total(bill)]


def left_out(bill: Bill | Ledger) -> list[str]:
    """Return the line on the parameters that the convention leaves out, if it does."""
    if bill.counted_params == bill.params:
        return []
    left = ", ".join(sorted(bill.convention.uncounted_params)) if isinstance(bill, Bill) else "modules it does not know"
    return [f"'{bill.convention.name}' counts {grouped(bill.counted_params)} params: those of {left} it leaves out"]


def comparison_table(bills: Sequence[Bill], axis: str) -> Table:
    """Return several bills side by side, each after the first with its differences to the first."""
    columns = [Column(axis, "name" if axis == "op" else axis)]
    labels = _labels(bills)
    for measure in ("madds", "params"):
        heading_of = bills[0].convention.unit if measure == "madds" else measure
        for label in labels:
            columns.append(Column(f"{label}\n{heading_of}", f"{label}.{measure}", grouped, right=True))
            columns += [Column("difference", right=True)] if label != labels[0] else []
    sums = [{total.name: total for total in bill.by(axis)} for bill in bills]
    names = list(dict.fromkeys(name for totals in reversed(sums) for name in totals))
    names.sort(key=lambda name: _position(name, sums))
    data = [_compared(name, [totals.get(name) for totals in sums]) for name in names]
    whole = _compared("total", [Total("total", bill.madds, bill.params) for bill in bills])
    below = [f"{bill.name}: {line[0].lower()}{line[1:]}" for bill in bills for line in closing(bill)]
    return Table(columns, data, [[whole]], [heading(bill) for bill in bills], below)


def _labels(bills: Sequence[Bill]) -> list[str]:
    """Return the bills' names, those that occur again with their number."""
    names = [bill.name for bill in bills]
    return [f"{name}#{names[: at + 1].count(name)}" if name in names[:at] else name for at, name in enumerate(names)]


def _position(name: str, sums: Sequence[dict[str, Total]]) -> tuple[int, int]:
    """Order names as they run in the first bill that has them, numbered blocks by number, the ends kept at the ends."""
    ends = {"tokens": -2, "stem": -1, "final": 1, "head": 2}
    if name.isdecimal() or name in ends:
        return ends.get(name, 0), int(name) if name.isdecimal() else 0
    return 0, next(list(totals).index(name) for totals in sums if name in totals)


def _compared(name: str, totals: Sequence[Total | None]) -> list[Any]:
    line: list[Any] = [name]
    for measure in ("madds", "params"):
        values = [None if total is None else getattr(total, measure) for total in totals]
        line.append(values[0])
        for value in values[1:]:
            line += [value, change(value or 0, values[0] or 0)]
    return line


def bill_json(bill: Bill, axis: str | None) -> dict[str, Any]:
    """Return a bill as JSON holds it: totals, pillars, every op as a row, and with an axis its groups."""
    network = bill.network
    whole = {
        "schema": JSON_SCHEMA,
        "name": bill.name,
        "convention": bill.convention.name,
        "unit": bill.convention.unit,
        "input": [network.height, network.width],
        "madds": bill.madds,
        "params": bill.params,
        "counted_params": bill.counted_params,
        "activations": bill.activations,
        "pillars": {name: total.amounts() for name, total in bill.pillars.items()},
        "rows": bill.records(),
    }
    if axis is not None:
        groups = [{"name": total.name, **total.amounts()} for total in bill.by(axis)]
        whole["groups"] = {"by": axis, "totals": groups}
    return whole
