"""A space: a spec in which values may be choices, read and checked with the same care as a spec.

A choice is a list, `[16, 24, 32]`, or a range, `{from: 16, to: 48, step: 8}`. The choices of the stem, of each block
and of the head sit on a chain, whose state is the width between blocks; all others are globals. What is no chain (a
block of stride 2 that may be left out moves the resolution of all behind it) is a global as well.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

from mfprofile.spec.document import Node, locate, plain
from mfprofile.spec.load import tree, typed
from mfprofile.spec.merge import Setting
from mfprofile.spec.model import MAX_BLOCKS
from mfprofile.spec.problems import MISSING, InputError, Problem, SpecError, dotted

MAX_VALUES = 4096

Place: TypeAlias = tuple[str | int, ...]
"""Where a value stands: keys, and entries of lists from 0."""

_FIXED = {"stride": "the resolution", "block": "the kind of block", "name": "a name"}
_NO_SPACE = ("budget", "require", "detector", "extends")


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice: where it stands and the values that it may take, plain as YAML gives them."""

    path: Place
    values: tuple[Any, ...]

    @property
    def name(self) -> str:
        """Return the path as users write it: `blocks.8.out`."""
        return dotted(self.path)


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """A space: `data` is the spec's mapping with each choice's first value, the choices are by their place.

    `stem`, `blocks` (a tuple for each entry) and `head` are those on the chain, `outer` are the globals. `tree` has the
    lines for messages.
    """

    name: str
    data: Mapping[str, Any]
    tree: Node
    stem: tuple[Choice, ...]
    blocks: tuple[tuple[Choice, ...], ...]
    head: tuple[Choice, ...]
    outer: tuple[Choice, ...]

    @property
    def choices(self) -> list[Choice]:
        """Return all choices, in the order of the globals, the stem, the blocks, the head."""
        return [*self.outer, *self.stem, *(choice for entry in self.blocks for choice in entry), *self.head]


def read_space(source: str | Path | Mapping[str, Any], settings: Sequence[str | Setting] = ()) -> Space:
    """Return the space of a shipped name, a path, `-` or a mapping, with `settings` as of `--set` laid over it.

    A spec without choices is a space of one variant. Raises `SpecError` for every choice that is malformed, holds a
    value that no spec may hold there, or stands where none may; whether values fit together is not asked here.
    """
    name, root, problems = tree(source, settings)
    found: dict[Place, list[Node]] = {}
    try:
        first = _first(root, (), found, problems)
    except RecursionError:  # pragma: no cover - the reader limits depth
        raise InputError("the space is nested too deep") from None
    problems += _wrong(first, name, found)
    if problems:
        unlike = {str(problem): problem for problem in problems}
        raise SpecError(sorted(unlike.values(), key=lambda problem: (problem.mark.line or 0, problem.path)))
    data = plain(first)
    assert isinstance(data, dict)
    choices = [Choice(path, tuple(plain(node) for node in nodes)) for path, nodes in found.items()]
    _refuse_unsure(data, choices, root)
    return _sorted(name, data, first, choices)


def with_values(data: Mapping[str, Any], values: Mapping[Place, Any]) -> dict[str, Any]:
    """Return a copy of a spec's mapping with the values of choices put in."""
    result: dict[str, Any] = copy.deepcopy(dict(data))
    for path, value in values.items():
        inner: Any = result
        for part in path[:-1]:
            inner = inner[part]
        inner[path[-1]] = copy.deepcopy(value)
    return result


def _first(node: Node, path: Place, found: dict[Place, list[Node]], problems: list[Problem]) -> Node:
    """Return the tree with the first value of each choice; each choice's nodes go to `found`."""
    if path and path[0] in _NO_SPACE:
        return node
    if path and path != ("blocks",) and (isinstance(node.value, list) or _is_range(node)):
        found[path] = [Node(item.value, item.mark, node.key) for item in _values(node, path, problems)]
        return found[path][0] if found[path] else Node(None, node.mark, node.key)
    if isinstance(node.value, dict):
        items = {key: _first(item, (*path, key), found, problems) for key, item in node.value.items()}
        return Node(items, node.mark, node.key)
    if isinstance(node.value, list):
        entries = [_first(item, (*path, at), found, problems) for at, item in enumerate(node.value)]
        return Node(entries, node.mark, node.key)
    return node


def _is_range(node: Node) -> bool:
    return isinstance(node.value, dict) and bool({"from", "to"} & set(node.value))


def _values(node: Node, path: Place, problems: list[Problem]) -> list[Node]:
    """Return a choice's values; what is wrong with it goes to `problems`."""

    def wrong(rule: str, at: Node = node, value: object = MISSING, remedy: str = "") -> None:
        problems.append(Problem(at.mark, dotted(path), rule, value, remedy))

    if path[-1] in _FIXED:
        wrong(f"{_FIXED[str(path[-1])]} is no choice: it must be one value in all variants", value=plain(node))
        return []
    values = node.value if isinstance(node.value, list) else _ranged(node, wrong)
    if isinstance(node.value, list) and not values:
        wrong("is an empty list: a choice has at least one value")
    if len(values) > MAX_VALUES:
        wrong(f"has {len(values):,} values, more than {MAX_VALUES:,}")
        return []
    seen: list[object] = []
    for value in values:
        if isinstance(value.value, list) or _is_range(value) or _holds_choice(value):
            wrong("is a choice within a choice", value, plain(value), "list the combinations")
        elif (key := (type(plain(value)), plain(value))) in seen:
            wrong("stands twice in the list", value, plain(value), "keep one of them")
        else:
            seen.append(key)
    return list(values) if len(seen) == len(values) else []


