"""Where a network in code is defined, read from its file without an import."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterable, Iterator
from pathlib import Path

from mfprofile.spec.problems import Mark
from mfprofile.spec.sources import as_typed, is_file


def place_in_code(target: str) -> Mark:
    """Return the file and line of the class, function or value that a target such as `nets/small.py:Net` names.

    A module counts only if its file is in the working directory. If there is no such file, the mark has only the text
    of the target.
    """
    source, _, name = target.rpartition(":")
    file = next(filter(is_file, _files(source)), None)
    if file is None:
        return Mark(target)
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return Mark(as_typed(file), 1, 1)
    return Mark(as_typed(file), _line(tree.body, name.split(".")), 1)


def _files(source: str) -> Iterator[Path]:
    """Yield the files that may be the module of a target."""
    if source.endswith(".py"):
        yield Path(source)
        return
    first, *others = source.split(".")
    if not all(part.isidentifier() for part in (first, *others)):
        return
    for folder in (Path.cwd(), *_folders(first)):
        module = folder.joinpath(first, *others)
        yield from (module.with_name(f"{module.name}.py"), module / "__init__.py")


def _folders(package: str) -> Iterator[Path]:
    """Yield the folders in the working directory that an installed package is in, without an import of it."""
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return
    origins = [*(spec.submodule_search_locations or ()), *([spec.origin] if spec.origin else [])] if spec else []
    for origin in map(Path, origins):
        if origin.is_relative_to(Path.cwd()) and "site-packages" not in origin.parts:
            yield origin.parent


def _line(body: Iterable[ast.stmt], names: list[str]) -> int:
    """Return the line that gives the first name its value, or the second one inside it. The last such line decides."""
    node = next((each for each in reversed(list(body)) if names[0] in _names(each)), None)
    if node is None:
        return 1
    if len(names) == 1 or not isinstance(node, ast.ClassDef):
        return node.lineno
    inner = _line(node.body, names[1:])
    return inner if inner > 1 else node.lineno


def _names(node: ast.stmt) -> Iterable[str]:
    """Return the names that a statement gives a value."""
    match node:
        case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
            return [node.name]
        case ast.ImportFrom() | ast.Import():
            return [alias.asname or alias.name for alias in node.names]
        case ast.Assign():
            return [each.id for each in node.targets if isinstance(each, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
    return []
