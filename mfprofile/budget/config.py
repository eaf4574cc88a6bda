"""`[tool.mfprofile.budgets]` of a pyproject.toml: limits by globs of specs.

[tool.mfprofile.budgets."specs/*.yaml"]
max.madds = "300M"
max.former.madds = "10%"
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePath
from typing import Any

from mfprofile.budget.limits import Limit, limit_of
from mfprofile.errors import InputError, SpecError
from mfprofile.spec.limits import Fault, bounds
from mfprofile.spec.problems import MISSING, Mark, Problem
from mfprofile.spec.sources import as_typed, is_target, shipped
from mfprofile.spec.words import instead

NAME = "pyproject.toml"
_TABLE = ("tool", "mfprofile", "budgets")


@dataclass(frozen=True, slots=True)
class Config:
    """The budgets of one file: the limits of each glob. Globs are relative to the file's `folder`."""

    folder: Path
    budgets: Mapping[str, Sequence[Limit]]

    def limits(self, reference: str, name: str) -> Iterator[Limit]:
        """Yield the limits of each glob that matches the name or the path of a spec."""
        for glob, limits in self.budgets.items():
            if fnmatchcase(name, glob) or matches(self._path(reference), glob):
                yield from limits

    def unmatched(self) -> Iterator[str]:
        """Yield the globs that match no file and no shipped spec, and do not name code.

        Most likely they are misspelled.
        """
        for glob in self.budgets:
            is_known = is_target(glob) or any(fnmatchcase(name, glob) for name in shipped())
            if not is_known and not self._matches_file(glob):
                yield glob

    def _matches_file(self, glob: str) -> bool:
        try:
            return any(self.folder.glob(glob))
        except (NotImplementedError, ValueError, OSError, RecursionError):  # absolute, or one that pathlib cannot read
            return Path(glob).is_absolute()

    def _path(self, reference: str) -> PurePath:
        path = (Path.cwd() / reference).resolve()
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


def find_config(start: Path) -> Config | None:
    """Return the budgets of the nearest pyproject.toml with a [tool.mfprofile], in `start` or above, or None."""
    for folder in (start, *start.parents):
        file = folder / NAME
        if file.is_file():
            text = _text(file, as_typed(file))
            if "mfprofile" in text and (config := _config(file, text)) is not None:
                return config
    return None


def read_config(file: Path) -> Config:
    """Return the budgets of a given file. Raise `InputError` if it has none."""
    config = _config(file, _text(file, str(file)), str(file))
    if config is None:
        raise InputError(f"{file}: has no [{'.'.join(_TABLE)}]")
    return config


def _text(file: Path, label: str) -> str:
    try:
        return file.read_bytes().decode("utf-8")
    except OSError as error:
        raise InputError(f"{label}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise InputError(f"{label}: is not UTF-8 text") from None


def _config(file: Path, text: str, label: str = "") -> Config | None:
    """Return the file's budgets, or None without a [tool.mfprofile]. Raise `SpecError` with all its problems."""
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
        raise InputError(f"{label}: tool.mfprofile: must be a table with 'budgets'")
    problems: list[Problem] = []
    budgets = {glob: list(_limits(glob, budget, label, text, problems)) for glob, budget in _tables(own, label)}
    if problems:
        raise SpecError(problems)
    return Config(file.resolve().parent, budgets)


def _long_number(text: str, label: str) -> Problem:
    """Return the problem of the longest number of a text."""
    longest = max(re.finditer(r"[0-9_]+", text), key=lambda match: match.end() - match.start())
    start = longest.start()
    mark = Mark(label, text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start))
    return Problem(mark, "", "has a number that is too long to read", remedy="use a smaller number")


def _tables(own: Mapping[str, Any], label: str) -> Iterator[tuple[str, Any]]:
    """Yield each glob with its limits. Raise `InputError` for any other key, since its limits would be ignored."""
    for key in own:
        if key != _TABLE[-1]:
            raise InputError(f"{label}: tool.mfprofile.{key}: unknown key; {instead(key, _TABLE[-1:])}")
    budgets = own.get(_TABLE[-1], {})
    if not isinstance(budgets, dict):
        raise InputError(f"{label}: {'.'.join(_TABLE)}: must be a table of globs, each with its limits")
    yield from budgets.items()


def _limits(glob: str, budget: object, label: str, text: str, problems: list[Problem]) -> Iterator[Limit]:
    if not isinstance(budget, dict):
        rule = "must be a table of limits, as in '{max = {madds = \"300M\"}}'"
        problems.append(Problem(_mark(text, label, (glob,)), _dotted(glob), rule, budget))
        return
    for bound in bounds(budget):
        mark = _mark(text, label, (glob, *bound.path))
        if isinstance(bound, Fault):
            value = MISSING if bound.at_key else bound.value
            problems.append(Problem(mark, _dotted(glob, *bound.path), bound.rule, value, bound.remedy))
        else:
            yield limit_of(bound, mark)


def _dotted(glob: str, *path: str) -> str:
    return ".".join((*_TABLE, f'"{glob}"', *path))


def _mark(text: str, label: str, path: Sequence[str]) -> Mark:
    """Return the position of a key. Each part of its path is searched after the part before it.

    TOML's reader has no positions. If a part cannot be found as it is written, the mark is that of the part before.
    """
    place = start = 0
    for part in ("budgets", *path):
        key = re.compile(rf"(?<![\w-])(['\"]?){re.escape(part)}\1(?![\w-])")
        match = next((each for each in key.finditer(text, place) if not _in_comment(text, each.start())), None)
        if match is None:
            break
        start, place = match.span()
    return Mark(label, text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start))


def _in_comment(text: str, place: int) -> bool:
    return text[text.rfind("\n", 0, place) + 1 : place].lstrip().startswith("#")
