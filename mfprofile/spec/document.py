"""Read YAML text, or a Python mapping, into a tree of nodes. Each node stores where it was written.

The reader is stricter than YAML 1.1: `no`, `on`, `010` and `3:30` are text. It reads events from PyYAML, not objects.
This checks size, depth, aliases and duplicate keys before any value is built.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any, TypeAlias

import yaml

from mfprofile.errors import SpecError
from mfprofile.spec.problems import Mark, Problem

Scalar: TypeAlias = str | int | float | bool | None
Value: TypeAlias = "Scalar | dict[str, Node] | list[Node]"

MAX_BYTES = 1 << 20
MAX_DEPTH = 12
MAX_DIGITS = 30
_TOO_DEEP_RULE = f"is nested deeper than {MAX_DEPTH} levels"

_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*(_[0-9]{3})*)")
_SURROGATE = re.compile("[\ud800-\udfff]")  # Python's stand-in for a byte of the command line that is not UTF-8
_DECIMAL = re.compile(r"[-+]?[0-9]*\.[0-9]+")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TOO_DEEP = "maximum nesting depth"
"""Part of libyaml's error (PyYAML 6.0.4) for deep nesting. libyaml reads ahead, so the error comes before the events
that the message needs. PyYAML's own reader yields these events."""


@dataclass(frozen=True, slots=True)
class Node:
    """A value, the place where it begins, and the place of its key (the same place if there is no key).

    `removed` has the places where inherited keys of this map were removed.
    """

    value: Value
    mark: Mark
    key: Mark
    removed: Mapping[str, Mark] = field(default_factory=dict)


def parse(text: str, source: str, layer: int = 0) -> tuple[Node, list[Problem]]:
    """Return the tree of one YAML document, and the problems that do not stop the reader, such as a duplicate key.

    `source` is the name of the text in messages, `layer` that of its marks. Raises `SpecError` if the text is not
    valid YAML, is empty, has more than one document, is nested deeper than `MAX_DEPTH`, or uses anchors, aliases or
    tags.
    """
    try:
        return _read(text, Mark(source, layer=layer), _LOADER)
    except yaml.MarkedYAMLError as error:
        place = error.problem_mark or error.context_mark
        mark = Mark(source, place.line + 1, place.column + 1) if place else Mark(source)
        raise SpecError([Problem(mark, "", f"is not valid YAML: {error.problem or error.context}")]) from None
    except yaml.YAMLError as error:
        raise SpecError([Problem(Mark(source), "", f"is not valid YAML: {str(error).splitlines()[0]}")]) from None
    except UnicodeEncodeError:
        raise SpecError([Problem(Mark(source), "", "is not UTF-8 text")]) from None


def _read(text: str, source: Mark, loader: Any) -> tuple[Node, list[Problem]]:
    try:
        reader = _Reader(yaml.parse(text, Loader=loader), source)
        return reader.document(), reader.problems
    except yaml.MarkedYAMLError as error:
        if loader is yaml.SafeLoader or _TOO_DEEP not in str(error.problem):
            raise
        return _read(text, source, yaml.SafeLoader)


def tree_of(value: object, source: str | Mark, path: tuple[str, ...] = ()) -> Node:
    """Return the tree of a Python mapping. Keys become strings, and NumPy's scalars become Python's.

    `source` is the name of the mapping in messages, or the mark of all its values.
    """
    mark = Mark(source) if isinstance(source, str) else source
    if len(path) > MAX_DEPTH:
        raise SpecError([Problem(mark, ".".join(path[:4]) + "…", _TOO_DEEP_RULE)])
    if isinstance(value, Mapping):
        items = {_key_of(key, mark, path): tree_of(item, mark, (*path, str(key))) for key, item in value.items()}
        if len(items) < len(value):
            raise SpecError([Problem(mark, ".".join(path), "has a key both as a number and as text")])
        return Node(items, mark, mark)
    if isinstance(value, list | tuple):
        return Node([tree_of(item, mark, (*path, str(n))) for n, item in enumerate(value, start=1)], mark, mark)
    return Node(_scalar_of(value, mark, ".".join(path)), mark, mark)


def _key_of(key: object, mark: Mark, path: tuple[str, ...]) -> str:
    if is_text(str(key)):
        return str(key)
    raise SpecError([Problem(mark, ".".join(path), "has a key that is not UTF-8 text")])


def is_text(text: str) -> bool:
    """Return whether the text can be written as UTF-8."""
    return not _SURROGATE.search(text)


def _scalar_of(value: object, mark: Mark, path: str) -> Scalar:
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        value = value.item()
    if isinstance(value, Integral) and not isinstance(value, bool):
        value = int(value)
    if isinstance(value, int) and abs(value) >= 10**MAX_DIGITS:
        raise SpecError([Problem(mark, path, f"has more than {MAX_DIGITS} digits")])
    if isinstance(value, str) and not is_text(value):
        raise SpecError([Problem(mark, path, "is not UTF-8 text")])
    if value is None or isinstance(value, str | int | float):
        return value
    raise SpecError([Problem(mark, path, f"a spec cannot contain a value of type {type(value).__name__}")])


