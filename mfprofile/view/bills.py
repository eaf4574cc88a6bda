"""Many bills, with one line each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

from mfprofile.cost.bill import Bill
from mfprofile.cost.sums import whole_of
from mfprofile.spec.names import LATENCY, PILLARS
from mfprofile.spec.words import several
from mfprofile.view.amounts import change_column, heading_of, rounded_as, written_as
from mfprofile.view.bill import (
    bill_table,
    comparison_table,
    counted,
    names_on,
    numbered,
    other_convention,
    prediction,
    unpriced_ops,
)
from mfprofile.view.choosing import names_of
from mfprofile.view.numbers import grouped, human, share
from mfprofile.view.tables import TEXT, Column, Form, Table

SIDE_BY_SIDE = 3
"""The most bills that are compared side by side. More have one line each."""
_Shown: TypeAlias = tuple[Column, Callable[[Bill], Any]]
"""A column, and its value for a bill."""


def bills_table(bills: Sequence[Bill], axis: str | None, form: Form = TEXT) -> Table:
    """Return one bill by block if no axis is given, unless the column `name` is asked for; else `several_table`."""
    if len(bills) == 1 and (axis == "op" or "name" not in form.columns):
        return bill_table(bills[0], "block" if axis is None else axis)
    return several_table(bills, axis, form)


def several_table(bills: Sequence[Bill], axis: str | None, form: Form = TEXT) -> Table:
    """Return several bills: side by side if they are few, if the axis is op, and in CSV; else with one line each.

    They have one line each too if the column `name` is asked for, or if one is of a network in code. They are compared
    by pillar if no axis is given.
    """
    are_many = len(bills) > SIDE_BY_SIDE and form.name != "csv"
    if axis != "op" and (are_many or "name" in form.columns or not _are_specs(bills)):
        return lines_table(bills, axis, form)
    table = comparison_table(bills, "pillar" if axis is None else axis)
    if axis == "op" or set(form.columns).isdisjoint(names_of(lines_table(bills, axis))):
        return table
    return table._replace(hint="add name for a line each spec")


def lines_table(bills: Sequence[Bill], axis: str | None = None, form: Form = TEXT) -> Table:
    """Return a line for each bill: its sums, their differences from the first bill, and its parts.

    The parts are the MAdds of each part on an axis; without an axis, the share of each pillar in the MAdds, if all have
    pillars. The line above the table mentions them if the form has a column of them.
    """
    are_specs = _are_specs(bills)
    inputs = list(dict.fromkeys(bill.subject.input for bill in bills))
    parts = list(map(_share, PILLARS if are_specs else ()) if axis is None else _parts(axis, bills))
    shown = [
        *([_input()] if len(inputs) > 1 else []),
        *_sums(bills[0]),
        *parts,
        *_others(bills),
    ]
    names = numbered([bill.name for bill in bills])
    data = [[name, *(value(bill) for _, value in shown)] for name, bill in zip(names, bills, strict=True)]
    on = f"input {inputs[0]}; " if len(inputs) == 1 else ""
    called = {column.called for column, _ in parts}
    chosen = called.intersection(form.columns) if form.columns else called
    of_parts = f"; MAdds of each {axis}" if axis else "; shares of the pillars in the MAdds"
    what = several(len(bills), "spec" if are_specs else "network")
    above = [f"{what}: {on}{counted(bills[0])}{of_parts if chosen else ''}", *prediction(*bills)]
    below = list(dict.fromkeys(line for bill in bills for line in unpriced_ops(bill)))
    columns = [Column("name", "name"), *(column for column, _ in shown)]
    return Table(columns, data, (), above, below, full="--csv --columns name,…")


def _are_specs(bills: Sequence[Bill]) -> bool:
    """Return whether all bills are of specs, so that they have pillars and blocks."""
    return all("pillar" in bill.subject.axes for bill in bills)


def _input() -> _Shown:
    return Column("input", "input", optional=2), lambda bill: bill.subject.input


def _sums(first: Bill) -> Iterator[_Shown]:
    """Yield the columns of the sums and, beside each, of the differences from the first bill."""
    for measure in ("madds", "params", *([] if first.device is None else [LATENCY])):
        heading, of_first = heading_of(measure, first.convention.unit), _sum(measure, first)
        column = Column(heading, measure, written_as(measure), right=True, short=rounded_as(measure))
        change = change_column("to first", measure, f"{measure}.to_first", beside=True)
        yield column, partial(_sum, measure)
        yield change._replace(optional=2 if measure == "params" else 0), partial(_against, of_first, measure)


def _sum(measure: str, bill: Bill) -> int:
    return getattr(whole_of(bill), measure) or 0


def _against(amount: int, measure: str, bill: Bill) -> tuple[int, int]:
    return _sum(measure, bill), amount


def _share(pillar: str) -> _Shown:
    def value(bill: Bill) -> str | None:
        return share(bill.pillars[pillar].madds, bill.madds) if pillar in bill.pillars else None

    return Column(f"{pillar}\n%", right=True, optional=1, name=f"{pillar}.share"), value


def _parts(axis: str, bills: Sequence[Bill]) -> Iterator[_Shown]:
    """Yield a column for each part on an axis; a bill without such a part has an empty cell."""
    amounts = {id(bill): {total.name: total.madds for total in bill.by(axis)} for bill in bills}
    for name in names_on(axis, bills):
        yield Column(name, name, grouped, right=True, short=human), partial(_amount, amounts, name)


def _amount(amounts: Mapping[int, Mapping[str, int]], name: str, bill: Bill) -> int | None:
    return amounts[id(bill)].get(name)


def _others(bills: Sequence[Bill]) -> Iterator[_Shown]:
    """Yield the parameters that the convention counts, if it skips some, and the MAdds in another convention."""
    if any(bill.counted_params != bill.params for bill in bills):
        counted_by = f"params in\n{bills[0].convention.name}"
        yield Column(counted_by, "counted_params", grouped, right=True, short=human), lambda bill: bill.counted_params
    names = {other_convention(bill) for bill in bills}
    other = names.pop() if len(names) == 1 else None
    if other is not None and all(bill.under(other).madds is not None for bill in bills):
        column = Column(f"MAdds in\n{other}", f"{other}.madds", grouped, right=True, optional=3, short=human)
        yield column, lambda bill: bill.under(other).madds
