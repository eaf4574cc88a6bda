"""Explain why a reference is not a spec that can be read: what is wrong with it, and what to do."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

from mfprofile.spec.sources import SUFFIXES, is_file, is_model_file, is_target, shipped
from mfprofile.spec.words import listed, nearest

_MOST_FILES = 1000
_MOST_CODE = 1 << 20
_DEFAULT = "'mfprofile list' shows the shipped specs"
_DEFAULT_SPACE = "'mfprofile explore spaces' shows the shipped spaces"


def missing(reference: str, file: Path, in_extends: bool = False, of_space: bool = False) -> tuple[str, str]:
    """Return the rule and the remedy for a reference that is not the name or the path of a spec.

    `file` is its path. `in_extends` means that a spec extends it, so that only a spec can be meant. `of_space` means
    that a space is meant.
    """
    if "\0" not in reference and reference.strip() and os.path.lexists(file):
        rule, remedy = _existing(reference, file)
    elif is_target(reference):
        rule, remedy = _target(reference)
    else:
        return _unknown(reference, file, _DEFAULT_SPACE if of_space else _DEFAULT)
    return rule, "a spec can only extend a spec" if in_extends and "audit" in remedy else remedy


def _unknown(reference: str, file: Path, default: str) -> tuple[str, str]:
    """Return the rule and the remedy for a name or path of nothing: `default` if nothing is similar."""
    looks_like_file = file.suffix in (*SUFFIXES, ".py") or "/" in reference or "\\" in reference
    rule = "no such file" if looks_like_file else "no shipped spec and no file has this name"
    names = [*shipped(), *shipped("spaces")]
    stem = Path(reference).stem
    remedy = _path(reference, file) or _with_suffix(file) or ("" if stem in names else similar_file(file, SUFFIXES))
    return rule, remedy or nearest(stem, names) or default


def _existing(reference: str, file: Path) -> tuple[str, str]:
    """Return the rule and the remedy for a file that is not a spec by its name."""
    if not os.path.exists(file):  # noqa: PTH110 - Path.exists() raises for long names
        return _link(file)
    if file.is_dir():
        return _folder(reference, file)
    if file.suffix == ".py":
        example = f"'mfprofile audit {code_target(reference)}'"
        return "is Python code, not a spec", f"name a network in it, as in {example}{other_classes(reference)}"
    if is_model_file(reference):
        return "is a model file, not a spec", f"use 'mfprofile audit {reference}'"
    if file.suffix == ".json":
        rule = "is JSON, not a spec"
        return (
            rule,
            f"if it is a bill of an earlier count, compare with it by 'mfprofile check SPEC --baseline {reference}'",
        )
    rule = f"is not a spec: its name does not end in {' or '.join(SUFFIXES)}"
    return rule, f"rename it to {file.stem}.yaml if it is one"


def unreadable(file: Path, name: str, error: OSError) -> tuple[str, str]:
    """Return the rule and the remedy for a file that exists and cannot be read."""
    if isinstance(error, IsADirectoryError) or file.is_dir():  # Windows does not permit to open a folder
        return _folder(name, file)
    if file.is_symlink() and not isinstance(error, PermissionError):
        return _link(file)
    remedy = "check who may read it" if isinstance(error, PermissionError) else ""
    return f"cannot be read: {error.strerror or error}", remedy


def _link(file: Path) -> tuple[str, str]:
    """Return the rule and the remedy for a link that cannot be followed."""
    return f"is a broken link to {os.readlink(file)}", "mend the link, or name the file itself"  # noqa: PTH115 - as it is written


def _folder(reference: str, path: Path) -> tuple[str, str]:
    """Return the rule and the remedy for a folder."""
    specs = [name for name in _files(path) if Path(name).suffix in SUFFIXES]
    if not specs:
        return "is a folder, not a spec", "name a spec's file"
    return "is a folder, not a spec", f"name a file in it, as in {reference.rstrip('/')}/{specs[0]}"


def _target(reference: str) -> tuple[str, str]:
    """Return the rule and the remedy for a target, where only a spec is allowed."""
    if "://" in reference:
        return "is an address, not a file", "download the file, and give its path"
    if reference.endswith(":"):
        source = reference.rstrip(":")
        return "has no name after the colon", f"use 'mfprofile audit {code_target(source)}' for a network in code"
    return "is not a spec", "use 'mfprofile audit' for a network in code"


def code_target(source: str) -> str:
    """Return a target for a file or module of code, with the name of its most likely network if it can be read."""
    return f"{source}:{next(iter(classes(Path(source))), 'NAME')}"


def other_classes(source: str) -> str:
    """Return a remark on the classes of a file that `code_target` does not name, or ''."""
    others = classes(Path(source))[1:]
    return f" (it also has {listed(others)})" if others else ""


def classes(file: Path) -> list[str]:
    """Return the names of the classes of a Python file, without running it. Empty if it cannot be read.

    Classes without a base are left out if others have one. The most likely network is first: the last class that no
    other class of the file uses. All others keep their order.
    """
    import ast

    try:
        with file.open("rb") as stream:
            code = ast.parse(stream.read(_MOST_CODE))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    every = [statement for statement in code.body if isinstance(statement, ast.ClassDef)]
    classes = [statement for statement in every if statement.bases] or every
    used = {
        node.id
        for statement in classes
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and node.id != statement.name
    }
    names = [statement.name for statement in classes]
    whole = next((name for name in reversed(names) if name not in used), None)
    return names if whole is None else [whole, *(name for name in names if name != whole)]


def no_code(reference: str, file: Path) -> str:
    """Return why the path of a Python file cannot be imported, with the remedy, or '' if it is a file."""
    if is_file(file):
        return ""
    if os.path.exists(file):  # noqa: PTH110 - as above
        return "is not a file"
    remedy = similar_file(file, (".py",))
    return f"no such file: {reference}{f'; {remedy}' if remedy else ''}"


def _path(reference: str, file: Path) -> str:
    """Return the remedy for a path as another system or a shell would write it."""
    if "\0" in reference:
        return ""
    other = reference.replace("\\", "/")
    with suppress(UnicodeEncodeError):  # `~` before a name that the locale cannot write
        other = os.path.expanduser(other)  # noqa: PTH111 - Path.expanduser() can raise
    if other != reference and os.path.exists(file.parent / other):  # noqa: PTH110 - as above
        return f"did you mean '{other}'?"
    if "\\" in reference and os.sep == "/":
        return "write the path with '/'"
    return ""


def _with_suffix(file: Path) -> str:
    """Return the remedy with the file of the same folder that has the same name and a suffix."""
    names = () if file.suffix else (f"{file.name[:200]}{suffix}" for suffix in SUFFIXES)
    return next((f"did you mean '{name}'?" for name in names if os.path.exists(file.parent / name)), "")  # noqa: PTH110 - as above


def similar_file(file: Path, suffixes: Sequence[str]) -> str:
    """Return the remedy with the file of the same folder and such a suffix whose name is the most similar, or ''."""
    if not file.suffix:
        return ""
    stems = {Path(name).stem: name for name in _files(file.parent) if Path(name).suffix in suffixes}
    similar = difflib.get_close_matches(file.stem[:200], stems, n=1)
    return f"did you mean '{stems[similar[0]]}'?" if similar else ""


def _files(path: Path) -> Iterator[str]:
    """Yield the names of a folder's first files, sorted; none if it cannot be read."""
    try:
        with os.scandir(path) as entries:
            yield from sorted(entry.name for entry in islice(entries, _MOST_FILES) if entry.is_file())
    except (OSError, ValueError):
        return
