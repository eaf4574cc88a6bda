"""What `[tool.mfprofile]` of a pyproject.toml says: budgets of specs, options of networks in code, defaults.

A budget is named by a glob of specs, or has a name and `specs`, a list of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import reduce
from glob import escape
from pathlib import Path, PurePath

from mfprofile.budget.code_options import NO_OPTIONS, CodeOptions
from mfprofile.budget.latency import NamedModel
from mfprofile.budget.limits import Limit
from mfprofile.errors import InputError
from mfprofile.spec.sources import as_typed, is_model_file, is_target, shipped, working_folder
from mfprofile.spec.words import instead, printable

_WILD = "*?["


@dataclass(frozen=True, slots=True)
class Config:
    """What one file says: in `budgets` the limits of each budget, in `targets` the options of each network in code.

    `patterns` has the specs of each budget: globs, names and targets, relative to the file's `folder`. `conventions`
    has the convention of each budget that gives one, and `default` that of all other limits, or ''. `model` is the
    latency model, if the file names one. `chosen` are the budgets of --budget: these apply to all networks of a check,
    and no others do.
    """

    folder: Path
    budgets: Mapping[str, Sequence[Limit]]
    patterns: Mapping[str, Sequence[str]]
    conventions: Mapping[str, str]
    targets: Mapping[str, CodeOptions]
    model: NamedModel | None = None
    default: str = ""
    chosen: Sequence[str] = ()

    def choosing(self, names: Sequence[str]) -> Config:
        """Return the same with these budgets chosen. Raise `InputError` for one that the file does not have."""
        for name in names:
            if name not in self.budgets:
                remedy = instead(name, self.budgets) if self.budgets else "the file has none"
                raise InputError(f"--budget {printable(name)}: tool.mfprofile.budgets has no such budget; {remedy}")
        return replace(self, chosen=tuple(names))

    def limits(self, reference: str, name: str) -> Iterator[Limit]:
        """Yield the limits of each budget for a network, by its reference and its name."""
        for budget in self._budgets_of(reference, name):
            yield from self.budgets[budget]

    def convention(self, reference: str, name: str) -> str:
        """Return the convention of the first budget for a network that gives one, else the file's own, or ''."""
        named = (self.conventions[each] for each in self._budgets_of(reference, name) if each in self.conventions)
        return next(named, self.default)

    def references(self) -> list[str]:
        """Return the networks that the budgets name, as they would be given on the command line, each once."""
        names = self.chosen or self.budgets
        patterns = dict.fromkeys(each for name in names for each in self.patterns[name])
        return list(dict.fromkeys(reference for pattern in patterns for reference in self._named(pattern)))

    def unmatched(self) -> Iterator[str]:
        """Yield the patterns of budgets that match no file and no shipped spec, and do not name code.

        Most likely they are misspelled. A name that is chosen is none.
        """
        patterns = ((name, each) for name in self.chosen or self.budgets for each in self.patterns[name])
        for pattern in dict.fromkeys(each for name, each in patterns if each not in self.chosen):
            is_code = is_target(pattern) and not is_model_file(pattern)
            if not is_code and not _is_shipped(pattern) and not self._matches_file(pattern):
                yield pattern

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

    def _budgets_of(self, reference: str, name: str) -> Iterator[str]:
        """Yield the names of the budgets for a network."""
        if self.chosen:
            yield from self.chosen
            return
        for budget in self.budgets:
            if any(self._matches(pattern, reference, name) for pattern in self.patterns[budget]):
                yield budget

    def _named(self, pattern: str) -> Iterator[str]:
        """Yield the references of a pattern: a glob of files, a name or glob of shipped specs, targets."""
        if is_target(pattern) and not is_model_file(pattern):
            has_glob = any(letter in pattern for letter in _WILD)
            targets = (each for each in self.targets if fnmatchcase(each, pattern)) if has_glob else (pattern,)
            yield from map(self._target, targets)
        elif self._matches_file(pattern):
            yield as_typed(Path(escape(str(self.folder))) / pattern)
        elif _is_shipped(pattern):
            yield pattern

    def _target(self, target: str) -> str:
        """Return a target as it is given in the working folder."""
        source, colon, name = target.rpartition(":")
        if not source.endswith(".py"):
            return target
        return f"{as_typed(self.folder / source)}{colon}{name}"

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


def _is_shipped(pattern: str) -> bool:
    return any(fnmatchcase(name, pattern) for name in shipped())


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
