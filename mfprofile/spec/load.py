"""Read a name, a path, standard input or a mapping into a validated `Spec`. All errors are reported at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mfprofile.errors import MOST_PROBLEMS, InputError, SpecError
from mfprofile.spec.document import Node, locate, plain, tree_of
from mfprofile.spec.merge import Setting, assignments, extended, overlay, resolved
from mfprofile.spec.model import Spec
from mfprofile.spec.origin import problem_of
from mfprofile.spec.problems import MISSING, Mark, Problem, dotted
from mfprofile.spec.rules import breaches
from mfprofile.spec.sources import as_typed, find, read, read_stdin
from mfprofile.spec.width import scaled
from mfprofile.spec.words import printable
from mfprofile.spec.writing import mapping

if TYPE_CHECKING:
    from pydantic import TypeAdapter


def load(source: str | Path | Mapping[str, Any] | Spec, settings: Sequence[str | Setting] = ()) -> Spec:
    """Return the validated spec for a shipped name, a path, `-` (standard input), or a mapping as in a YAML file.

    `settings` are `key.path=value` assignments as for `--set`, applied in order. Raises `SpecError`, whose text has one
    line for each broken rule: the place, the key, its value, the rule and, if there is one, the remedy.

    >>> load("mf294m", ["tokens.dim=128"]).tokens.dim
    128
    """
    return located(source, settings)[0]


def located(source: str | Path | Mapping[str, Any] | Spec, settings: Sequence[str | Setting] = ()) -> tuple[Spec, Node]:
    """Return the spec as `load` does, and the tree it was read from, which stores where each key was written."""
    name, root, problems = tree(source, settings)
    return validated(root, name, problems), root


def tree(
    source: str | Path | Mapping[str, Any] | Spec, settings: Sequence[str | Setting] = (), of_space: bool = False
) -> tuple[str, Node, list[Problem]]:
    """Return the name, the tree after `extends` and `settings`, and the problems that do not stop the reader.

    `of_space` says that a space is meant, for the remedy of a name that does not exist.
    """
    if isinstance(settings, str):
        raise InputError(f"settings must be a list of KEY=VALUE, not a single string; use [{settings!r}]")
    name, root, problems = _opened(source, of_space)
    for patch in assignments(settings, problems):
        root = overlay(root, patch, problems)
    return name, root, problems


def _opened(source: str | Path | Mapping[str, Any] | Spec, of_space: bool) -> tuple[str, Node, list[Problem]]:
    """Return the same as `tree`, before any settings."""
    if isinstance(source, Spec):
        return source.name, tree_of(mapping(source), source.name or "spec"), []
    if isinstance(source, Mapping):
        root, problems = extended(tree_of(source, "spec"), Path())
        return "spec", root, problems
    if not isinstance(source, str | Path):
        kind = type(source).__name__
        raise InputError(f"a spec must be a name, a path, a mapping or a Spec, not a value of type {kind}")
    reference = str(source)
    seen: tuple[Path, ...] = ()
    if reference == "-":
        (root, problems), folder, name = read_stdin(), Path(), "stdin"
    else:
        file = find(reference, Path(), Mark(reference if reference.strip() else f"'{reference}'"), "", of_space)
        root, problems = read(file, reference if file == Path(reference) else as_typed(file))
        folder, seen, name = file.parent, (resolved(file),), printable(file.stem)
    root, deeper = extended(root, folder, seen)
    return name, root, [*problems, *deeper]


def replaced(spec: Spec, changes: Mapping[str, Any]) -> Spec:
    """Return the validated spec with `changes` applied as a patch (see `Spec.replace`)."""
    name = spec.name or "spec"
    problems: list[Problem] = []
    change = tree_of(changes, Mark("change", layer=1))
    return validated(overlay(tree_of(mapping(spec), name), change, problems), spec.name, problems)


def validated(root: Node, name: str, problems: Sequence[Problem]) -> Spec:
    """Return the `Spec` of a tree without `extends`. Raises `SpecError` for `problems` and all other broken rules."""
    empty = {problem.path: problem for problem in empty_values(root)}
    reported = [*problems, *empty.values()]
    data = plain(root)
    if not isinstance(data, dict):
        raise SpecError([*reported, Problem(root.mark, "", "must be a map of keys such as 'stem' and 'blocks'", data)])
    if "name" in data:
        mark, remedy = locate(root, ("name",), at_key=True), "remove it: the spec has the name of its file"
        reported.append(Problem(mark, "name", "unknown key", remedy=remedy))
    spec, faults = typed(data, root, name)
    broken: Iterable[Problem] = ()
    if spec is not None and spec.width != 1:
        broken = _broken(mapping(scaled(spec)), root, f" (after width {spec.width})")
    elif spec is not None or type(data.get("width")) not in (int, float):
        broken = _broken(data, root)
    reported += [fault for fault in faults if fault.path not in empty]
    paths = {problem.path for problem in reported}  # one message is enough for a value of a wrong type or size
    reported += [problem for problem in chain(broken, _invalid_limits(data, root)) if problem.path not in paths]
    if reported:
        raise SpecError(sorted(reported, key=_place))
    assert spec is not None
    return spec


def empty_values(node: Node, path: str = "") -> Iterator[Problem]:
    """Yield a problem for each key or list entry without a value; `plain` skips these."""
    if isinstance(node.value, dict):
        children = [(str(key), child) for key, child in node.value.items()]
    elif isinstance(node.value, list):
        children = [(str(number), child) for number, child in enumerate(node.value, start=1)]
    else:
        return
    for name, child in children:
        inner = f"{path}.{name}" if path else name
        if child.value is None:
            yield Problem(child.key, inner, "is empty", remedy="give it a value, or remove it")
        yield from empty_values(child, inner)


def typed(data: dict[str, Any], root: Node, name: str) -> tuple[Spec | None, list[Problem]]:
    """Return the `Spec` of a tree's plain values, or the problems of type and size. Other rules are not checked."""
    from pydantic import ValidationError

    try:
        return _adapter().validate_python({**data, "name": name}), []
    except ValidationError as error:
        from mfprofile.spec.complaints import complaint

        return None, [complaint(each, root) for each in error.errors(include_url=False)[: MOST_PROBLEMS + 1]]


@cache
def _adapter() -> TypeAdapter[Spec]:
    from pydantic import TypeAdapter

    return TypeAdapter(Spec)


def _broken(data: Mapping[str, Any], root: Node, when: str = "") -> Iterator[Problem]:
    yield from (problem_of(breach, root, when) for breach in islice(breaches(data), MOST_PROBLEMS + 1))


def _invalid_limits(data: Mapping[str, Any], root: Node) -> Iterator[Problem]:
    """Yield a problem for each entry under `budget` that is not a valid limit."""
    budget = data.get("budget")
    if not isinstance(budget, dict):
        return
    from mfprofile.spec.limits import Fault, bounds

    for fault in islice((item for item in bounds(budget) if isinstance(item, Fault)), MOST_PROBLEMS + 1):
        path = ("budget", *fault.path)
        mark, value = locate(root, path, fault.at_key), MISSING if fault.at_key else fault.value
        yield Problem(mark, dotted(path), fault.rule, value, fault.remedy)


def _place(problem: Problem) -> tuple[str, int, int]:
    return problem.mark.source, problem.mark.line or 0, problem.mark.column or 0
