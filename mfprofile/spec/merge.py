"""`extends`, patches and `--set`: later trees laid over earlier ones."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from mfprofile.spec.document import MAX_DEPTH, Node, is_text, parse, plain
from mfprofile.spec.problems import Mark, Problem, SpecError
from mfprofile.spec.sources import as_typed, find, read

MAX_CHAIN = 50

# Two ways to say the same: giving one in a patch takes the inherited other away.
_RIVALS = {"exp": "expand", "expand": "exp"}
# Keys of the spec itself where `none` says something; elsewhere in a patch it takes the inherited key away.
_NONE_MEANS = {"head", "former"}


def overlay(base: Node, patch: Node, problems: list[Problem], path: tuple[str, ...] = ()) -> Node:
    """Return `base` with `patch` over it: maps merge, all else replaces, and a map over a list patches its entries.

    `none` takes an inherited key away where the word has no meaning of its own. What cannot be patched is added to
    `problems` and left as it was.
    """
    if isinstance(patch.value, dict) and {"from", "to"} <= set(patch.value):
        return patch  # a range is a choice of its own, whatever choice stood there
    if isinstance(patch.value, dict) and isinstance(base.value, dict):
        kept = {key: node for key, node in base.value.items() if not _superseded(key, patch.value)}
        for key, node in patch.value.items():
            kept[key] = overlay(kept[key], node, problems, (*path, key)) if key in kept else node
        return Node({key: node for key, node in kept.items() if not _removed(key, node, path)}, patch.mark, patch.key)
    if isinstance(patch.value, dict) and isinstance(base.value, list):
        return _patched(base, base.value, patch.value, problems, path)
    return patch


def _superseded(key: str, patch: dict[str, Node]) -> bool:
    return _RIVALS.get(key) in patch and key not in patch


def _removed(key: str, node: Node, path: tuple[str, ...]) -> bool:
    return node.value == "none" and (bool(path) or key not in _NONE_MEANS)


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
    """Follow `extends` down to the first spec and lay each over the one before; `folder` is that of the file.

    Returns what one can read past, too. Raises `SpecError` for a base that does not exist or a cycle.
    """
    if not isinstance(root.value, dict) or "extends" not in root.value:
        return root, []
    reference = root.value["extends"]
    if not isinstance(reference.value, str):
        rule = "must be the name of a spec that ships, or a path"
        raise SpecError([Problem(reference.mark, "extends", rule, plain(reference))])
    file = resolved(find(reference.value, folder, reference.mark, "extends"))
    if file in seen:
        rule = f"goes in a circle: {' → '.join(step.name for step in (*seen, file))}"
        raise SpecError([Problem(reference.mark, "extends", rule, reference.value)])
    if len(seen) >= MAX_CHAIN:
        raise SpecError([Problem(reference.mark, "extends", f"goes through more than {MAX_CHAIN} files")])
    base, problems = read(file, as_typed(file))
    base, deeper = extended(base, file.parent, (*seen, file))
    own = Node({key: node for key, node in root.value.items() if key != "extends"}, root.mark, root.key)
    found = [*problems, *deeper]
    return overlay(base, own, found), found


def resolved(file: Path) -> Path:
    """Return the file itself, links followed; a link in a circle, which cannot be read, stays as it is."""
    return Path(os.path.realpath(file))


class Setting(NamedTuple):
    """A change of one key, `key.path=value` with the value as YAML, and how messages name where it was given."""

    text: str
    source: str


def assignments(settings: Iterable[str | Setting], problems: list[Problem]) -> Iterator[Node]:
    """Yield a patch for each setting, a text being as of `--set`; what is wrong goes to `problems`."""
    for each in settings:
        setting = Setting(each, f"--set {each}") if isinstance(each, str) else each
        try:
            yield _assignment(*setting)
        except SpecError as error:
            problems += [problem._replace(mark=Mark(setting.source)) for problem in error.problems]


def _assignment(setting: str, source: str) -> Node:
    """Return the patch of a setting; raises `SpecError` for one that is not of that form."""
    key, equals, text = setting.partition("=")
    parts = key.strip().split(".")
    if not equals or not all(parts) or parts == ["extends"]:
        raise SpecError([Problem(Mark(source), "", "must be KEY=VALUE, as in tokens.dim=128 or blocks.8.out=112")])
    if not is_text(setting):
        raise SpecError([Problem(Mark(source), "", "is not UTF-8 text")])
    if len(parts) > MAX_DEPTH:
        raise SpecError([Problem(Mark(source), "", f"is deeper than {MAX_DEPTH} levels")])
    node, problems = parse(text.strip() or '""', source)
    if problems:
        raise SpecError([problem._replace(path=".".join((*parts, problem.path))) for problem in problems])
    return _nested(parts, _without_place(node, source))


def _nested(parts: list[str], node: Node) -> Node:
    for part in reversed(parts):
        node = Node({part: node}, node.mark, node.mark)
    return node


def _without_place(node: Node, source: str) -> Node:
    """Return the tree marked with its setting alone: lines and columns of a command line help nobody."""
    value = node.value
    if isinstance(value, dict):
        value = {key: _without_place(item, source) for key, item in value.items()}
    elif isinstance(value, list):
        value = [_without_place(item, source) for item in value]
    return Node(value, Mark(source), Mark(source))
