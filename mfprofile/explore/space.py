"""Read a space: a spec in which values can be choices. It is checked as strictly as a spec.

The choices of the stem, of each entry of `blocks` and of the head are on the chain: the only state between two entries
is the width, the number of channels. All other choices are global. The choice of whether a block of stride 2 is there
is also global, because it changes the resolution of all blocks after it.

A list in place of a section, or of a whole block, is one choice: each of its values is a map, an alternative. The
alternatives of a block have one kind and one stride.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from mfprofile.errors import InputError, SpecError
from mfprofile.explore.choices import is_choice, values_of
from mfprofile.explore.required import missing_keys
from mfprofile.notebook import in_short, shown_as
from mfprofile.spec.document import Node, locate, plain
from mfprofile.spec.equality import equal, hash_of
from mfprofile.spec.load import empty_values, tree, typed
from mfprofile.spec.merge import Setting
from mfprofile.spec.model import MAX_BLOCKS, Spec
from mfprofile.spec.origin import origin
from mfprofile.spec.problems import Problem, dotted

Place: TypeAlias = tuple[str | int, ...]
"""The path of a value in a spec: keys, and indices of list entries from 0."""

_NO_CHOICES = ("budget", "require", "detector", "extends")  # sections in which a list is not a choice


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice: its path in the spec and its possible values, as plain YAML values."""

    path: Place
    values: tuple[Any, ...]

    @property
    def repeats(self) -> tuple[int, ...]:
        """Return the possible values of the `repeat` of a block, if this choice decides it."""
        if self.path[-1] == "repeat":
            return self.values
        return tuple(block.get("repeat", 1) for block in self.values) if is_block(self.path) else ()

    @property
    def name(self) -> str:
        """Return the path as users write it, with list entries from 1: `blocks.8.out`."""
        return dotted(self.path)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Space:
    """A space: the mapping of a spec, and its choices.

    `data` is the mapping with the first value of each choice. `stem`, `blocks` (one tuple for each entry of the spec's
    `blocks`) and `head` are the choices on the chain. `global_choices` are all others. `tree` has the source lines for
    messages; equal spaces may have different ones.
    """

    name: str
    data: Mapping[str, Any]
    tree: Node = field(compare=False)
    stem: tuple[Choice, ...]
    blocks: tuple[tuple[Choice, ...], ...]
    head: tuple[Choice, ...]
    global_choices: tuple[Choice, ...]

    @property
    def choices(self) -> list[Choice]:
        """Return all choices in this order: global, stem, blocks, head."""
        return [*self.global_choices, *self.stem, *(choice for entry in self.blocks for choice in entry), *self.head]

    def __repr__(self) -> str:
        return f"Space({in_short(self.name)}, choices={len(self.choices)})"

    _repr_html_ = shown_as("space")

    __eq__ = equal
    __hash__ = hash_of


def read_space(source: str | Path | Mapping[str, Any], settings: Sequence[str | Setting] = ()) -> Space:
    """Return the space of a shipped name, a path, `-` (stdin) or a mapping, changed by `settings` as in `--set`.

    A spec without choices is a space with one variant. Raises `SpecError` with every choice that is malformed, has an
    invalid value, or is in a place that cannot vary. This function does not check whether values fit together.
    """
    name, root, problems = tree(source, settings, of_space=True)
    value_nodes: dict[Place, list[Node]] = {}
    try:
        first = _first_values(root, (), value_nodes, problems)
    except RecursionError:  # pragma: no cover - the reader limits depth
        raise InputError("the space is nested too deeply") from None
    empty = list(empty_values(root))
    reported = {problem.path for problem in empty}
    problems += [*empty, *(fault for fault in _invalid_values(first, name, value_nodes) if fault.path not in reported)]
    problems += missing_keys(root)
    if problems:
        distinct = {str(problem): problem for problem in problems}
        raise SpecError(sorted(distinct.values(), key=lambda problem: (problem.mark.line or 0, problem.path)))
    data = plain(first)
    assert isinstance(data, dict)
    choices = [Choice(path, _different_values(first, name, path, nodes)) for path, nodes in value_nodes.items()]
    _refuse_unsupported(data, choices, root)
    return _grouped(name, data, first, choices)


def is_block(path: Place) -> bool:
    """Return whether a path is that of a whole entry of `blocks`."""
    return len(path) == 2 and path[0] == "blocks"


def with_values(data: Mapping[str, Any], values: Mapping[Place, Any]) -> dict[str, Any]:
    """Return a copy of a spec's mapping in which each path of `values` has its new value."""
    result: dict[str, Any] = copy.deepcopy(dict(data))
    for path, value in values.items():
        inner: Any = result
        for part in path[:-1]:
            inner = inner[part]
        inner[path[-1]] = copy.deepcopy(value)
    return result


def _first_values(node: Node, path: Place, value_nodes: dict[Place, list[Node]], problems: list[Problem]) -> Node:
    """Return the tree with the first value of each choice, and add the nodes of all its values to `value_nodes`."""
    if path and path[0] in _NO_CHOICES:
        return node
    if is_choice(node, path):
        value_nodes[path] = [Node(item.value, item.mark, node.key) for item in values_of(node, path, problems)]
        return value_nodes[path][0] if value_nodes[path] else Node(None, node.mark, node.key)
    if isinstance(node.value, dict):
        items = {key: _first_values(item, (*path, key), value_nodes, problems) for key, item in node.value.items()}
        return Node(items, node.mark, node.key, node.removed)
    if isinstance(node.value, list):
        entries = [_first_values(item, (*path, at), value_nodes, problems) for at, item in enumerate(node.value)]
        return Node(entries, node.mark, node.key)
    return node


