"""The difference of two bills: a headline, a table of pillars and one of blocks or modules; as CSV and as JSON."""

from __future__ import annotations

from typing import Any

from mfprofile.budget.difference import Difference
from mfprofile.budget.parts import PartDifference
from mfprofile.cost.tree import SELF
from mfprofile.spec.words import listed, several
from mfprofile.view.bill import left_out, other_convention
from mfprofile.view.head import SCHEMA, identity
from mfprofile.view.numbers import change, grouped
from mfprofile.view.tables import Column, Form, Table, dumps, render

MOST_NAMED = 6
"""How many of the parts without a change are named."""


def difference_text(found: Difference, form: Form) -> str:
    """Return the difference in one of the four forms; Markdown is made to be a comment on a pull request."""
    if form == "json":
        return dumps(difference_json(found))
    if form == "csv":
        return render(records_table(found), form)
    totals, parts = (render(table, form) for table in (total_table(found), part_table(found)))
    if form == "markdown":
        return f"### {headline(found)}\n\n{totals}\n{parts}"
    return f"{headline(found)}\n{totals.rstrip()}\n{parts}"  # a text table begins with an empty line


def headline(found: Difference) -> str:
    """Return the line that names both variants and tells the differences of their totals."""
    told = []
    for measure, unit in (("madds", found.a.convention.unit), ("params", "params")):
        gained = _gained(found.whole, measure)
        told.append(f"{unit} {'unchanged' if gained == '=' else gained}")
    return f"{found.a.name} → {found.b.name}: {', '.join(told)}"


def total_table(found: Difference) -> Table:
    """Return what each pillar and the whole cost before, what they cost after, and the differences."""
    unit = found.a.convention.unit
    columns = [Column("pillar" if found.pillars else "")]
    for measure in (unit, "params"):
        columns.append(Column(f"{measure}\nbefore", write=grouped, right=True, optional=True))
        columns.append(Column(f"{measure}\nafter", write=grouped, right=True, optional=True))
        columns.append(Column(f"{measure}\ngained", right=True))
    data = [_total_line(pillar) for pillar in found.pillars]
    return Table(columns, data, [[_total_line(found.whole)]], [_settings(found)])


def _total_line(part: PartDifference) -> list[Any]:
    assert part.a is not None
    assert part.b is not None
    madds = [part.a.madds, part.b.madds, _gained(part, "madds")]
    return [part.a.name, *madds, part.a.params, part.b.params, _gained(part, "params")]


def _settings(found: Difference) -> str:
    """Return the line on what differs in the whole network, and on how it was counted."""
    changed = [change.text for change in found.whole.changes]
    counted = f"{found.a.convention.unit} in convention '{found.a.convention.name}'"
    if not any(change.key == "input" for change in found.whole.changes):
        counted = f"input {found.a.subject.input}; {counted}"
    return "; ".join([*([", ".join(changed)] if changed else []), counted])


def part_table(found: Difference) -> Table:
    """Return a line for each part that differs, in running order, and one for all those that do not."""
    unit = found.a.convention.unit
    axis = found.a.subject.axes[0]
    columns = [
        Column(axis),
        Column(found.a.subject.labels.headings[0], optional=True),
        Column("what changed", wraps=True),
        Column(f"{unit} gained", right=True),
        Column("params gained", right=True),
    ]
    differing = [part for part in found.parts if part.status != "unchanged"]
    data = [[label(part), part.piece.kind, words(part, found), *_both(part)] for part in differing]
    if same := _folded(found):
        data.append([None, None, same, "=", "="])
    return Table(columns, data, [[["total", None, None, *_both(found.whole)]]], below=_closing(found))


def _both(part: PartDifference) -> list[str]:
    return [_gained(part, "madds"), _gained(part, "params")]


def _gained(part: PartDifference, measure: str) -> str:
    return change(*(getattr(piece, measure) if piece else 0 for piece in (part.b, part.a)))


