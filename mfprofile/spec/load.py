"""A name, a path, a stream or a mapping to a validated `Spec`, with every error of the file at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mfprofile.spec.document import Node, locate, plain, plant
from mfprofile.spec.merge import Setting, assignments, extended, overlay, resolved
from mfprofile.spec.model import Spec
from mfprofile.spec.problems import MISSING, MOST_PROBLEMS, InputError, Mark, Problem, SpecError, dotted
from mfprofile.spec.rules import breaches
from mfprofile.spec.sources import find, read, read_stdin
from mfprofile.spec.width import scaled
from mfprofile.spec.words import printable
from mfprofile.spec.writing import mapping

if TYPE_CHECKING:
    from pydantic import TypeAdapter


def load(source: str | Path | Mapping[str, Any] | Spec, settings: Sequence[str | Setting] = ()) -> Spec:
    """Return the validated spec of a shipped name, a path, `-` for standard input, or a mapping as YAML would give it.

    `settings` are `key.path=value` assignments as of `--set`, laid over it in turn. Raises `SpecError`, whose text has
    a line for each broken rule: where, which key, its value, the rule and, where there is one, the remedy.

    >>> load("mf294m", ["tokens.dim=128"]).tokens.dim
    128
    """
    return located(source, settings)[0]


def located(source: str | Path | Mapping[str, Any] | Spec, settings: Sequence[str | Setting] = ()) -> tuple[Spec, Node]:
    """Return what `load` does, and the tree that it was read from, which knows where each key was written."""
    name, root, problems = tree(source, settings)
    return validated(root, name, problems), root


def tree(
    source: str | Path | Mapping[str, Any] | Spec, settings: Sequence[str | Setting] = ()
) -> tuple[str, Node, list[Problem]]:
    """Return the name, the tree with `extends` followed and `settings` laid over, and what one can read past."""
    if isinstance(settings, str):
        raise InputError(f"settings are a list of KEY=VALUE, not one text: write [{settings!r}]")
    name, root, problems = _opened(source)
    for patch in assignments(settings, problems):
        root = overlay(root, patch, problems)
    return name, root, problems


def _opened(source: str | Path | Mapping[str, Any] | Spec) -> tuple[str, Node, list[Problem]]:
    """Return `tree` before any settings."""
    if isinstance(source, Spec):
        return source.name, plant(mapping(source), source.name or "spec"), []
    if isinstance(source, Mapping):
        root, problems = extended(plant(source, "spec"), Path())
        return "spec", root, problems
    if not isinstance(source, str | Path):
        raise InputError(f"a spec is a name, a path, a mapping or a Spec, not a value of type {type(source).__name__}")
    reference = str(source)
    seen: tuple[Path, ...] = ()
    if reference == "-":
        (root, problems), folder, name = read_stdin(), Path(), "stdin"
    else:
        file = find(reference, Path(), Mark(reference or "''"), "")
        root, problems = read(file, reference if file == Path(reference) else file.name)
        folder, seen, name = file.parent, (resolved(file),), printable(file.stem)
    root, deeper = extended(root, folder, seen)
    return name, root, [*problems, *deeper]


def replaced(spec: Spec, changes: Mapping[str, Any]) -> Spec:
    """Return the spec with `changes` laid over it as a patch, validated (see `Spec.replace`)."""
    name = spec.name or "spec"
    problems: list[Problem] = []
    return validated(overlay(plant(mapping(spec), name), plant(changes, "change"), problems), spec.name, problems)


def validated(root: Node, name: str, problems: Sequence[Problem]) -> Spec:
    """Return the `Spec` of a tree without `extends`; raises `SpecError` with `problems` and all that is found here."""
    empty = {problem.path: problem for problem in _empty(root)}
    found = [*problems, *empty.values()]
    data = plain(root)
    if not isinstance(data, dict):
        raise SpecError([*found, Problem(root.mark, "", "must be a map of keys such as 'stem' and 'blocks'", data)])
    if "name" in data:
        found.append(Problem(locate(root, ("name",), at_key=True), "name", "unknown key", remedy="name the file"))
    spec, faults = typed(data, root, name)
    broken: Iterable[Problem] = ()
    if spec is not None and spec.width != 1:
        broken = _broken(mapping(scaled(spec)), root, f" (after width {spec.width})")
    elif spec is not None or type(data.get("width")) not in (int, float):
        broken = _broken(data, root)
    found += [fault for fault in faults if fault.path not in empty]
    told = {problem.path for problem in found}  # of a value that is of the wrong type or size one message is enough
    found += [problem for problem in chain(broken, _without_limit(data, root)) if problem.path not in told]
    if found:
        raise SpecError(sorted(found, key=_place))
    assert spec is not None
    return spec


def _empty(node: Node, path: str = "") -> Iterator[Problem]:
    """Yield a problem for each key or entry without a value; `plain` leaves them out."""
    if isinstance(node.value, dict):
        children = [(str(key), child) for key, child in node.value.items()]
    elif isinstance(node.value, list):
        children = [(str(number), child) for number, child in enumerate(node.value, start=1)]
    else:
        return
    for name, child in children:
        inner = f"{path}.{name}" if path else name
        if child.value is None:
            yield Problem(child.key, inner, "is empty", remedy="give a value, or leave the key away")
        yield from _empty(child, inner)


def typed(data: dict[str, Any], root: Node, name: str) -> tuple[Spec | None, list[Problem]]:
    """Return the `Spec` of a tree's plain values, or what is of a wrong type or size; no other rule is asked."""
    from pydantic import ValidationError

    try:
        return _adapter().validate_python({**data, "name": name}), []
    except ValidationError as error:
        from mfprofile.spec.complaints import complaint

        return None, [complaint(fault, root) for fault in error.errors(include_url=False)[: MOST_PROBLEMS + 1]]


@cache
def _adapter() -> TypeAdapter[Spec]:
    from pydantic import TypeAdapter

    return TypeAdapter(Spec)


def _broken(data: Mapping[str, Any], root: Node, when: str = "") -> Iterator[Problem]:
    for path, value, rule, remedy in islice(breaches(data), MOST_PROBLEMS + 1):
        yield Problem(locate(root, path), dotted(path), rule + when, MISSING if value is None else value, remedy)


def _without_limit(data: Mapping[str, Any], root: Node) -> Iterator[Problem]:
    """Yield a problem for each thing under `budget` that is no limit."""
    budget = data.get("budget")
    if not isinstance(budget, dict):
        return
    from mfprofile.spec.limits import Fault, bounds

    for fault in islice((one for one in bounds(budget) if isinstance(one, Fault)), MOST_PROBLEMS + 1):
        path = ("budget", *fault.path)
        mark, value = locate(root, path, fault.at_key), MISSING if fault.at_key else fault.value
        yield Problem(mark, dotted(path), fault.rule, value, fault.remedy)


def _place(problem: Problem) -> tuple[str, int, int]:
    return problem.mark.source, problem.mark.line or 0, problem.mark.column or 0
