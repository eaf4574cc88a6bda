"""Is one network the other one: the verdict, the first difference, and both networks by stage and by kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mfprofile.budget.difference import Difference
from mfprofile.budget.items import Item
from mfprofile.budget.likeness import ALL, FOLDED, WEIGHTS, Cell, FirstDifference, Likeness
from mfprofile.budget.parts import PartDifference
from mfprofile.budget.places import APART
from mfprofile.cost.subject import is_whole
from mfprofile.spec.words import several
from mfprofile.view.amounts import change_column, grouped_under, heading_of, rounded_as, written_as
from mfprofile.view.numbers import change, grouped
from mfprofile.view.tables import Column, Table

SAME = "in every stage and kind"


def verdict(difference: Difference, likeness: Likeness) -> list[str]:
    """Return the lines that say whether both networks agree, or what the first difference is."""
    gained = difference.whole.params
    if likeness.first is not None:
        return _first(difference, likeness.first)
    lines = {
        ALL: [f"same multiply-adds and parameters {SAME}"],
        FOLDED: [
            f"same multiply-adds and parameters {SAME}, less folded norms",
            f"norms folded into the layers before them: {change(gained, 0)} params",
        ],
        WEIGHTS: [
            f"same multiply-adds and weights {SAME}; biases and norms differ by {change(gained, 0)} params",
            "exporters fold norms into the layers before them, and store equal tensors once",
        ],
    }[likeness.agreement]
    if not all(is_whole(bill.subject) for bill in (difference.a, difference.b)):
        lines.append("this is of what is counted; 'mfprofile audit' lists what is not")
    return lines


def place(cell: Cell) -> str:
    """Return a cell in words.

    >>> place(Cell("8", "depthwise")), place(Cell("tokens", "linear"))
    ('stride 8, depthwise', 'tokens, linear')
    """
    return f"{stage(cell.stride)}, {cell.kind}"


def stage(stride: str) -> str:
    """Return a stage in words: `stride 8`, or `tokens` for what has no place in the image."""
    return stride if stride == APART else f"stride {stride}"


def _first(difference: Difference, first: FirstDifference) -> list[str]:
    unit = difference.a.convention.unit
    lines = [f"first difference: {place(first.cell)}"]
    for bill, piece, item in (
        (difference.a, first.part.a, first.a),
        (difference.b, first.part.b, first.b),
    ):
        amounts = "none" if piece is None else f"{grouped(piece.madds)} {unit}, {grouped(piece.params)} params"
        lines.append(f"  {bill.name}: {amounts}{'' if item is None else f'; first at {_op(item, unit)}'}")
    return lines


def _op(item: Item, unit: str) -> str:
    shape = "×".join(map(str, item.out)) or "one value"
    return f"{item.name} ({shape}, {grouped(item.madds)} {unit}, {grouped(item.params)} params)"


def amounts_table(difference: Difference, heading: str, parts: Sequence[PartDifference]) -> Table:
    """Return a table of both amounts of each stage or kind: before, after, and the difference."""
    columns = amount_columns(heading, difference.a.convention.unit, ("madds", "params"))
    lines = [[stage(part.piece.name) if heading == "stage" else part.piece.name, *_numbers(part)] for part in parts]
    return Table(columns, lines, about=f"by {heading}")


def amount_columns(heading: str, unit: str, measures: Sequence[str]) -> list[Column]:
    """Return the columns of a table of amounts in both networks: the name, and before, after and change of each."""
    columns = [Column(heading)]
    for measure in measures:
        name, written, short = heading_of(measure, unit), written_as(measure), rounded_as(measure)
        for side in ("before", "after"):
            column = Column(f"{name}\n{side}", write=written, right=True, short=short, name=f"{measure}.{side}")
            columns.append(grouped_under(column._replace(joined=side == "after"), measure, unit, side))
        change = change_column(f"{name}\nchange", measure, f"{measure}.gained", beside=True)
        columns.append(grouped_under(change, measure, unit, "change"))
    return columns


def _numbers(part: PartDifference) -> list[Any]:
    numbers: list[Any] = []
    for measure in ("madds", "params"):
        a, b = (getattr(piece, measure) if piece else 0 for piece in (part.a, part.b))
        numbers += [a, b, (b, a)]
    return numbers


def same_lines(parts: Sequence[PartDifference]) -> list[tuple[str, tuple[int, int]]]:
    """Return a line for the parts that do not differ, and one for those that differ in biases and norms alone.

    Each has its difference of parameters, as the new and the old amount.
    """
    lines = []
    for status, words in (("unchanged", "unchanged"), ("alike", "alike but for biases and norms")):
        same = [part for part in parts if part.status == status]
        what = several(len(same), "part") if any(part.piece.name for part in same) else "everything"
        if same:
            lines.append((f"{what} {words}", (sum(part.params for part in same), 0)))
    return lines


def likeness_json(likeness: Likeness) -> dict[str, Any]:
    """Return what agrees, the first difference (null if there is none), and both networks by stage and by kind."""
    first = likeness.first
    return {
        "agreement": likeness.agreement,
        "first": None if first is None else {**_cell(first.part, first.cell), "ops": _ops(first)},
        "strides": [{"stride": part.piece.name, **_both(part)} for part in likeness.strides],
        "kinds": [{"kind": part.piece.name, **_both(part)} for part in likeness.kinds],
        "cells": [_cell(part, Cell(part.piece.name, str(part.piece.kind))) for part in likeness.cells],
    }


def _cell(part: PartDifference, cell: Cell) -> dict[str, Any]:
    return {"stride": cell.stride, "kind": cell.kind, **_both(part)}


def _both(part: PartDifference) -> dict[str, Any]:
    measures = {
        measure: {
            **{side: getattr(piece, measure) if piece else 0 for side, piece in (("a", part.a), ("b", part.b))},
            "difference": getattr(part, measure),
        }
        for measure in ("madds", "params")
    }
    return {"status": part.status, **measures}


def _ops(first: FirstDifference) -> dict[str, Any]:
    return {side: item and _item(item) for side, item in (("a", first.a), ("b", first.b))}


def _item(item: Item) -> dict[str, Any]:
    return {
        "name": item.name,
        "kind": item.kind,
        "out": list(item.out),
        "madds": item.madds,
        "params": item.params,
    }
