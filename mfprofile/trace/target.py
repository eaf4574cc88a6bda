"""A network by its name in code, `package.module:factory` or `path/file.py:Class`, or in a library, `timm:NAME`.

To name a network in code is to run it: its module is imported, and its factory called. Nothing else is imported.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, NoReturn

import torch
from torch import nn

from mfprofile.spec.problems import InputError
from mfprofile.spec.sources import shipped
from mfprofile.spec.words import nearest, printable, raised
from mfprofile.trace.named import LIBRARIES

FORMS = "package.module:factory, path/file.py:Class, timm:NAME or torchvision:NAME"
Arguments = Mapping[str, Any]


class Target(NamedTuple):
    """A network's name taken apart: where it is defined, and what it is called there."""

    text: str
    source: str
    name: str

    @property
    def is_file(self) -> bool:
        """Return whether it is defined in a file that is named by its path."""
        return self.source.endswith(".py")

    @property
    def folder(self) -> Path:
        """Return the folder that its imports begin from: the file's own, or the current one."""
        return Path(self.source).absolute().parent if self.is_file else Path.cwd()


def parsed(text: str) -> Target:
    """Return a target taken apart; raises `InputError` for what has none of the forms.

    >>> parsed("nets/small.py:Small").name, parsed("timm:resnet50.a1_in1k").source
    ('Small', 'timm')
    """
    library, _, name = text.partition(":")
    if library in LIBRARIES:
        return Target(text, library, name)
    source, colon, name = text.rpartition(":")
    dotted = all(part.isidentifier() for part in source.split("."))
    if colon and source and (source.endswith(".py") or dotted) and all(map(str.isidentifier, name.split("."))):
        return Target(text, source, name)
    spec = "; 'mfprofile count' counts specs" if text in shipped() or text.endswith((".yaml", ".yml")) else ""
    raise InputError(f"{printable(text)}: names no network in code: write {FORMS}{spec}")


@contextlib.contextmanager
def opened(text: str, arguments: Arguments | None = None, real: bool = False) -> Iterator[nn.Module]:
    """Import what a target names and make the network, on meta tensors where that goes and unless it is to be `real`.

    `arguments` go to the factory. Weights are never fetched. While it is open, the target's folder is where imports
    are looked for first; afterwards the path is as it was, and modules that came from that folder are forgotten.
    Raises `InputError` where the target cannot be imported or made.
    """
    target = parsed(text)
    library = LIBRARIES.get(target.source)
    home = _at_home(target.folder) if library is None else contextlib.nullcontext()
    with torch.random.fork_rng(devices=[]), home:
        if library is None:
            make = _called(target, _named(target, _imported(target)), arguments or {})
        else:
            make = library.factory(target.name, arguments or {})
        yield _made(target, make, real)


@contextlib.contextmanager
def _at_home(folder: Path) -> Iterator[None]:
    """Have a folder's modules importable, and forget afterwards those that were not there before."""
    path, before = list(sys.path), set(sys.modules)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path[:] = path
        of_folder = [name for name in set(sys.modules) - before if _stands_in(folder, name)]
        for name in of_folder:
            del sys.modules[name]


def _stands_in(folder: Path, name: str) -> bool:
    """Return whether a module that is imported is a file of the folder itself, or is of a package in it."""
    module = sys.modules.get(name.partition(".")[0])
    spec = getattr(module, "__spec__", None)
    origin = getattr(module, "__file__", None) or next(
        iter(getattr(spec, "submodule_search_locations", None) or ()), ""
    )
    place = Path(origin)
    return bool(origin) and folder in (place.parent, place.parent.parent if place.stem == "__init__" else None)


def _imported(target: Target) -> ModuleType:
    if target.is_file:
        return _file(target)
    try:
        return importlib.import_module(target.source)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{target.source}.".startswith(f"{error.name}."):
            about = f", which {target.source} is to be in" if error.name != target.source else ""
            _refuse(target, f"no module is called {error.name!r}{about}, in this folder or installed")
        _raised(target, f"import {target.source}", error)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever the user's own code raises is told in a line
        _raised(target, f"import {target.source}", error)


