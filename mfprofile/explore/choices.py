"""Read the values of one choice: a list, `[16, 24, 32]`, or a range, `{from: 16, to: 48, step: 8}`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from mfprofile.spec.document import Node, plain
from mfprofile.spec.problems import MISSING, Problem, dotted

MAX_VALUES = 4096

_FIXED = {"stride": "the resolution", "block": "the kind of block", "name": "a name"}


def is_choice(node: Node, path: Sequence[str | int]) -> bool:
    """Return whether the value at a path is a choice. A list in place of a block is one, the list of blocks is not."""
    return bool(path) and tuple(path) != ("blocks",) and (isinstance(node.value, list) or _is_range(node))


def values_of(node: Node, path: tuple[str | int, ...], problems: list[Problem]) -> list[Node]:
    """Return the values of a choice, and add what is invalid about it to `problems`; then the list is empty."""
    before = len(problems)

    def report(rule: str, at: Node = node, value: object = MISSING, remedy: str = "") -> None:
        problems.append(Problem(at.mark, dotted(path), rule, value, remedy))

    if path[-1] in _FIXED:
        rule = f"{_FIXED[str(path[-1])]} cannot be a choice"
        report(rule, value=plain(node), remedy="use one value in all variants")
        return []
    values = node.value if isinstance(node.value, list) else _range_values(node, report)
    if isinstance(node.value, list) and not values:
        report("is an empty list", remedy="give at least one value")
    if len(values) > MAX_VALUES:
        report(f"has {len(values):,} values, more than {MAX_VALUES:,}")
        return []
    _check_values(values, report)
    if len(path) == 2 and path[0] == "blocks":
        _check_alternatives(values, report)
    are_empty = any(value.value is None for value in values)  # reported as empty with all other empty values
    return [] if are_empty or len(problems) > before else list(values)


def _check_values(values: Sequence[Node], report: Callable[..., None]) -> None:
    """Report each value that is itself a choice, or that the list has twice."""
    seen: list[object] = []
    for value in values:
        if isinstance(value.value, list) or _is_range(value) or _holds_choice(value):
            report("is a choice inside a choice", value, plain(value), "list the combinations")
        elif (key := (type(plain(value)), plain(value))) in seen:
            report("is in the list twice", value, plain(value), "remove one of them")
        else:
            seen.append(key)


def _check_alternatives(values: Sequence[Node], report: Callable[..., None]) -> None:
    """Report the alternatives of a block that are of another kind, or of another stride, than the first."""
    blocks = [(value, data) for value in values if isinstance(data := plain(value), dict) and "block" in data]
    for value, data in blocks[1:]:
        first = blocks[0][1]
        if data["block"] != first["block"]:
            rule, remedy = "the kind of block cannot be a choice", "use one kind in all alternatives"
            report(rule, value.value["block"], data["block"], remedy)  # type: ignore[call-overload, index]
        elif _stride(data) != _stride(first):
            rule, remedy = "the resolution cannot be a choice", "use one stride in all alternatives"
            report(rule, value, data, remedy)


def _stride(block: dict[str, Any]) -> object:
    return block.get("stride", 2 if block["block"] == "mf-down" else 1)


def _is_range(node: Node) -> bool:
    return isinstance(node.value, dict) and bool({"from", "to"} & set(node.value))


def _holds_choice(node: Node) -> bool:
    if not isinstance(node.value, dict):
        return False
    return any(isinstance(item.value, list) or _is_range(item) or _holds_choice(item) for item in node.value.values())


def _range_values(node: Node, report: Callable[..., None]) -> list[Node]:
    """Return the values of a range such as `{from: 16, to: 48, step: 8}`, both ends included."""
    assert isinstance(node.value, dict)
    given = {key: item.value for key, item in node.value.items()}
    if not {"from", "to"} <= set(given) <= {"from", "to", "step"}:
        report("a range must be {from: FIRST, to: LAST, step: STEP}", value=plain(node))
        return []
    first, last, step = (_number(given.get(key, 1)) for key in ("from", "to", "step"))
    if first is None or last is None or step is None or step <= 0 or last < first:
        report("a range must have numbers with from ≤ to and step > 0", value=plain(node))
        return []
    if (last - first) / step >= MAX_VALUES:
        report(f"has more than {MAX_VALUES:,} values", value=plain(node))
        return []
    steps = range(int((last - first) / step) + 1)
    return [Node(_as_number(first + step * at), node.mark, node.key) for at in steps]


def _number(value: object) -> Decimal | None:
    return Decimal(str(value)) if type(value) in (int, float) else None


def _as_number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
