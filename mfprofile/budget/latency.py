"""The latency model that a pyproject.toml names: `latency-model = "desk.json"` in [tool.mfprofile]."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from mfprofile.errors import SpecError
from mfprofile.spec.problems import Problem
from mfprofile.spec.reading import read_bytes
from mfprofile.spec.sources import as_typed, working_folder

KEY = "latency-model"


class NamedModel(NamedTuple):
    """The file of a latency model, and the place that names it as text."""

    file: Path
    given: str


def configured_model() -> NamedModel | None:
    """Return the model that the nearest pyproject.toml with a [tool.mfprofile] names, or None.

    Only this key is read. Raises `SpecError` if it is not the name of a file.
    """
    start = working_folder()
    for folder in () if start is None else (start, *start.parents):
        file = folder / "pyproject.toml"
        if file.is_file() and (read := _own_table(file)) is not None:
            return model_in(*read, file, as_typed(file))
    return None


def model_in(own: Mapping[str, object], text: str, file: Path, label: str) -> NamedModel | None:
    """Return the model that the table [tool.mfprofile] of a file names, or None. Its name is relative to the file.

    `text` is the file's text, and `label` what messages call it. Raises `SpecError` if it is not the name of a file.
    """
    if KEY not in own:
        return None
    from mfprofile.budget.toml_places import mark_of

    name, mark, path = own[KEY], mark_of(text, label, ("tool.mfprofile", KEY)), f"tool.mfprofile.{KEY}"
    if not isinstance(name, str) or not name:
        raise SpecError([Problem(mark, path, "must be the name of a file", name)])
    return NamedModel(file.resolve().parent / name, f"{mark}: {path}")


def _own_table(file: Path) -> tuple[dict[str, object], str] | None:
    """Return [tool.mfprofile] and the text of a file, or None without one.

    A file that `check` would refuse has none here.
    """
    raw = read_bytes(file, as_typed(file))
    if b"mfprofile" not in raw:
        return None
    import tomllib

    try:
        text = raw.decode()
        own = tomllib.loads(text)["tool"]["mfprofile"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return None
    return (own, text) if isinstance(own, dict) else None
