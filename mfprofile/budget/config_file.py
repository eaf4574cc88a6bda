"""Read `[tool.mfprofile]` of a pyproject.toml. Every problem has its place in the file.

[tool.mfprofile]
convention = "core"
latency-model = "desk.json"

[tool.mfprofile.budgets."specs/*.yaml"]
max.madds = "300M"
max.former.madds = "10%"

[tool.mfprofile.budgets.phone]
specs = ["mf26m", "specs/small-*.yaml"]
max.params = "4M"
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mfprofile.budget.code_options import CodeOptions, read_options
from mfprofile.budget.config import Config
from mfprofile.budget.latency import KEY, model_in
from mfprofile.budget.limits import Limit, limit_of
from mfprofile.budget.toml_places import mark_of
from mfprofile.errors import InputError, SpecError
from mfprofile.spec.limits import Fault, bounds, convention_of
from mfprofile.spec.names import CONVENTIONS
from mfprofile.spec.notation import TOML
from mfprofile.spec.problems import MISSING, Mark, Problem
from mfprofile.spec.reading import read_bytes
from mfprofile.spec.sources import as_typed, is_model_file, working_folder
from mfprofile.spec.words import instead

NAME = "pyproject.toml"
_KEYS = ("budgets", "targets", "convention", KEY)


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
        raise SpecError([_not_toml(error, text, label)]) from None
    except ValueError:  # Python refuses to read very long numbers
        raise SpecError([_long_number(text, label)]) from None
    except AttributeError:
        raise InputError(f"{label}: tool: must be a table") from None
    if own is None:
        return None
    return _read(own, _Source(file, text, label))


def _read(own: object, source: _Source) -> Config:
    """Return what the table says. Raise `SpecError` with all its problems."""
    if not isinstance(own, dict):
        source.refuse((), "must be a table with 'budgets' or 'targets'", MISSING)
        raise SpecError(source.problems)
    source.refuse_unknown((), own, _KEYS)
    tables = source.table(own, "budgets", "globs or names, each with its limits")
    budgets = {name: list(_limits(name, budget, source)) for name, budget in tables.items()}
    patterns = {name: _patterns(name, budget, source) for name, budget in tables.items()}
    named = {name: convention_of(budget) for name, budget in tables.items() if isinstance(budget, dict)}
    codes = source.table(own, "targets", "networks in code, each with 'input', 'arg' and other options")
    targets = {target: _options(target, table, source) for target, table in codes.items()}
    default = _default(own, source)
    if source.problems:
        raise SpecError(sorted(source.problems, key=lambda problem: (problem.mark.line or 0, problem.mark.column or 0)))
    conventions = {name: convention for name, convention in named.items() if convention}
    model = model_in(own, source.text, source.file, source.label)
    return Config(source.file.resolve().parent, budgets, patterns, conventions, targets, model, default)


def _default(own: Mapping[str, object], source: _Source) -> str:
    """Return the convention of limits without one, or ''."""
    name = own.get("convention", "")
    if "convention" in own and name not in CONVENTIONS:
        word = name if isinstance(name, str) else ""
        source.refuse(("convention",), "must be the name of a convention", name, instead(word, CONVENTIONS))
    return str(name)


def _patterns(name: str, budget: object, source: _Source) -> Sequence[str]:
    """Return the specs of a budget: those of its key `specs`, else its name, which is a glob."""
    if not isinstance(budget, dict) or "specs" not in budget:
        return [name]
    specs = budget["specs"]
    if not isinstance(specs, list) or not all(isinstance(each, str) and each for each in specs):
        source.refuse(("budgets", name, "specs"), "must be a list of names, paths and globs of specs", specs)
        return []
    return specs


def _not_toml(error: Exception, text: str, label: str) -> Problem:
    """Return the problem of a text that is not TOML, at the place that Python's reader names at the message's end."""
    match = re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", str(error), re.DOTALL)
    if match is None:
        at_end = Mark(label, text.count("\n") + 1, 1) if "end of document" in str(error) else Mark(label)
        return Problem(at_end, "", f"is not TOML: {error}")
    return Problem(Mark(label, int(match[2]), int(match[3])), "", f"is not TOML: {match[1]}")


def _long_number(text: str, label: str) -> Problem:
    """Return the problem of the longest number of a text."""
    longest = max(re.finditer(r"[0-9_]+", text), key=lambda match: match.end() - match.start())
    start = longest.start()
    mark = Mark(label, text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start))
    return Problem(mark, "", "has a number that is too long to read", remedy="use a smaller number")


def _options(target: str, table: object, source: _Source) -> CodeOptions:
    def refuse(path: Sequence[str], rule: str, value: object) -> None:
        source.refuse(("targets", target, *path), rule, MISSING if value is None else value)

    if ":" not in target and not is_model_file(target):
        refuse((), "is not a network in code; write path/file.py:Class, package.module:factory or timm:NAME", None)
    return read_options(table, lambda key: source.place("targets", target, key), refuse)


def _limits(name: str, budget: object, source: _Source) -> Iterator[Limit]:
    if not isinstance(budget, dict):
        source.refuse(("budgets", name), "must be a table of limits, as in '{max = {madds = \"300M\"}}'", budget)
        return
    for bound in bounds({key: value for key, value in budget.items() if key != "specs"}, TOML):
        path = ("budgets", name, *bound.path)
        if isinstance(bound, Fault):
            source.refuse(path, bound.rule, MISSING if bound.at_key else bound.value, bound.remedy)
        else:
            yield limit_of(bound, source.mark(path))


@dataclass(frozen=True)
class _Source:
    """A file that is read, and the problems in it so far."""

    file: Path
    text: str
    label: str
    problems: list[Problem] = field(default_factory=list)

    def mark(self, path: Sequence[str]) -> Mark:
        """Return the place of a key below [tool.mfprofile]."""
        start = "tool.mfprofile" if "tool.mfprofile" in self.text else "mfprofile"
        return mark_of(self.text, self.label, (start, *path))

    def place(self, *path: str) -> str:
        """Return the place and the name of a key, as text."""
        return f"{self.mark(path)}: {_dotted(path)}"

    def refuse(self, path: Sequence[str], rule: str, value: object, remedy: str = "") -> None:
        """Add a problem at a key."""
        self.problems.append(Problem(self.mark(path), _dotted(path), rule, value, remedy))

    def refuse_unknown(self, path: Sequence[str], table: Mapping[str, object], keys: Sequence[str]) -> None:
        """Add a problem for each key that is none of `keys`, since what it says would be ignored."""
        for key in table:
            if key not in keys:
                self.refuse((*path, key), "unknown key", MISSING, instead(key, keys))

    def table(self, own: Mapping[str, object], name: str, of: str) -> Mapping[str, Any]:
        """Return one of the tables, empty if it is none."""
        table = own.get(name, {})
        if not isinstance(table, dict):
            self.refuse((name,), f"must be a table of {of}", MISSING)
            return {}
        return table


def _dotted(path: Sequence[str]) -> str:
    """Return the path of a key as TOML writes it; the second part of a table is a name, in quotes."""
    quoted = (f'"{part}"' if at == 1 and path[0] in ("budgets", "targets") else part for at, part in enumerate(path))
    return ".".join(("tool.mfprofile", *quoted))
