"""The sources of specs: shipped specs, files and standard input."""

from __future__ import annotations

import os
import re
import sys
from functools import cache
from pathlib import Path

from mfprofile.errors import SpecError
from mfprofile.spec.document import MAX_BYTES, Node, parse
from mfprofile.spec.problems import MISSING, Mark, Problem
from mfprofile.spec.words import file_name

SUFFIXES = (".yaml", ".yml")
"""The suffixes of the files of specs."""

ONNX = ".onnx"
MODEL_FILES = (ONNX, ".pt2", ".pt", ".pth", ".ts")
"""The suffixes of model files. All but ONNX are loaded and run by torch."""

_DRIVE = re.compile(r"^[A-Za-z]:(?=[\\/])")


@cache
def shipped(what: str = "specs") -> dict[str, Path]:
    """Return the shipped specs, spaces or devices (latency models) by name.

    In a checkout their folder is next to the package. In a wheel it is inside the package.
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package / what, package.parent / what):
        if folder.is_dir():
            files = [path for path in folder.iterdir() if path.suffix in (".yaml", ".json")]
            return {path.stem: path for path in sorted(files, key=_by_size)}
    raise FileNotFoundError(f"the {what} of mfprofile are missing next to {package}; reinstall mfprofile")


def _by_size(path: Path) -> tuple[int, str]:
    """Return a sort key that puts mf26m before mf294m, and each model before its variants."""
    model, _, variant = path.stem.partition("-")
    return int("".join(filter(str.isdigit, model)) or 0), variant


def about(file: Path) -> str:
    """Return the description of a shipped spec: its first line, which is a comment."""
    with file.open(encoding="utf-8") as stream:
        return stream.readline().lstrip("# ").strip()


def working_folder() -> Path | None:
    """Return the working directory, or None if it has been deleted."""
    try:
        return Path.cwd()
    except OSError:
        return None


def is_file(name: str | Path) -> bool:
    """Return whether there is a file of this name, also if no file can have it.

    >>> is_file("a" * 1000)
    False
    """
    return os.path.isfile(name)  # noqa: PTH113 - Path.is_file() raises for long names


def as_typed(file: Path) -> str:
    """Return a file's path as a user would type it: relative to the current folder if the file is inside it."""
    folder = working_folder()
    return str(file.relative_to(folder)) if folder is not None and file.is_relative_to(folder) else str(file)


def expanded(reference: str) -> list[str]:
    """Return the matches of a glob: files, or else names of shipped specs. Any other reference is returned as it is.

    The name of an existing file is never a glob, nor is a network in it. Raises `SpecError` for a glob without a match.
    """
    if not any(letter in reference for letter in "*?[") or "\0" in reference or _exists(reference):
        return [reference]
    return _matching(reference)


def _exists(reference: str) -> bool:
    file = reference.rpartition(":")[0] if _is_in_code(reference) else reference
    return os.path.lexists(file)


def _matching(pattern: str) -> list[str]:
    import fnmatch
    import glob

    files = sorted(name for name in glob.glob(pattern, recursive=True) if not os.path.isdir(name))  # noqa: PTH112, PTH207 - text as it was written
    matches = files or fnmatch.filter(shipped(), pattern)
    if not matches:
        raise SpecError([Problem(Mark(pattern), "", "matches no file and no shipped spec")])
    return matches


def is_target(reference: str) -> bool:
    """Return whether a reference names a network in code, as `package.module:factory`, or a model file.

    References to specs have no colon. The name of an existing file is not a network in code. The colon after a drive
    letter is ignored.

    >>> is_target("nets/small.py:Small"), is_target("net.onnx"), is_target("specs/mine.yaml"), is_target("C:/mine.yaml")
    (True, True, False, False)
    """
    return is_model_file(reference) or _is_in_code(reference)


def _is_in_code(reference: str) -> bool:
    return ":" in _DRIVE.sub("", reference) and not ("\0" not in reference and os.path.lexists(reference))


def is_model_file(reference: str) -> bool:
    """Return whether a reference is the path of a model file, by its suffix.

    >>> is_model_file("exports/net.onnx"), is_model_file("net.pt2"), is_model_file("net.py:Net.pt")
    (True, True, False)
    """
    return reference.lower().endswith(MODEL_FILES) and not _is_in_code(reference)


def is_onnx(reference: str) -> bool:
    """Return whether a reference is the path of an ONNX file, which is read as data, without torch."""
    return is_model_file(reference) and reference.lower().endswith(ONNX)


def find(reference: str, folder: Path, mark: Mark, path: str, of_space: bool = False) -> Path:
    """Return the file for the name of a shipped spec or space, or for a path relative to `folder`.

    Raises `SpecError` at `mark` and the key `path` if there is no such file, with the most similar shipped name.
    """
    named = shipped().get(reference) or shipped("spaces").get(reference)
    if named is not None:
        return named
    file = folder / file_name(reference)
    if "\0" not in reference and file.suffix in SUFFIXES and os.path.lexists(file):
        return file
    if reference and not file.suffix and os.path.exists(file):  # noqa: PTH110 - Path.exists() raises for long names
        return file
    from mfprofile.spec.missing import missing

    rule, remedy = missing(reference, file, bool(path), of_space)
    raise SpecError([Problem(mark, path, rule, reference if path else MISSING, remedy)])


def read(file: Path, name: str, layer: int = 0) -> tuple[Node, list[Problem]]:
    """Return the tree and the problems of a file, whose name in messages is `name` and whose marks have this layer.

    Raises `SpecError` if the file cannot be read or is larger than `MAX_BYTES`.
    """
    try:
        with file.open("rb") as stream:
            return _parse(stream.read(MAX_BYTES + 1), name, layer)
    except OSError as error:
        from mfprofile.spec.missing import unreadable

        rule, remedy = unreadable(file, name, error)
        raise SpecError([Problem(Mark(name), "", rule, remedy=remedy)]) from None


def read_stdin() -> tuple[Node, list[Problem]]:
    """Return the tree and the problems of standard input, whose name in messages is `<stdin>`."""
    if sys.stdin is None:
        raise SpecError([Problem(Mark("<stdin>"), "", "is closed")])
    return _parse(sys.stdin.buffer.read(MAX_BYTES + 1), "<stdin>")


def _parse(raw: bytes, name: str, layer: int = 0) -> tuple[Node, list[Problem]]:
    if len(raw) > MAX_BYTES:
        raise SpecError([Problem(Mark(name), "", f"is larger than {MAX_BYTES >> 20} MiB")])
    try:
        return parse(raw.decode("utf-8-sig"), name, layer)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise SpecError([Problem(Mark(name, line, 1), "", "is not UTF-8 text")]) from None