def _invalid_values(first: Node, name: str, value_nodes: Mapping[Place, list[Node]]) -> Iterator[Problem]:
    """Yield the problems of the tree of first values, then those of each other value, one value at a time."""
    data = plain(first)
    if not isinstance(data, dict):
        yield Problem(first.mark, "", "must be a map of keys such as 'stem' and 'blocks'", data)
        return
    if "name" in data:
        remedy = "remove it: the name of the file is the name of the space"
        yield Problem(locate(first, ("name",), at_key=True), "name", "unknown key", remedy=remedy)
    malformed = [path for path, nodes in value_nodes.items() if not nodes]
    _, faults = typed(data, first, name)
    yield from (fault for fault in faults if not any(_is_within(fault, path) for path in malformed))
    for path, nodes in value_nodes.items():
        for node in nodes[1:]:
            changed = with_node(first, path, node)
            _, faults = typed(plain(changed), changed, name)  # type: ignore[arg-type]
            yield from (fault for fault in faults if _is_within(fault, path))


def _is_within(problem: Problem, path: Place) -> bool:
    """Return whether a problem is that of the value at a path, or of a value inside it."""
    return problem.path == dotted(path) or problem.path.startswith(f"{dotted(path)}.")


def _different_values(first: Node, name: str, path: Place, nodes: Sequence[Node]) -> tuple[Any, ...]:
    """Return the values of a choice; of several ways to write one value, such as 64 and 64x64, only the first."""
    values = [plain(node) for node in nodes]
    if {type(value) for value in values} in ({int}, {float}, {str}, {bool}):
        return tuple(values)
    by_meaning: dict[Spec | None, Any] = {}
    for node, value in zip(nodes, values, strict=True):
        changed = with_node(first, path, node)
        spec, _ = typed(plain(changed), changed, name)  # type: ignore[arg-type]
        by_meaning.setdefault(spec, value)
    return tuple(by_meaning.values())


def with_node(root: Node, path: Place, node: Node) -> Node:
    """Return the tree with another node at a path."""
    if not path:
        return node
    part, value = path[0], root.value
    if isinstance(value, dict):
        return Node({**value, str(part): with_node(value[str(part)], path[1:], node)}, root.mark, root.key)
    assert isinstance(value, list) and isinstance(part, int)
    return Node([*value[:part], with_node(value[part], path[1:], node), *value[part + 1 :]], root.mark, root.key)


def _refuse_unsupported(data: Mapping[str, Any], choices: Sequence[Choice], root: Node) -> None:
    """Raise `SpecError` for a space with a detector, with a variant without blocks, or with too many blocks."""
    if data.get("detector") is not None:
        rule = "a space cannot have a detector: its pyramid connects the widths of three stages"
        mark, cause = origin(root, ("detector",), [choice.path for choice in choices])
        raise SpecError([Problem(mark, "detector", rule, data["detector"], "remove it", cause)])
    repeats = {choice.path[1]: choice.repeats for choice in choices if choice.repeats}
    mark, cause = origin(root, ("blocks",), [choice.path for choice in choices if choice.repeats])
    times = [repeats.get(at, (block.get("repeat", 1),)) for at, block in enumerate(data["blocks"])]
    if all(0 in values for values in times):
        rule = "'repeat' can be 0 in every block: at least one block must be in all variants"
        raise SpecError([Problem(mark, "blocks", rule, remedy="remove 0 from one 'repeat'", cause=cause)])
    most = sum(max(values) for values in times)
    if most > MAX_BLOCKS:
        rule = f"a variant can have {most} blocks, more than {MAX_BLOCKS}"
        raise SpecError([Problem(mark, "blocks", rule, cause=cause)])


def _grouped(name: str, data: dict[str, Any], root: Node, choices: Sequence[Choice]) -> Space:
    """Return the space, with its choices grouped into stem, blocks, head and global choices."""
    blocks: list[list[Choice]] = [[] for _ in data["blocks"]]
    stem: list[Choice] = []
    head: list[Choice] = []
    global_choices: list[Choice] = []
    for choice in choices:
        path = choice.path
        if path[0] == "blocks" and not _moves_resolution(data, choice):
            blocks[int(path[1])].append(choice)
        elif path[0] in ("head", "classes"):
            head.append(choice)
        else:
            (stem if path[0] == "stem" else global_choices).append(choice)
    entries = tuple(tuple(sorted(entry, key=lambda choice: str(choice.path[-1]))) for entry in blocks)
    return Space(name, data, root, tuple(stem), entries, tuple(head), tuple(global_choices))


def _moves_resolution(data: Mapping[str, Any], choice: Choice) -> bool:
    """Return whether a choice of a block decides if a block of stride 2 is there."""
    block = data["blocks"][choice.path[1]]
    return len(set(map(bool, choice.repeats))) > 1 and (block["block"] == "mf-down" or block.get("stride") == 2)
