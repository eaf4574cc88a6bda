"""The latency model that a pyproject.toml names: `latency-model = "desk.json"` in [tool.mfprofile]."""

from __future__ import annotations

from pathlib import Path

from mfprofile.errors import InputError
from mfprofile.spec.reading import read_bytes
from mfprofile.spec.sources import as_typed, working_folder
from mfprofile.spec.words import shown

KEY = "latency-model"


def configured_model() -> Path | None:
    """Return the file that the nearest pyproject.toml with a [tool.mfprofile] names, or None.

    Only this key is read. Raises `InputError` if it is not text.
    """
    start = working_folder()
    for folder in () if start is None else (start, *start.parents):
        file = folder / "pyproject.toml"
        if file.is_file() and (own := _own_table(file)) is not None:
            return _model(own.get(KEY), file)
    return None


def _own_table(file: Path) -> dict[str, object] | None:
    """Return [tool.mfprofile] of a file, or None without one. A file that `check` would refuse has none here."""
    raw = read_bytes(file, as_typed(file))
    if b"mfprofile" not in raw:
        return None
    import tomllib

    try:
        own = tomllib.loads(raw.decode())["tool"]["mfprofile"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return None
    return own if isinstance(own, dict) else None


def _model(name: object, file: Path) -> Path | None:
    if name is None:
        return None
    if not isinstance(name, str) or not name:
        raise InputError(f"{as_typed(file)}: tool.mfprofile.{KEY} = {shown(name)}: must be the name of a file")
    return file.parent / name