def _file(target: Target) -> ModuleType:
    file = Path(target.source).absolute()
    if not file.is_file():
        _refuse(target, f"no such file: {target.source}")
    name = file.stem if file.stem.isidentifier() and file.stem not in sys.modules else f"target_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look for their module there
    try:
        spec.loader.exec_module(module)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        _raised(target, f"import {target.source}", error, _by_module(target, error))
    return module


def _by_module(target: Target, error: BaseException) -> str:
    """Return the name of a network by its package, where its file is one of a package and imports others as that."""
    parts = Path(target.source).with_suffix("").parts
    if not (isinstance(error, ImportError) and "relative import" in str(error) and all(map(str.isidentifier, parts))):
        return ""
    return f"; a file of a package is named as {'.'.join(parts)}:{target.name}"


def _named(target: Target, module: ModuleType) -> Any:
    """Return what a module has under the target's name; raises `InputError` with the nearest that could be meant."""
    try:
        return reduce(getattr, target.name.split("."), module)
    except AttributeError:
        candidates = {name.lower(): name for name, value in vars(module).items() if _could_be_meant(module, value)}
        hint = nearest(target.name, list(candidates))
        for lower, name in candidates.items():
            hint = hint.replace(f"'{lower}'", f"'{name}'")
        some = [*list(candidates.values())[:10], *(["…"] if len(candidates) > 10 else [])]
        there = f"there {'is' if len(some) == 1 else 'are'} {', '.join(some)}"
        _refuse(
            target, f"{target.source} has no {target.name!r}; {hint or (there if candidates else 'nor any network')}"
        )


def _could_be_meant(module: ModuleType, value: Any) -> bool:
    """Return whether it is a network, makes one here, or is a class of networks of the same package, as in torch.nn."""
    home = str(getattr(value, "__module__", None))
    is_class = isinstance(value, type) and issubclass(value, nn.Module)
    alike = is_class and home.partition(".")[0] == module.__name__.partition(".")[0]
    return isinstance(value, nn.Module) or alike or (home == module.__name__ and callable(value))


def _called(target: Target, found: Any, arguments: Arguments) -> Callable[[], Any]:
    """Return how the network is made of what was found: by a call, or not at all where it is one."""
    if isinstance(found, nn.Module):
        if arguments:
            _refuse(target, f"is a network that is made already, and takes no --arg {next(iter(arguments))}")
        return lambda: found
    if not callable(found):
        _refuse(target, f"is of type {type(found).__name__}: neither a torch.nn.Module nor what makes one")
    return lambda: found(**arguments)


def _made(target: Target, make: Callable[[], Any], real: bool) -> nn.Module:
    """Return the network; made anew for real where it cannot be made on meta tensors."""
    for device in ("cpu",) if real else ("meta", "cpu"):
        try:
            with torch.device(device):
                found = make()
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            if device == "cpu":
                _raised(target, "be made", error)
            continue
        if not isinstance(found, nn.Module):
            _refuse(target, f"makes a value of type {type(found).__name__}, not a torch.nn.Module")
        return found
    raise AssertionError("a CPU is the last that is tried")


def _refuse(target: Target, why: str) -> NoReturn:
    raise InputError(f"{printable(target.text)}: {printable(why)}") from None


def _raised(target: Target, doing: str, error: BaseException, hint: str = "") -> NoReturn:
    """Refuse with what the user's code raised: its type, its words, and where in the target's folder it was."""
    if isinstance(error, InputError):
        raise error
    where = _place(error, target.folder)
    _refuse(target, f"cannot {doing}: {raised(error)}{f' ({where})' if where else ''}{hint}")


def _place(error: BaseException, folder: Path) -> str:
    """Return file and line of the innermost frame that is of the folder, or nothing."""
    place, traceback = "", error.__traceback__
    while traceback is not None:
        file = Path(traceback.tb_frame.f_code.co_filename)
        if file.is_relative_to(folder) and "site-packages" not in file.parts:
            place = f"{os.path.relpath(file)}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return place