def plain(node: Node) -> object:
    """Return the tree's values without their places: dicts, lists and scalars. Keys without a value are skipped."""
    if isinstance(node.value, dict):
        return {key: plain(item) for key, item in node.value.items() if item.value is not None}
    if isinstance(node.value, list):
        return [plain(item) for item in node.value]
    return node.value


def locate(root: Node, path: tuple[str | int, ...], at_key: bool = False) -> Mark:
    """Return the place of the value (or of the key) at `path`, of its removal, or of its nearest parent that exists."""
    node = root
    for part in path:
        child = _child(node, part)
        if child is None:
            return node.removed.get(str(part), node.mark)
        node = child
    return node.key if at_key else node.mark


def written(root: Node, path: tuple[str | int, ...]) -> Node | None:
    """Return the node at `path`, a node with the value `none` if the key was removed, or None if it is not written."""
    node = root
    for at, part in enumerate(path, start=1):
        child = _child(node, part)
        if child is None:
            mark = node.removed.get(str(part)) if at == len(path) else None
            return None if mark is None else Node("none", mark, mark)
        node = child
    return node


def _child(node: Node, part: str | int) -> Node | None:
    if isinstance(node.value, dict):
        return node.value.get(str(part))
    if isinstance(node.value, list) and isinstance(part, int) and part < len(node.value):
        return node.value[part]
    return None


def scalar(text: str) -> Scalar:
    """Return the value of a plain scalar: a whole number, a decimal, true, false, null, or else the text.

    >>> [scalar(text) for text in ("16", "300_000", "0.75", "no", "010", "3:30", "294e6")]
    [16, 300000, 0.75, 'no', '010', '3:30', '294e6']
    """
    if text in _WORDS:
        return _WORDS[text]
    if len(text) <= MAX_DIGITS and _WHOLE.fullmatch(text):
        return int(text)
    if len(text) <= MAX_DIGITS and _DECIMAL.fullmatch(text):
        return float(text)
    return text


class _Reader:
    """Builds nodes from PyYAML's events."""

    def __init__(self, events: Iterator[yaml.Event], source: Mark) -> None:
        self.events = events
        self.source = source
        self.problems: list[Problem] = []

    def document(self) -> Node:
        event = next(self.events)
        while not isinstance(event, yaml.NodeEvent):
            if isinstance(event, yaml.StreamEndEvent):
                raise self.error(event, "", "is empty", "a spec is a map of keys such as 'stem' and 'blocks'")
            event = next(self.events)
        root = self.node(event, (), None)
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                raise self.error(event, "", "has a second document", "put each spec in its own file")
        return root

    def node(self, event: yaml.Event, path: tuple[str, ...], key: Mark | None) -> Node:
        self.check(event, ".".join(path))
        if len(path) > MAX_DEPTH:
            raise self.error(event, ".".join(path[:4]) + "…", _TOO_DEEP_RULE)
        mark = self.mark(event)
        return Node(self.value(event, path), mark, key or mark)

    def check(self, event: yaml.Event, name: str) -> None:
        tag = getattr(event, "tag", None)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            rule, remedy = "anchors and aliases are not supported", "write the value itself, or use 'extends'"
            raise self.error(event, name, rule, remedy)
        if tag not in (None, "!"):
            raise self.error(event, name, f"the tag {tag[:40]} is not supported", "remove it")

    def value(self, event: yaml.Event, path: tuple[str, ...]) -> Value:
        if isinstance(event, yaml.ScalarEvent):
            return scalar(event.value) if event.implicit[0] else event.value
        return self.mapping(path) if isinstance(event, yaml.MappingStartEvent) else self.sequence(path)

    def mapping(self, path: tuple[str, ...]) -> dict[str, Node]:
        items: dict[str, Node] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise self.error(event, ".".join(path), "a key must be a single word")
            self.check(event, ".".join(path))
            inner, key = (*path, event.value), self.mark(event)
            node = self.node(next(self.events), inner, key)
            first = items.setdefault(event.value, node)
            if first is not node:
                rule = f"duplicate key, first given on line {first.key.line}"
                self.problems.append(Problem(key, ".".join(inner), rule, remedy="keep one of them"))
        return items

    def sequence(self, path: tuple[str, ...]) -> list[Node]:
        items: list[Node] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.node(event, (*path, str(len(items) + 1)), None))
        return items

    def mark(self, event: yaml.Event) -> Mark:
        start = event.start_mark
        return self.source._replace(line=start.line + 1, column=start.column + 1) if start else self.source

    def error(self, event: yaml.Event, path: str, rule: str, remedy: str = "") -> SpecError:
        return SpecError([Problem(self.mark(event), path, rule, remedy=remedy)])
