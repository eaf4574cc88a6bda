"""The output of `scale`: a spec with its figures as comments, the figures alone, as text or a table, or JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mfprofile.budget.scale import Member, Scaling
from mfprofile.cost.bill import count
from mfprofile.cost.sums import Total, whole_of
from mfprofile.spec.model import Resolution
from mfprofile.spec.names import LATENCY
from mfprofile.spec.writing import dumped, mapping, yaml_text
from mfprofile.view.amounts import change_column, heading_of, rounded_as, written_as
from mfprofile.view.bill import other_convention, prediction, unpriced_ops
from mfprofile.view.escape import line
from mfprofile.view.head import SCHEMA, identity, latency_json
from mfprofile.view.numbers import change, grouped, human, milliseconds
from mfprofile.view.tables import Column, Table
from mfprofile.view.wrapping import wrapped


def scaled_spec(scaling: Scaling, base: str | None, width: int | None = None) -> str:
    """Return the largest member as YAML, with its figures as comments above; `base` is the name of a spec to extend.

    Sentences in the comments are wrapped to a width, if there is one.
    """
    assert scaling.largest is not None
    room = None if width is None else width - len("# ")
    lines = [f"# {part}".rstrip() for each in scaling_lines(scaling) for part in _wrapped(each, room)]
    step = scaling.largest.step
    body = yaml_text(step.spec) if base is None else dumped({"extends": base, **_nested(scaling.largest.changes)})
    return "\n".join([*lines, body])


def _wrapped(text: str, width: int | None) -> list[str]:
    """Return a sentence in lines of at most a width; a line of figures, which is indented, as it is."""
    return [text] if width is None or text.startswith(" ") else wrapped(text, width)


def _nested(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return changes by dotted key as a nested mapping: `{"tokens.dim": 64}` as `{"tokens": {"dim": 64}}`."""
    nested: dict[Any, Any] = {}
    for key, value in changes.items():
        *above, last = [int(part) if part.isdecimal() else part for part in key.split(".")]
        place = nested
        for part in above:
            place = place.setdefault(part, {})
        place[last] = _plain(value)
    return nested


def _plain(value: Any) -> Any:
    """Return a value for YAML and JSON."""
    if not isinstance(value, Resolution):
        return value
    return value.height if value.height == value.width else str(value)


def scaling_lines(scaling: Scaling) -> list[str]:
    """Return the figures as lines of text: the spec as it is, the largest member, the next step up."""
    bill = scaling.present
    members = {"found": scaling.largest, "next step up": scaling.over}
    rows = [
        ["", scaling.by, bill.convention.unit, "params", *([] if bill.device is None else ["ms"]), "from the budget"]
    ]
    rows.append(["as it is", *_cells(scaling.value, whole_of(bill), scaling)])
    rows += [[label, *_cells(member.value, member, scaling)] for label, member in members.items() if member is not None]
    return [*map(line, scaling_heading(scaling)), "", *_aligned(rows), *_ends(scaling)]


def _otherwise(scaling: Scaling) -> Iterator[str]:
    """Yield what the member within the budget costs in a second convention: that of the paper, if MAdds are in core."""
    name = other_convention(scaling.present)
    if name is not None and scaling.largest is not None:
        madds = count(scaling.largest.step.spec, name).madds
        yield f"found, in convention '{name}': {human(madds)} MAdds ({grouped(madds)})"


def _goal(scaling: Scaling) -> str:
    """Return the budget, with the convention that MAdds are counted in."""
    counted, device = scaling.present.convention, scaling.present.device
    if scaling.quantity == LATENCY and device is not None:
        return f"{milliseconds(scaling.budget)} ms, predicted by latency model '{device.name}'"
    unit = f"{counted.unit} in" if scaling.quantity == "madds" else f"params; {counted.unit} in"
    return f"{grouped(scaling.budget)} {unit} convention '{counted.name}'"


def _cells(value: Any, costs: Member | Total[int], scaling: Scaling) -> list[str]:
    """Return the cells of a line: the value, its costs, and how far it is from the budget."""
    timed = [] if costs.latency is None else [milliseconds(costs.latency)]
    return [str(value), grouped(costs.madds), grouped(costs.params), *timed, _gap(costs, scaling)]


