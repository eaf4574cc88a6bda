"""Folders of output: a new one is complete or is not made, and no folder that is in use is replaced."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from mfprofile.errors import InputError
from mfprofile.files import check_name, ending_cleanly, reported, temporary_name
from mfprofile.spec.words import printable


def check_folder(folder: str | Path) -> None:
    """Raise `InputError` unless this may be a folder of output, and `OutputError` if it cannot be written.

    Refused are an empty name, a file, a link to itself, the working folder, and each folder above that.
    """
    check_name(folder, "folder")
    with reported(folder):
        with contextlib.suppress(FileNotFoundError):
            Path(folder).stat()  # fails for a link to itself, a name that is too long, a file among its parents
        place = Path(os.path.realpath(folder))
        if Path(os.path.realpath(Path.cwd())).is_relative_to(place):
            raise InputError(f"{printable(str(folder))}: is the working folder or a folder above it; use a new folder")
        if place.exists() and not place.is_dir():
            raise InputError(f"{printable(str(folder))}: exists and is not a folder; use a new folder")
        above = next(each for each in (place, *place.parents) if each.exists())
        if not os.access(above, os.W_OK | os.X_OK):
            raise PermissionError(None, f"Permission denied in {above}")


def check_new_folder(folder: str | Path) -> None:
    """Raise what `check_folder` raises, and `InputError` for a folder that is not empty."""
    check_folder(folder)
    with reported(folder):
        if Path(folder).exists() and any(Path(folder).iterdir()):
            raise InputError(f"{printable(str(folder))}: exists and is not empty; use a new folder")


def write_folder(folder: str | Path, files: Iterable[tuple[str, str]]) -> None:
    """Write texts by their names into a new or empty folder, either all of them or none. A link is followed.

    Raises `InputError` and `OutputError`.
    """
    check_new_folder(folder)
    place = Path(os.path.realpath(folder))
    with reported(folder), ending_cleanly():
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.exists():
            _fill(place, files)
            return
        temporary = place.with_name(temporary_name())
        try:
            temporary.mkdir()
            _fill(temporary, files)
            temporary.rename(place)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def _fill(folder: Path, files: Iterable[tuple[str, str]]) -> None:
    """Write new files into a folder. If one fails, remove them all."""
    written = []
    try:
        for name, text in files:
            with (folder / name).open("x", encoding="utf-8", newline="\n") as stream:
                written.append(folder / name)
                stream.write(text)
    except BaseException:
        for file in written:
            file.unlink(missing_ok=True)
        raise
