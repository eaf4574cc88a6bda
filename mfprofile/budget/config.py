"""`[tool.mfprofile]` of a pyproject.toml: limits by globs of specs, options of networks in code, a latency model.

[tool.mfprofile.budgets."specs/*.yaml"]
convention = "core"
max.madds = "300M"
max.former.madds = "10%"
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import reduce
from pathlib import Path, PurePath
from typing import Any

from mfprofile.budget.code_options import NO_OPTIONS, CodeOptions, read_options
from mfprofile.budget.latency import KEY, NamedModel, model_in
from mfprofile.budget.limits import Limit, limit_of
from mfprofile.budget.toml_places import mark_of
from mfprofile.errors import InputError, SpecError
from mfprofile.spec.limits import Fault, bounds, convention_of
from mfprofile.spec.problems import MISSING, Mark, Problem
from mfprofile.spec.reading import read_bytes
from mfprofile.spec.sources import as_typed, is_model_file, is_target, shipped, working_folder
from mfprofile.spec.words import instead

NAME = "pyproject.toml"
_KEYS = ("budgets", "targets", KEY)


@dataclass(frozen=True, slots=True)
class Config:
    """What one file says: in `budgets` the limits of each glob, in `targets` the options of each network in code.

    Globs are relative to the file's `folder`. `conventions` has the convention of each glob of limits that gives one.
    `model` is the latency model, if the file names one.
    """

    folder: Path
    budgets: Mapping[str, Sequence[Limit]]
    conventions: Mapping[str, str]
    targets: Mapping[str, CodeOptions]
    model: NamedModel | None = None

    def limits(self, reference: str, name: str) -> Iterator[Limit]:
        """Yield the limits of each glob that matches the name or the path of a spec."""
        for glob, limits in self.budgets.items():
            if self._matches(glob, reference, name):
                yield from limits

    def convention(self, reference: str, name: str) -> str:
        """Return the convention of the first glob that matches a network and gives one, or ''."""
        named = (convention for glob, convention in self.conventions.items() if self._matches(glob, reference, name))
        return next(named, "")

    def unmatched(self) -> Iterator[str]:
        """Yield the globs of budgets that match no file and no shipped spec, and do not name code.

        Most likely they are misspelled.
        """
        for glob in self.budgets:
            is_code = is_target(glob) and not is_model_file(glob)
            is_known = is_code or any(fnmatchcase(name, glob) for name in shipped())
            if not is_known and not self._matches_file(glob):
                yield glob

    def unmatched_targets(self) -> Iterator[str]:
        """Yield the targets in files that do not exist."""
        for target in self.targets:
            source = target if is_model_file(target) else target.rpartition(":")[0]
            if (source.endswith(".py") or is_model_file(source)) and not self._matches_file(source):
                yield target

    def options(self, target: str) -> CodeOptions:
        """Return the options of a network in code. Of several tables that match it, a later one changes the earlier."""
        matching = (options for glob, options in self.targets.items() if self._matches(glob, target, target))
        return reduce(CodeOptions.changed_by, matching, NO_OPTIONS)

    def _matches(self, glob: str, reference: str, name: str) -> bool:
        return fnmatchcase(name, glob) or matches(self._path(reference), glob)

    def _matches_file(self, glob: str) -> bool:
        try:
            return any(self.folder.glob(glob))
        except (NotImplementedError, ValueError, OSError, RecursionError):  # absolute, or one that pathlib cannot read
            return Path(glob).is_absolute()

    def _path(self, reference: str) -> PurePath:
        path = ((working_folder() or self.folder) / reference).resolve()
        return path.relative_to(self.folder) if path.is_relative_to(self.folder) else path


def matches(path: PurePath, glob: str) -> bool:
    """Return whether a glob matches the whole path: `*` within a folder, `**` across any number of folders.

    >>> matches(PurePath("specs/a/b.yaml"), "specs/*.yaml"), matches(PurePath("specs/a/b.yaml"), "specs/**/*.yaml")
    (False, True)
    """
    return _match(path.parts, PurePath(glob).parts)


def _match(parts: Sequence[str], globs: Sequence[str]) -> bool:
    ends = {0}  # the numbers of parts that the globs so far can match
    for glob in globs:
        if glob == "**":
            ends = {at for at in range(len(parts) + 1) if ends and at >= min(ends)}
        else:
            ends = {at + 1 for at in ends if at < len(parts) and fnmatchcase(parts[at], glob)}
    return len(parts) in ends


def nearest_config() -> Config | None:
    """Return what `find_config` returns for the working folder, or None if that has been deleted."""
    folder = working_folder()
    return None if folder is None else find_config(folder)


def find_config(start: Path) -> Config | None:
    """Return what the nearest pyproject.toml says with a [tool.mfprofile], in `start` or above, or None."""
    for folder in (start, *start.parents):
        file = folder / NAME
        if file.is_file():
            text = _text(file, as_typed(file))
            if "mfprofile" in text and (config := _config(file, text)) is not None:
                return config
    return None


def read_config(file: Path) -> Config:
    """Return what a given file says. Raise `InputError` if it has no [tool.mfprofile]."""
    config = _config(file, _text(file, str(file)), str(file))
    if config is None:
        raise InputError(f"{file}: has no [tool.mfprofile.budgets]")
    return config


def _text(file: Path, label: str) -> str:
    raw = read_bytes(file.absolute(), label)  # a file with the name - is not standard input
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{label}: is not UTF-8 text") from None


def _config(file: Path, text: str, label: str = "") -> Config | None:
    """Return what the file says, or None without a [tool.mfprofile]. Raise `SpecError` with all its problems."""
    import tomllib

    label = label or as_typed(file)
    try:
        own = tomllib.loads(text).get("tool", {}).get("mfprofile")
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{label}: is not TOML: {error}") from None
    except ValueError:  # Python refuses to read very long numbers
        raise SpecError([_long_number(text, label)]) from None
    except AttributeError:
        raise InputError(f"{label}: tool: must be a table") from None
    if own is None:
        return None
    if not isinstance(own, dict):
        raise InputError(f"{label}: tool.mfprofile: must be a table with 'budgets' or 'targets'")
    problems: list[Problem] = []
    tables = _table(own, "budgets", "globs, each with its limits", label)
    budgets = {glob: list(_limits(glob, budget, label, text, problems)) for glob, budget in tables.items()}
    named = {glob: convention_of(budget) for glob, budget in tables.items() if isinstance(budget, dict)}
    codes = _table(own, "targets", "networks in code, each with 'input', 'arg' and other options", label)
    targets = {target: _options(target, table, label, text, problems) for target, table in codes.items()}
    if problems:
        raise SpecError(problems)
    conventions = {glob: convention for glob, convention in named.items() if convention}
    return Config(file.resolve().parent, budgets, conventions, targets, model_in(own, text, file, label))


def _long_number(text: str, label: str) -> Problem:
    """Return the problem of the longest number of a text."""
    longest = max(re.finditer(r"[0-9_]+", text), key=lambda match: match.end() - match.start())
    start = longest.start()
    mark = Mark(label, text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start))
    return Problem(mark, "", "has a number that is too long to read", remedy="use a smaller number")


def _table(own: Mapping[str, Any], name: str, of: str, label: str) -> Mapping[str, Any]:
    """Return one of the tables. Raise `InputError` for a key that is none, since what it says would be ignored."""
    for key in own:
        if key not in _KEYS:
            raise InputError(f"{label}: tool.mfprofile.{key}: unknown key; {instead(key, _KEYS)}")
    table = own.get(name, {})
    if not isinstance(table, dict):
        raise InputError(f"{label}: tool.mfprofile.{name}: must be a table of {of}")
    return table


def _options(target: str, table: object, label: str, text: str, problems: list[Problem]) -> CodeOptions:
    def mark(*path: str) -> Mark:
        return mark_of(text, label, ("targets", target, *path))

    def refuse(path: Sequence[str], rule: str, value: object) -> None:
        at = MISSING if value is None else value
        problems.append(Problem(mark(*path), _dotted("targets", target, *path), rule, at))

    if ":" not in target and not is_model_file(target):
        refuse((), "is not a network in code; write path/file.py:Class, package.module:factory or timm:NAME", None)
    return read_options(table, lambda key: f"{mark(key)}: {_dotted('targets', target, key)}", refuse)


def _limits(glob: str, budget: object, label: str, text: str, problems: list[Problem]) -> Iterator[Limit]:
    if not isinstance(budget, dict):
        rule = "must be a table of limits, as in '{max = {madds = \"300M\"}}'"
        problems.append(Problem(mark_of(text, label, ("budgets", glob)), _dotted("budgets", glob), rule, budget))
        return
    for bound in bounds(budget):
        mark = mark_of(text, label, ("budgets", glob, *bound.path))
        if isinstance(bound, Fault):
            value = MISSING if bound.at_key else bound.value
            problems.append(Problem(mark, _dotted("budgets", glob, *bound.path), bound.rule, value, bound.remedy))
        else:
            yield limit_of(bound, mark)


def _dotted(table: str, glob: str, *path: str) -> str:
    return ".".join(("tool.mfprofile", table, f'"{glob}"', *path))