def _gap(costs: Member | Total[int], scaling: Scaling) -> str:
    """Return how far a cost is over or under the budget, such as `1,150,384 (0.6 %) under`."""
    cost = getattr(costs, scaling.quantity)
    if cost == scaling.budget:
        return "equal"
    signed = change(cost, scaling.budget, written_as(scaling.quantity))
    return f"{re.sub('[+-]', '', signed)} {'over' if cost > scaling.budget else 'under'}"


def _aligned(rows: list[list[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for label, *cells in rows:
        figures = (cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        yield "  ".join([f"  {label.ljust(widths[0])}", *figures])


def scaling_table(scaling: Scaling) -> Table:
    """Return the figures as a table, for all forms but text: `value` is that of the key, `excess` what is over."""
    bill, device = scaling.present, scaling.present.device
    measures = ("madds", "params", *([] if device is None else [LATENCY]))
    columns = [Column("", "variant"), Column(scaling.by, "value", str, right=True, record=_plain)]
    for name in measures:
        heading = heading_of(name, bill.convention.unit)
        columns.append(Column(heading, name, written_as(name), right=True, short=rounded_as(name)))
    columns.append(change_column("over budget", scaling.quantity, "", beside=False)._replace(key="excess"))
    members = {"found": scaling.largest, "next step up": scaling.over}
    rows: list[tuple[str, Any, Member | Total[int]]] = [("as it is", scaling.value, whole_of(bill))]
    rows += [(label, member.value, member) for label, member in members.items() if member is not None]
    data = [
        [label, value, *(getattr(costs, name) for name in measures), (getattr(costs, scaling.quantity), scaling.budget)]
        for label, value, costs in rows
    ]
    title, *above = scaling_heading(scaling)
    return Table(columns, data, (), [title, *above], list(_ends(scaling)), caption=f"{title}.")


def scaling_heading(scaling: Scaling) -> list[str]:
    """Return the lines above the figures: what was scaled to which budget, and how latency is predicted."""
    bill = scaling.present
    return [f"{bill.name} scaled by {scaling.by} to at most {_goal(scaling)}", *prediction(bill), *unpriced_ops(bill)]


def _ends(scaling: Scaling) -> Iterator[str]:
    """Yield the lines below the figures."""
    if scaling.over is None:
        yield f"no larger {scaling.by} is valid"
    yield from _otherwise(scaling)


def unreachable(scaling: Scaling) -> str:
    """Return the message that no member is within the budget, with the nearest member."""
    least, written = scaling.least, written_as(scaling.quantity)
    unit = " ms" if scaling.quantity == LATENCY else ""
    return line(
        f"{scaling.present.name}: no {scaling.by} meets the budget of {_goal(scaling)}; the nearest is {least.value}, "
        f"with {written(least.cost)}{unit}: {change(least.cost, scaling.budget, written)}"
    )


def scaling_json(scaling: Scaling) -> dict[str, Any]:
    """Return a scaling for JSON; `found` is null if no member is within the budget."""
    bill, largest = scaling.present, scaling.largest
    return {
        "schema": SCHEMA,
        **identity(bill),
        "by": scaling.by,
        "quantity": scaling.quantity,
        "budget": scaling.budget,
        "convention": bill.convention.name,
        "unit": bill.convention.unit,
        **{key: each for key, each in latency_json(bill).items() if key != LATENCY},
        "present": {"value": _plain(scaling.value), **_costs(whole_of(bill))},
        "found": _member_json(largest),
        "next": _member_json(scaling.over),
        "least": _member_json(scaling.least),
        "spec": None if largest is None else mapping(largest.step.spec),
    }


def _costs(costs: Member | Total[int]) -> dict[str, int]:
    timed = {} if costs.latency is None else {LATENCY: costs.latency}
    return {"madds": costs.madds, "params": costs.params, **timed}


def _member_json(member: Member | None) -> dict[str, Any] | None:
    if member is None:
        return None
    return {
        "value": _plain(member.value),
        **_costs(member),
        "settings": list(member.step.settings),
    }
