"""What users have measured of networks: rows of a CSV, or the trials of a study of Optuna."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mfprofile.errors import InputError
from mfprofile.explore.space import Space, with_values
from mfprofile.spec.content import content_of
from mfprofile.spec.load import load, typed
from mfprofile.spec.model import Spec
from mfprofile.spec.names import SUMS
from mfprofile.spec.reading import csv_rows
from mfprofile.spec.sources import is_file
from mfprofile.spec.words import instead, listed, printable, raised, several, shown

if TYPE_CHECKING:
    from optuna import Study

NUMBER = re.compile(r"[-+]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:[eE][-+]?[0-9]{1,2})?", re.ASCII)
NOT_MEASURED = ("", "nan", "none")
"""The cells, in small letters, of what was not measured."""
EXAMPLE = "a header such as 'spec,top1' or 'content,top1', then one line for each training"


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One training: where it is, the name of its network there, the network's content hash and spec, and its figures.

    `spec` is None if only the hash is known. `figures` are the cells of all other columns, as text.
    """

    where: str
    name: str
    content: str
    spec: Spec | None
    figures: Mapping[str, str]


def read_results(source: str, space: Space) -> list[Row]:
    """Return the rows of a CSV file, or the complete trials of a study, for a URL such as `sqlite:///study.db`.

    A row of a CSV has a `spec`, a file or a name, or a `content` hash, or a column for each choice of the space, as
    `explore sample --csv` has them. The path of a file may be relative to the folder of the CSV. Raises `InputError`
    with the line of each row that cannot be read, or whose hash is not that of its spec.
    """
    if "://" in source or source.endswith((".db", ".log")):
        return list(_trials(source, space))
    (first, header), *lines = csv_rows(source, EXAMPLE)
    names = [printable(name) for name in header]
    _check_header(f"{source}:{first}", names, space)
    if not lines:
        raise InputError(f"{source}: has no results; give {EXAMPLE}")
    rows, messages, specs = [], [], dict[str, Spec]()
    for number, cells in lines:
        try:
            rows.append(_row(source, number, names, cells, space, specs))
        except InputError as error:
            messages.append(str(error))
    if messages:
        raise InputError("\n".join(messages))
    return rows


def is_number(text: str) -> bool:
    """Return whether a cell is a number, perhaps with a %, or says that nothing was measured."""
    return text.lower() in NOT_MEASURED or bool(NUMBER.fullmatch(text.removesuffix("%").rstrip()))


def number_columns(rows: Sequence[Row], space: Space) -> list[str]:
    """Return the columns that have only numbers, at least one, and are no choices and no counted quantities."""
    names = dict.fromkeys(name for row in rows for name in row.figures)
    known = {*(choice.name for choice in space.choices), *SUMS, "number"}
    cells = {name: [row.figures.get(name, "") for row in rows] for name in names if name not in known}
    return [
        name
        for name, texts in cells.items()
        if all(map(is_number, texts)) and any(text.lower() not in NOT_MEASURED for text in texts)
    ]


def _check_header(where: str, names: Sequence[str], space: Space) -> None:
    if len(names) == 1 and ";" in names[0]:
        raise InputError(f"{where}: cells must be separated by ',', not by ';'")
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise InputError(f"{where}: the column {shown(twice)} occurs twice; remove one")
    if not {"spec", "content"} & set(names) and not _has_choices(names, space):
        raise InputError(f"{where}: needs a column 'spec' or 'content', or one for each choice; give {EXAMPLE}")


def _has_choices(names: Sequence[str], space: Space) -> bool:
    """Return whether there is a column for each choice."""
    return bool(space.choices) and all(choice.name in names for choice in space.choices)


def _row(
    source: str, number: int, names: Sequence[str], cells: Sequence[str], space: Space, specs: dict[str, Spec]
) -> Row:
    where = f"{source}:{number}"
    if len(cells) != len(names):
        raise InputError(f"{where}: has {several(len(cells), 'cell')} for {several(len(names), 'column')}")
    figures = dict(zip(names, cells, strict=True))
    name, content = figures.pop("spec", ""), figures.pop("content", "").lower()
    if name and name not in specs:
        specs[name] = _loaded(source, where, name)
    spec = specs[name] if name else _chosen(where, figures, content, space)
    if spec is None and not content:
        raise InputError(f"{where}: has no spec and no content; give one of them")
    own = content if spec is None else content_of(spec)
    if content and content != own:
        raise InputError(f"{where}: content {shown(content)} is not that of its spec, {own}; the spec has changed")
    return Row(where, printable(name) or content or own, own, spec, figures)


