"""What one network in code gained and lost against another, by module."""

from __future__ import annotations

from typing import Any

from mfprofile.trace.difference import ModuleDifference, NetworkDifference
from mfprofile.trace.ledger import Ledger
from mfprofile.trace.tree import SELF
from mfprofile.view.bill import left_out
from mfprofile.view.numbers import change, grouped
from mfprofile.view.tables import Column, Form, Table, dumps, render

JSON_SCHEMA = 1
MOST_NAMED = 6


def network_difference_text(found: NetworkDifference, form: Form) -> str:
    """Return the difference in one of the four forms; Markdown is made to be a comment on a pull request."""
    if form == "json":
        return dumps(_json(found))
    if form == "csv":
        return render(_records(found), form)
    heading = f"### {_headline(found)}\n\n" if form == "markdown" else f"{_headline(found)}\n"
    return heading + render(_table(found), form)


def _headline(found: NetworkDifference) -> str:
    told = [f"{unit} {_gained(found.whole, key, '=').replace('=', 'unchanged')}" for key, unit in _measures(found)]
    return f"{found.a.name} → {found.b.name}: {', '.join(told)}"


def _measures(found: NetworkDifference) -> list[tuple[str, str]]:
    return [("madds", found.a.convention.unit), ("params", "params")]


def _table(found: NetworkDifference) -> Table:
    columns = [Column("module"), Column("what changed", wraps=True)]
    for _, unit in _measures(found):
        columns.append(Column(f"{unit}\nbefore", write=grouped, right=True, optional=True))
        columns.append(Column(f"{unit}\nafter", write=grouped, right=True, optional=True))
        columns.append(Column(f"{unit}\ngained", right=True))
    data = [_line(part.path, _words(part), part) for part in found.modules if part.status != "unchanged"]
    same = [part.path for part in found.modules if part.status == "unchanged" and not part.path.endswith(SELF)]
    below = [f"unchanged: {_some(same)}"] if same else []
    below += list(dict.fromkeys(line for bill in (found.a, found.b) for line in left_out(bill)))
    return Table(columns, data, [[_line("total", _words(found.whole), found.whole)]], [_inputs(found)], below)


def _line(name: str, words: str, part: ModuleDifference) -> list[Any]:
    line: list[Any] = [name, words]
    for key in ("madds", "params"):
        line += [part.a and getattr(part.a, key), part.b and getattr(part.b, key), _gained(part, key, "=")]
    return line


def _gained(part: ModuleDifference, key: str, same: str) -> str:
    before, after = (0 if side is None else getattr(side, key) for side in (part.a, part.b))
    return change(after, before) if after != before else same


def _words(part: ModuleDifference) -> str:
    """Return what became of a module: added or removed, or another class."""
    before, after = part.kinds
    if part.a is None or part.b is None:
        return f"{part.status} {before or after or ''}".strip()
    return (after or "") if before == after else f"{before} → {after}"


def _inputs(found: NetworkDifference) -> str:
    """Return the line on what the networks were given, and on how they were counted."""
    given = list(dict.fromkeys(", ".join(bill.inputs) or "none" for bill in (found.a, found.b)))
    return f"input {' → '.join(given)}; {found.a.convention.unit} in convention '{found.a.convention.name}'"


def _some(names: list[str]) -> str:
    more = [f"and {len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else []
    return ", ".join([*names[:MOST_NAMED], *more])


def _records(found: NetworkDifference) -> Table:
    keys = ("module", "a_class", "b_class", "status", "madds", "params")
    sides = [f"{side}_{key}" for key in ("madds", "params") for side in ("a", "b")]
    data = [
        [
            *(part.path, *part.kinds, part.status, part.madds, part.params),
            *(side and getattr(side, key) for key in ("madds", "params") for side in (part.a, part.b)),
        ]
        for part in found.modules
    ]
    return Table([Column("", key) for key in (*keys, *sides)], data)


def _json(found: NetworkDifference) -> dict[str, Any]:
    return {
        "schema": JSON_SCHEMA,
        "a": _network_json(found.a),
        "b": _network_json(found.b),
        "convention": found.a.convention.name,
        "unit": found.a.convention.unit,
        **_numbers(found.whole),
        "modules": [
            {
                "module": part.path,
                "class": dict(zip("ab", part.kinds, strict=True)),
                "status": part.status,
                **_numbers(part),
            }
            for part in found.modules
        ],
    }


def _network_json(bill: Ledger) -> dict[str, Any]:
    return {"name": bill.name, "input": list(bill.inputs)}


def _numbers(part: ModuleDifference) -> dict[str, dict[str, int | None]]:
    return {
        key: {"a": getattr(part.a, key, None), "b": getattr(part.b, key, None), "difference": getattr(part, key)}
        for key in ("madds", "params")
    }
