"""The output of `scale`: a spec with its figures as comments, the figures alone, or JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mfprofile.budget.scale import Member, Scaling
from mfprofile.spec.model import Resolution
from mfprofile.spec.writing import dumped, mapping, yaml_text
from mfprofile.view.escape import line
from mfprofile.view.head import SCHEMA, identity
from mfprofile.view.numbers import change, grouped


def scaled_spec(scaling: Scaling, base: str | None) -> str:
    """Return the largest member as YAML, with its figures as comments above; `base` is the name of a spec to extend."""
    assert scaling.largest is not None
    lines = [f"# {each}".rstrip() for each in scaling_lines(scaling)]
    step = scaling.largest.step
    body = yaml_text(step.spec) if base is None else dumped({"extends": base, **_nested(scaling.largest.changes)})
    return "\n".join([*lines, body])


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
    cost = bill.madds if scaling.quantity == "madds" else bill.params
    members = {"found": scaling.largest, "next step up": scaling.over}
    rows = [["", scaling.by, bill.convention.unit, "params", "to the budget"]]
    rows.append(
        ["as it is", str(scaling.value), grouped(bill.madds), grouped(bill.params), change(cost, scaling.budget)]
    )
    rows += [[label, *_cells(member, scaling.budget)] for label, member in members.items() if member is not None]
    title = f"{bill.name} scaled by {scaling.by} to at most {_goal(scaling)}"
    ends = [] if scaling.over else [f"no larger {scaling.by} is valid"]
    return [line(title), "", *_aligned(rows), *ends]


def _goal(scaling: Scaling) -> str:
    """Return the budget, with the convention that MAdds are counted in."""
    counted = scaling.present.convention
    unit = f"{counted.unit} in" if scaling.quantity == "madds" else f"params; {counted.unit} in"
    return f"{grouped(scaling.budget)} {unit} convention '{counted.name}'"


def _cells(member: Member, budget: int) -> list[str]:
    return [str(member.value), grouped(member.madds), grouped(member.params), change(member.cost, budget)]


def _aligned(rows: list[list[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for label, *cells in rows:
        figures = (cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        yield "  ".join([f"  {label.ljust(widths[0])}", *figures])


def unreachable(scaling: Scaling) -> str:
    """Return the message that no member is within the budget, with the nearest member."""
    least = scaling.least
    return (
        f"{scaling.present.name}: no {scaling.by} meets the budget of {_goal(scaling)}; the nearest is {least.value}, "
        f"with {grouped(least.cost)}: {change(least.cost, scaling.budget)}"
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
        "present": {"value": _plain(scaling.value), "madds": bill.madds, "params": bill.params},
        "found": _member_json(largest),
        "next": _member_json(scaling.over),
        "least": _member_json(scaling.least),
        "spec": None if largest is None else mapping(largest.step.spec),
    }


def _member_json(member: Member | None) -> dict[str, Any] | None:
    if member is None:
        return None
    return {
        "value": _plain(member.value),
        "madds": member.madds,
        "params": member.params,
        "settings": list(member.step.settings),
    }
