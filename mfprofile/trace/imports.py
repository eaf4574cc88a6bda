"""Import the files of a folder for a while, and each file only once in a command."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import sys
from collections.abc import Iterator, Set
from contextvars import ContextVar
from pathlib import Path
from types import ModuleType

from mfprofile.trace.own import own_formulas

_KEPT: ContextVar[dict[Path, dict[str, ModuleType]] | None] = ContextVar("kept imports", default=None)
"""The modules that were imported from each folder, by name, inside `shared_imports`; outside of it, None."""


@contextlib.contextmanager
def shared_imports() -> Iterator[None]:
    """Import each file only once inside a with block, for all targets and all ways to run them.

    Formulas that the files register (`own.handle`) apply until its end.
    """
    if _KEPT.get() is not None:
        yield
        return
    token = _KEPT.set({})
    try:
        with own_formulas():
            yield
    finally:
        _KEPT.reset(token)


@contextlib.contextmanager
def imports_from(folder: Path) -> Iterator[Set[str]]:
    """Make a folder's modules importable inside a with block, which gets the names of all modules before it.

    At its end, the new ones are removed. Inside `shared_imports`, they are kept, and the next block for the same folder
    has them again.
    """
    path, before, kept = list(sys.path), set(sys.modules), _KEPT.get()
    ours = {} if kept is None else kept.setdefault(folder, {})
    sys.modules.update({name: module for name, module in ours.items() if name not in before})
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield before
    finally:
        sys.path[:] = path
        for name in [name for name in set(sys.modules) - before if _is_in(folder, name)]:
            ours[name] = sys.modules.pop(name)


def module_of(file: Path, before: Set[str]) -> ModuleType:
    """Return the module of a file, which is imported unless a module has it that is not one of those `before`.

    Raises what the file raises.
    """
    for imported in (module for each, module in list(sys.modules.items()) if each not in before):
        if getattr(imported, "__file__", None) == str(file):
            return imported
    name = file.stem if file.stem.isidentifier() and file.stem not in sys.modules else f"target_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look for their module there
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def _is_in(folder: Path, name: str) -> bool:
    """Return whether an imported module is a file of the folder, or belongs to a package in the folder."""
    module = sys.modules.get(name.partition(".")[0])
    spec = getattr(module, "__spec__", None)
    origin = getattr(module, "__file__", None) or next(
        iter(getattr(spec, "submodule_search_locations", None) or ()), ""
    )
    place = Path(origin)
    return bool(origin) and folder in (place.parent, place.parent.parent if place.stem == "__init__" else None)
