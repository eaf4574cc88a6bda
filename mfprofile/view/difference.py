"""The difference of two bills: a headline, a table of pillars and one of blocks or modules; CSV and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

from mfprofile.budget.difference import Difference
from mfprofile.budget.parts import PartDifference
from mfprofile.cost.tree import SELF
from mfprofile.spec.words import listed, several
from mfprofile.view.amounts import change_column, heading_of, written_as
from mfprofile.view.bill import counted, other_convention, prediction, skipped_params, unpriced_ops
from mfprofile.view.escape import markdown
from mfprofile.view.head import SCHEMA, identity, latency_json
from mfprofile.view.likeness import amount_columns, amounts_table, likeness_json, same_lines, stage, verdict
from mfprofile.view.numbers import change, grouped
from mfprofile.view.tables import Column, Form, Table, dumps, remarks, render, render_each

MOST_NAMED = 6
"""How many of the unchanged parts a line names."""
SAME = ("unchanged", "alike")
"""The statuses of parts that have no line of their own."""
_END = "\n"


def difference_text(difference: Difference, form: Form) -> str:
    """Return the difference in one of the four forms. The Markdown is meant as a comment on a pull request."""
    if form.name == "json":
        return dumps(difference_json(difference))
    if form.name == "csv":
        return render(records_table(difference), form)
    first, texts = (
        remarks([headline(difference)], form),
        render_each([*total_tables(difference), part_table(difference)], form),
    )
    if form.name == "markdown":
        first = [f"### {markdown(headline(difference))}", ""]
    return "\n".join([*first, *(f"{text.strip(_END)}{_END}" for text in texts)])


def total_tables(difference: Difference) -> list[Table]:
    """Return the table of the totals, and those of stages and kinds of networks that have other names."""
    tables = [total_table(difference)]
    if difference.likeness is not None and (difference.axis == "stage" or not _is_mixed(difference)):
        tables.append(amounts_table(difference, "stage", difference.likeness.strides))
        tables.append(amounts_table(difference, "kind", difference.likeness.kinds))
    return tables


def _is_mixed(difference: Difference) -> bool:
    """Return whether one of both networks is a spec and the other one is not."""
    return difference.a.subject.axes != difference.b.subject.axes


def headline(difference: Difference) -> str:
    """Return the headline: both variants and the differences of their totals."""
    totals = []
    for measure in difference.measures:
        gained = change(*_sides(difference.whole, measure), written_as(measure))
        unit = heading_of(measure, difference.a.convention.unit)
        totals.append(f"{unit} {'unchanged' if gained == '=' else gained}")
    return f"{difference.a.name} → {difference.b.name}: {', '.join(totals)}"


def total_table(difference: Difference) -> Table:
    """Return the cost of each pillar and of the whole network: before, after, and the difference."""
    measures = difference.measures
    columns = amount_columns("pillar" if difference.pillars else "", difference.a.convention.unit, measures)
    data = [_total_line(pillar, measures) for pillar in difference.pillars]
    above = [_settings(difference), *prediction(difference.a)]
    about = "by pillar" if difference.pillars else "in all"
    return Table(columns, data, [[_total_line(difference.whole, measures)]], above, about=about)


def _total_line(part: PartDifference, measures: Sequence[str]) -> list[Any]:
    assert part.a is not None
    sides = [_sides(part, measure) for measure in measures]
    return [part.a.name, *chain(*((old, new, (new, old)) for new, old in sides))]


def _settings(difference: Difference) -> str:
    """Return the line with the settings of the whole network that differ, its input and the convention."""
    changed = [change.text for change in difference.whole.changes]
    what = counted(difference.a)
    if not any(change.key == "input" for change in difference.whole.changes):
        what = f"input {difference.a.subject.input}; {what}"
    return "; ".join([*([", ".join(changed)] if changed else []), what])


def part_table(difference: Difference) -> Table:
    """Return a line for each part that differs, in running order, and one line for all unchanged parts."""
    unit, measures = difference.a.convention.unit, difference.part_measures
    columns = [
        Column(difference.axis),
        Column("class" if difference.axis == "module" else "kind", optional=1),
        Column("what changed", wraps=True, pairs=True, name="changed"),
        *(
            change_column(f"{heading_of(measure, unit)} change", measure, f"{measure}.gained", beside=False)
            for measure in measures
        ),
    ]
    differing = [part for part in difference.parts if part.status not in SAME]
    data = [
        [_label(part, difference), part.piece.kind, words(part, difference), *_all(part, measures)]
        for part in differing
    ]
    if _is_mixed(difference):
        data += [[None, None, text, "=", params] for text, params in same_lines(difference.parts)]
    elif same := _folded(difference):
        data.append([None, None, same, *("=" for _ in measures)])
    whole = ["total", None, None, *_all(difference.whole, measures)]
    caption = f"{difference.a.name} → {difference.b.name} by {difference.axis}."
    return Table(columns, data, [[whole]], (), _closing(difference), caption, f"by {difference.axis}")


def _all(part: PartDifference, measures: Sequence[str]) -> list[tuple[int, int]]:
    return [_sides(part, measure) for measure in measures]


def _sides(part: PartDifference, measure: str) -> tuple[int, int]:
    """Return the new and the old amount of a part."""
    b, a = ((getattr(piece, measure) or 0) if piece else 0 for piece in (part.b, part.a))
    return b, a


def label(part: PartDifference) -> str:
    """Return the part's name. A block with two different numbers is `9 → 8`, a removed one `9 → –`."""
    a, b = (piece.name if piece else "–" for piece in (part.a, part.b))
    return f"{a} → {b}" if part.piece.is_block and a != b else part.piece.name