def _loaded(source: str, where: str, name: str) -> Spec:
    relative = Path(source).parent / name
    try:
        return load(str(relative) if is_file(relative) else name)
    except InputError as error:
        first, *more = str(error).splitlines()
        rest = f" (and {len(more)} more; 'mfprofile show' lists them)" if more else ""
        raise InputError(f"{where}: spec: {first}{rest}") from None


def _chosen(where: str, cells: Mapping[str, str], content: str, space: Space) -> Spec | None:
    """Return the spec of the columns of choices, None if there are too few; an empty cell has no effect.

    Columns may be missing if their choices have no effect; a `content` says whether that is so.
    """
    is_whole = _has_choices(list(cells), space)
    values = {}
    for choice in space.choices:
        if text := cells.get(choice.name, "") if content or is_whole else "":
            by_text = {each: value for value in choice.values for each in _texts(value)}
            if text not in by_text and is_whole:
                rule = f"{shown(text)} is not one of its values; {instead(text, map(shown, choice.values))}"
                raise InputError(f"{where}: {choice.name}: {rule}")
            values[choice.path] = by_text.get(text, choice.values[0])
    if not values:
        return None
    spec, _ = typed(with_values(space.data, values), space.tree, space.name)
    return spec if is_whole or (spec is not None and content_of(spec) == content) else None


def _texts(value: object) -> set[str]:
    """Return how a value of a choice may be written in a cell."""
    return {str(value), str(value).lower(), shown(value), shown(value).strip("'")}


def _trials(source: str, space: Space) -> Iterator[Row]:
    """Yield the complete trials of a study, with their user attributes and values as figures."""
    study = _study(source, space.name)
    about = study.user_attrs.get("mfprofile", {})
    goals = list(about.get("goals", {})) if isinstance(about, dict) else []
    for trial in study.get_trials(deepcopy=False):
        if trial.values is None:
            continue
        where = f"{printable(source)}: trial {trial.number}"
        attributes = dict(trial.user_attrs)
        content, data = str(attributes.pop("content", "")), attributes.pop("spec", None)
        if not content and not isinstance(data, dict):
            raise InputError(f"{where}: has no attribute 'content' or 'spec'; set one with trial.set_user_attr")
        figures = {name: _text(value) for name, value in attributes.items() if type(value) in (int, float)}
        names = goals if len(goals) == len(trial.values) else [f"value{at or ''}" for at in range(len(trial.values))]
        figures |= {name: _text(value) for name, value in zip(names, trial.values, strict=True)}
        spec = load(data) if isinstance(data, dict) else None
        yield Row(where, f"trial {trial.number}", content if spec is None else content_of(spec), spec, figures)


def _text(value: float) -> str:
    return repr(value)


def _study(source: str, name: str) -> Study:
    """Return the study of a space's name, or the only one."""
    try:
        import optuna
    except ImportError:
        raise InputError(f"{printable(source)}: needs optuna; install it with pip install '.[search]'") from None
    url = f"sqlite:///{source}" if source.endswith(".db") and "://" not in source else source
    file = url.removeprefix("sqlite:///")
    if "://" not in file and not is_file(file):  # SQLite would make a new one
        raise InputError(f"{printable(source)}: there is no such study; give a URL such as sqlite:///study.db")
    try:
        storage: Any = url
        if url.endswith(".log"):
            from optuna.storages.journal import JournalFileBackend

            storage = optuna.storages.JournalStorage(JournalFileBackend(url))
        names = [each.study_name for each in optuna.get_all_study_summaries(storage)]
        if name not in names and len(names) == 1:
            (name,) = names
        if name in names:
            return optuna.load_study(study_name=name, storage=storage)
    except Exception as error:  # of the database, its driver or the file system
        raise InputError(f"{printable(source)}: the study cannot be read: {raised(error)}") from None
    raise InputError(f"{printable(source)}: has no study {shown(name)}; its studies are {listed(names) or 'none'}")