def _holds_choice(node: Node) -> bool:
    if not isinstance(node.value, dict):
        return False
    return any(isinstance(item.value, list) or _is_range(item) or _holds_choice(item) for item in node.value.values())


def _ranged(node: Node, wrong: Any) -> list[Node]:
    """Return the values of `{from: 16, to: 48, step: 8}`, both ends included."""
    assert isinstance(node.value, dict)
    given = {key: item.value for key, item in node.value.items()}
    unknown = sorted(set(given) - {"from", "to", "step"})
    if unknown or not {"from", "to"} <= set(given):
        wrong("a range is {from: FIRST, to: LAST, step: STEP}", value=plain(node))
        return []
    first, last, step = (_number(given.get(key, 1)) for key in ("from", "to", "step"))
    if first is None or last is None or step is None or step <= 0 or last < first:
        wrong("a range goes up in numbers: from ≤ to, step above 0", value=plain(node))
        return []
    if (last - first) / step >= MAX_VALUES:
        wrong(f"has more than {MAX_VALUES:,} values", value=plain(node))
        return []
    steps = range(int((last - first) / step) + 1)
    return [Node(_as_number(first + step * at), node.mark, node.key) for at in steps]


def _number(value: object) -> Decimal | None:
    return Decimal(str(value)) if type(value) in (int, float) else None


def _as_number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def _wrong(first: Node, name: str, found: Mapping[Place, list[Node]]) -> Iterator[Problem]:
    """Yield what no spec may hold: in the tree of first values, then in each other value by itself."""
    data = plain(first)
    if not isinstance(data, dict):
        yield Problem(first.mark, "", "must be a map of keys such as 'stem' and 'blocks'", data)
        return
    if "name" in data:
        yield Problem(locate(first, ("name",), at_key=True), "name", "unknown key", remedy="name the file")
    malformed = tuple(dotted(path) for path, nodes in found.items() if not nodes)
    _, faults = typed(data, first, name)
    faults = [fault for fault in faults if not fault.path.startswith(malformed)]
    yield from faults
    for path, nodes in found.items():
        for node in nodes[1:]:
            changed = _planted(first, path, node)
            _, faults = typed(plain(changed), changed, name)  # type: ignore[arg-type]
            yield from (fault for fault in faults if fault.path.startswith(dotted(path)))


def _planted(root: Node, path: Place, node: Node) -> Node:
    if not path:
        return node
    part, value = path[0], root.value
    if isinstance(value, dict):
        return Node({**value, str(part): _planted(value[str(part)], path[1:], node)}, root.mark, root.key)
    assert isinstance(value, list) and isinstance(part, int)
    return Node([*value[:part], _planted(value[part], path[1:], node), *value[part + 1 :]], root.mark, root.key)


def _refuse_unsure(data: Mapping[str, Any], choices: Sequence[Choice], root: Node) -> None:
    """Raise `SpecError` where what is explored would not be a chain of blocks that is sure to have one."""
    if data.get("detector") is not None:
        rule = "a detector is not explored: its pyramid ties the widths of three stages"
        raise SpecError([Problem(locate(root, ("detector",)), "detector", rule, data["detector"], "leave it away")])
    repeats = {choice.path[1]: choice.values for choice in choices if choice.path[-1] == "repeat"}
    times = [repeats.get(at, (block.get("repeat", 1),)) for at, block in enumerate(data["blocks"])]
    if all(0 in values for values in times):
        rule = "every block may be left out: at least one must be laid out in all variants"
        raise SpecError([Problem(locate(root, ("blocks",)), "blocks", rule, remedy="take 0 out of one 'repeat'")])
    most = sum(max(values) for values in times)
    if most > MAX_BLOCKS:
        raise SpecError([Problem(locate(root, ("blocks",)), "blocks", f"may lay out {most}, more than {MAX_BLOCKS}")])


def _sorted(name: str, data: dict[str, Any], root: Node, choices: Sequence[Choice]) -> Space:
    """Return the space with its choices by place."""
    blocks: list[list[Choice]] = [[] for _ in data["blocks"]]
    stem: list[Choice] = []
    head: list[Choice] = []
    outer: list[Choice] = []
    for choice in choices:
        path = choice.path
        if path[0] == "blocks" and not _moves_resolution(data, path):
            blocks[int(path[1])].append(choice)
        elif path[0] in ("head", "classes"):
            head.append(choice)
        else:
            (stem if path[0] == "stem" else outer).append(choice)
    entries = tuple(tuple(sorted(entry, key=lambda choice: str(choice.path[-1]))) for entry in blocks)
    return Space(name, data, root, tuple(stem), entries, tuple(head), tuple(outer))


def _moves_resolution(data: Mapping[str, Any], path: Place) -> bool:
    block = data["blocks"][path[1]]
    return path[-1] == "repeat" and (block["block"] == "mf-down" or block.get("stride") == 2)