def _label(part: PartDifference, difference: Difference) -> str:
    return stage(label(part)) if difference.axis == "stage" else label(part)


def words(part: PartDifference, difference: Difference) -> str:
    """Return what changed in words: each trait that differs, or all traits of a part that was added or removed.

    If no trait differs, the change comes from the settings of the whole network.
    """
    if part.status == "changed":
        above = "due to the settings above" if difference.whole.changes else ""
        return ", ".join(change.text for change in part.changes) or above
    traits = ", ".join(f"{key} {value}" for key, value in part.piece.traits.items() if key not in ("kind", "class"))
    return f"{part.status}: {traits}" if traits else part.status


def _folded(difference: Difference) -> str:
    """Return the line for the unchanged parts, as `5 blocks, stem, head unchanged`."""
    pieces = [part.piece for part in difference.parts if part.status == "unchanged"]
    blocks = sum(piece.is_block for piece in pieces)
    names = [several(blocks, "block")] if blocks else []
    names += [piece.name for piece in pieces if not piece.is_block and not piece.name.endswith(SELF)]
    return f"{listed(names, MOST_NAMED)} unchanged" if names else ""


def _closing(difference: Difference) -> list[str]:
    """Return the lines below: the parameters that the convention skips, and the totals in another convention."""
    bills = (difference.a, difference.b)
    lines = list(dict.fromkeys(line for bill in bills for line in skipped_params(bill)))
    lines += [f"{bill.name}: {line[0].lower()}{line[1:]}" for bill in bills for line in unpriced_ops(bill)]
    if difference.likeness is not None:
        lines = [*verdict(difference, difference.likeness), *lines]
    other = None if _is_mixed(difference) else other_convention(difference.a)
    if other is not None:
        a, b = (bill.under(other).madds for bill in (difference.a, difference.b))
        lines.append(f"In convention '{other}': {grouped(a)} → {grouped(b)} MAdds, {change(b, a)}")
    return lines


def records_table(difference: Difference) -> Table:
    """Return every part, also the unchanged ones, as records of plain values."""
    measures = difference.part_measures
    sides = [Column("", f"{side}_{measure}") for measure in measures for side in ("a", "b")]
    keys = ("a", "b", "kind", "status", "changed", *measures)
    columns = [*(Column("", key) for key in keys), *sides]
    return Table(columns, [_record(part, measures) for part in difference.parts])


def _record(part: PartDifference, measures: Sequence[str]) -> list[Any]:
    names = [piece and piece.name for piece in (part.a, part.b)]
    sides = [piece and getattr(piece, measure) for measure in measures for piece in (part.a, part.b)]
    changed = ", ".join(change.text for change in part.changes)
    gained = [getattr(part, measure) for measure in measures]
    return [*names, part.piece.kind, part.status, changed, *gained, *sides]


def difference_json(difference: Difference) -> dict[str, Any]:
    """Return the difference for JSON: totals, pillars and every part, each with the exact numbers of both sides."""
    return {
        "schema": SCHEMA,
        "a": identity(difference.a),
        "b": identity(difference.b),
        "mode": difference.a.mode,
        "convention": difference.a.convention.name,
        "unit": difference.a.convention.unit,
        **_numbers(difference.whole, difference.measures),
        **_models(difference),
        "changed": _changed(difference.whole),
        "pillars": {pillar.piece.name: _numbers(pillar, difference.measures) for pillar in difference.pillars},
        **({} if difference.likeness is None else likeness_json(difference.likeness)),
        **({} if difference.axis == "stage" else {f"{difference.axis}s": _parts(difference)}),
    }


def _parts(difference: Difference) -> list[dict[str, Any]]:
    return [
        {
            **{side: piece and piece.name for side, piece in (("a", part.a), ("b", part.b))},
            "kind": part.piece.kind,
            "status": part.status,
            **_numbers(part, difference.part_measures),
            "changed": _changed(part),
        }
        for part in difference.parts
    ]


def _models(difference: Difference) -> dict[str, Any]:
    """Return the latency model, and the ops of each network that it never saw; nothing without a model."""
    if difference.a.device is None:
        return {}
    models = [latency_json(bill)["latency_model"] for bill in (difference.a, difference.b)]
    unpriced = {side: model["unpriced"] for side, model in zip(("a", "b"), models, strict=True)}
    applies = all(model["errors_apply"] for model in models)
    return {"latency_model": {**models[0], "errors_apply": applies, "unpriced": unpriced}}


def _numbers(part: PartDifference, measures: Sequence[str]) -> dict[str, dict[str, int | None]]:
    """Return the measures of a part: before (`a`), after (`b`) and the difference; None where the part is missing."""
    return {
        measure: {
            "a": getattr(part.a, measure, None),
            "b": getattr(part.b, measure, None),
            "difference": getattr(part, measure),
        }
        for measure in measures
    }


def _changed(part: PartDifference) -> list[dict[str, Any]]:
    return [{"key": change.key, "a": change.a, "b": change.b} for change in part.changes]
