"""`extends`, patches and `--set`: merge a later tree into an earlier one."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from mfprofile.errors import SpecError
from mfprofile.spec.document import MAX_DEPTH, Node, is_text, parse, plain
from mfprofile.spec.problems import Mark, Problem
from mfprofile.spec.sources import as_typed, find, read
from mfprofile.spec.words import decoded

MAX_CHAIN = 50

# Two keys for the same setting. Giving one of them in a patch removes the inherited other.
_ALTERNATIVES = {"exp": "expand", "expand": "exp"}
# Top-level keys for which `none` is a value. For all other keys, `none` in a patch removes the inherited key.
_NONE_IS_A_VALUE = {"head", "former"}


def overlay(base: Node, patch: Node, problems: list[Problem], path: tuple[str, ...] = ()) -> Node:
    """Return `base` with `patch` applied: maps merge, a map patches entries of a list, any other value replaces.

    `none` removes an inherited key, except where `none` is a value. A patch of a missing entry is added to `problems`
    and changes nothing.
    """
    if isinstance(patch.value, dict) and {"from", "to"} <= set(patch.value):
        return patch  # a range replaces any inherited choice
    if isinstance(patch.value, dict) and isinstance(base.value, dict):
        kept = {key: node for key, node in base.value.items() if not _superseded(key, patch.value)}
        for key, node in patch.value.items():
            kept[key] = overlay(kept[key], node, problems, (*path, key)) if key in kept else node
        removed = {key: node.mark for key, node in kept.items() if _removed(key, node, path)}
        left = {key: node for key, node in kept.items() if key not in removed}
        return Node(left, patch.mark, patch.key, {**base.removed, **removed})
    if isinstance(patch.value, dict) and isinstance(base.value, list):
        return _patched(base, base.value, patch.value, problems, path)
    return patch


def _superseded(key: str, patch: dict[str, Node]) -> bool:
    return _ALTERNATIVES.get(key) in patch and key not in patch


def _removed(key: str, node: Node, path: tuple[str, ...]) -> bool:
    return node.value == "none" and (bool(path) or key not in _NONE_IS_A_VALUE)


def _patched(
    base: Node, entries: list[Node], patch: dict[str, Node], problems: list[Problem], path: tuple[str, ...]
) -> Node:
    result = list(entries)
    for key, node in patch.items():
        if key.isdecimal() and len(key) < 6 and 1 <= int(key) <= len(entries):
            result[int(key) - 1] = overlay(entries[int(key) - 1], node, problems, (*path, key))
        else:
            rule = f"no such entry: {'.'.join(path)} has entries 1 to {len(entries)}"
            problems.append(Problem(node.key, ".".join((*path, key)), rule))
    return Node(result, base.mark, base.key)


def extended(root: Node, folder: Path, seen: tuple[Path, ...] = ()) -> tuple[Node, list[Problem]]:
    """Return the tree merged with all specs that it extends, and the problems that do not stop the reader.

    `folder` is the folder of the file. The marks of a spec have a lower layer than those of the spec that extends it.
    Raises `SpecError` for a base that does not exist, and for a cycle.
    """
    if not isinstance(root.value, dict) or "extends" not in root.value:
        return root, []
    reference = root.value["extends"]
    if not isinstance(reference.value, str):
        rule = "must be the name of a shipped spec, or a path"
        raise SpecError([Problem(reference.mark, "extends", rule, plain(reference))])
    file = resolved(find(reference.value, folder, reference.mark, "extends"))
    if file in seen:
        rule = f"is circular: {' → '.join(step.name for step in (*seen, file))}"
        raise SpecError([Problem(reference.mark, "extends", rule, reference.value)])
    if len(seen) >= MAX_CHAIN:
        raise SpecError([Problem(reference.mark, "extends", f"is a chain of more than {MAX_CHAIN} files")])
    base, problems = _base(file, reference, root.mark.layer - 1)
    base, deeper = extended(base, file.parent, (*seen, file))
    own = Node({key: node for key, node in root.value.items() if key != "extends"}, root.mark, root.key)
    problems = [*problems, *deeper]
    return overlay(base, own, problems), problems


def _base(file: Path, reference: Node, layer: int) -> tuple[Node, list[Problem]]:
    """Return the tree and the problems of a base. An error without a line in it is reported at the `extends` key."""
    try:
        return read(file, as_typed(file), layer)
    except SpecError as error:
        rules = [(problem.rule, problem.remedy) for problem in error.problems if problem.mark.line is None]
        if not rules:
            raise
        mark, name = reference.mark, reference.value
        raise SpecError([Problem(mark, "extends", rule, name, remedy) for rule, remedy in rules]) from None


def resolved(file: Path) -> Path:
    """Return the file's path with all links followed. A circular link, which cannot be read, stays as it is."""
    return Path(os.path.realpath(file))


class Setting(NamedTuple):
    """A change of one key, `key.path=value` with the value as YAML, and the name of its source in messages."""

    text: str
    source: str


def assignments(settings: Iterable[str | Setting], problems: list[Problem]) -> Iterator[Node]:
    """Yield a patch for each setting; a plain text is a value of `--set`. Errors are added to `problems`."""
    for layer, each in enumerate(settings, start=1):
        setting = Setting(each, f"--set {each}") if isinstance(each, str) else each
        try:
            yield _assignment(setting.text, Mark(setting.source, layer=layer))
        except SpecError as error:
            problems += [problem._replace(mark=Mark(setting.source)) for problem in error.problems]


def _assignment(setting: str, mark: Mark) -> Node:
    """Return the patch of a setting. Raises `SpecError` if it does not have the form KEY=VALUE."""
    setting = decoded(setting)
    key, equals, text = setting.partition("=")
    parts = key.strip().split(".")
    if not equals or not all(parts) or parts == ["extends"]:
        raise SpecError([Problem(mark, "", "must be KEY=VALUE, as in tokens.dim=128 or blocks.8.out=112")])
    if not is_text(setting):
        raise SpecError([Problem(mark, "", "is not UTF-8 text")])
    if len(parts) > MAX_DEPTH:
        raise SpecError([Problem(mark, "", f"is nested deeper than {MAX_DEPTH} levels")])
    node, problems = parse(text.strip() or '""', mark.source)
    if problems:
        raise SpecError([problem._replace(path=".".join((*parts, problem.path))) for problem in problems])
    return _nested(parts, _without_place(node, mark))


def _nested(parts: list[str], node: Node) -> Node:
    for part in reversed(parts):
        node = Node({part: node}, node.mark, node.mark)
    return node


def _without_place(node: Node, mark: Mark) -> Node:
    """Return the tree with its setting as the only place: lines and columns mean nothing on a command line."""
    value = node.value
    if isinstance(value, dict):
        value = {key: _without_place(item, mark) for key, item in value.items()}
    elif isinstance(value, list):
        value = [_without_place(item, mark) for item in value]
    return Node(value, mark, mark)