def label(part: PartDifference) -> str:
    """Return the part's name, of a block those in both networks where they differ: `9 → 8`, `9 → –` if removed."""
    a, b = (piece.name if piece else "–" for piece in (part.a, part.b))
    return f"{a} → {b}" if part.piece.is_block and a != b else part.piece.name


def words(part: PartDifference, found: Difference) -> str:
    """Return what changed in words: each trait that differs, or all those of a part that was added or removed.

    A part whose traits are the same costs more or less by the settings of the whole network, if those differ.
    """
    if part.status == "changed":
        above = "by the settings above" if found.whole.changes else ""
        return ", ".join(change.text for change in part.changes) or above
    told = ", ".join(f"{key} {value}" for key, value in part.piece.traits.items() if key not in ("kind", "class"))
    return f"{part.status}: {told}" if told else part.status


def _folded(found: Difference) -> str:
    """Return the line for the parts that are the same in both, as `5 blocks, stem, head unchanged`."""
    pieces = [part.piece for part in found.parts if part.status == "unchanged"]
    blocks = sum(piece.is_block for piece in pieces)
    told = [several(blocks, "block")] if blocks else []
    told += [piece.name for piece in pieces if not piece.is_block and not piece.name.endswith(SELF)]
    return f"{listed(told, MOST_NAMED)} unchanged" if told else ""


def _closing(found: Difference) -> list[str]:
    """Return the lines that end it: what the convention leaves out of the parameters, and the totals in another one."""
    told = list(dict.fromkeys(line for bill in (found.a, found.b) for line in left_out(bill)))
    other = other_convention(found.a)
    if other is not None:
        a, b = (bill.under(other).madds for bill in (found.a, found.b))
        told.append(f"In convention '{other}': {grouped(a)} → {grouped(b)} MAdds, {change(b, a)}")
    return told


def records_table(found: Difference) -> Table:
    """Return every part, also those without a change, as records of plain values."""
    sides = [Column("", f"{side}_{measure}") for measure in ("madds", "params") for side in ("a", "b")]
    keys = ("a", "b", "kind", "status", "changed", "madds", "params")
    columns = [*(Column("", key) for key in keys), *sides]
    return Table(columns, [_record(part) for part in found.parts])


def _record(part: PartDifference) -> list[Any]:
    names = [piece and piece.name for piece in (part.a, part.b)]
    sides = [piece and getattr(piece, measure) for measure in ("madds", "params") for piece in (part.a, part.b)]
    changed = ", ".join(change.text for change in part.changes)
    return [*names, part.piece.kind, part.status, changed, part.madds, part.params, *sides]


def difference_json(found: Difference) -> dict[str, Any]:
    """Return the difference as JSON holds it: totals, pillars and every part, each with both sides' exact numbers."""
    return {
        "schema": SCHEMA,
        "a": identity(found.a),
        "b": identity(found.b),
        "convention": found.a.convention.name,
        "unit": found.a.convention.unit,
        **_numbers(found.whole),
        "changed": _changed(found.whole),
        "pillars": {pillar.piece.name: _numbers(pillar) for pillar in found.pillars},
        f"{found.a.subject.axes[0]}s": [
            {
                **{side: piece and piece.name for side, piece in (("a", part.a), ("b", part.b))},
                "kind": part.piece.kind,
                "status": part.status,
                **_numbers(part),
                "changed": _changed(part),
            }
            for part in found.parts
        ],
    }


def _numbers(part: PartDifference) -> dict[str, dict[str, int | None]]:
    """Return both measures of a part: before, None where it was not, after, and what was gained."""
    return {
        measure: {
            "a": getattr(part.a, measure, None),
            "b": getattr(part.b, measure, None),
            "difference": getattr(part, measure),
        }
        for measure in ("madds", "params")
    }


def _changed(part: PartDifference) -> list[dict[str, Any]]:
    return [{"key": change.key, "a": change.a, "b": change.b} for change in part.changes]
