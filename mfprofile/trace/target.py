"""Find and make a network by its target: `package.module:factory`, `path/file.py:Class`, or `timm:NAME` in a library.

A target runs code: its module is imported, and its factory is called. Nothing else is imported.
"""

from __future__ import annotations

import contextlib
import importlib
import os
from collections.abc import Callable, Iterator, Mapping, Set
from functools import reduce
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, NoReturn

import torch
from torch import nn

from mfprofile.errors import InputError
from mfprofile.spec.missing import code_target, no_code, other_classes
from mfprofile.spec.sources import is_file, is_model_file, shipped
from mfprofile.spec.words import EMPTY, nearest, printable, raised
from mfprofile.trace.advice import on_arguments
from mfprofile.trace.imports import imports_from, module_of
from mfprofile.trace.model_files import network_in, network_or_value
from mfprofile.trace.named import LIBRARIES
from mfprofile.trace.places import place
from mfprofile.trace.seeds import seeded

FORMS = "package.module:factory, path/file.py:Class, timm:NAME, torchvision:NAME or transformers:NAME"
Arguments = Mapping[str, Any]


class Target(NamedTuple):
    """A parsed target: the module, file or library, and the name in it."""

    text: str
    source: str
    name: str

    @property
    def is_file(self) -> bool:
        """Return whether the target names a file of code by its path."""
        return self.source.endswith(".py")

    @property
    def is_model(self) -> bool:
        """Return whether the target is a model file."""
        return not self.name

    @property
    def folder(self) -> Path:
        """Return the folder where its imports start: the file's folder, or the current one."""
        return Path(self.source).absolute().parent if self.is_file or self.is_model else Path.cwd()


def parsed(text: str) -> Target:
    """Return the parsed target; raises `InputError` if the text has none of the forms.

    >>> parsed("nets/small.py:Small").name, parsed("timm:resnet50.a1_in1k").source
    ('Small', 'timm')
    """
    if is_model_file(text):
        return Target(text, text, "")
    library, _, name = text.partition(":")
    if library in LIBRARIES and name:
        return Target(text, library, name)
    source, colon, name = text.rpartition(":")
    dotted = all(part.isidentifier() for part in source.split(".")) and not ("." in source and is_file(source))
    if colon and source and (source.endswith(".py") or dotted) and all(map(str.isidentifier, name.split("."))):
        return Target(text, source, name)
    raise InputError(f"{printable(text) or EMPTY}: {printable(_malformed(text))}")


def _malformed(text: str) -> str:
    """Return what is wrong with a text that has none of the forms of a target, and what to do."""
    source, _, name = text.rpartition(":")
    if text in LIBRARIES or text[:-1] in LIBRARIES:
        return f"has no name of a network; write {text.rstrip(':')}:NAME"
    if text.endswith(".py") and is_file(text):
        return f"is Python code; name a network in it, as in {code_target(text)}{other_classes(text)}"
    if source and not name:
        return f"has no name after the colon; write {code_target(source)}"
    if is_file(source):
        return f"{source} is not a Python file; write {FORMS}"
    if os.path.isdir(text):  # noqa: PTH112 - Path.is_dir() raises for long names
        return f"is a folder; write {FORMS}"
    spec = "; 'mfprofile count' counts specs" if text in shipped() or text.endswith((".yaml", ".yml")) else ""
    return f"does not name a network in code; write {FORMS}{spec}"


@contextlib.contextmanager
def opened(text: str, arguments: Arguments | None = None, real: bool = False) -> Iterator[nn.Module]:
    """Import what a target names, make the network and yield it, on meta tensors if possible and not `real`.

    `arguments` go to the factory, whose random numbers are seeded. Weights are never downloaded. Inside the with block,
    imports look in the target's folder first. At its end, the import path is restored, and modules imported from that
    folder are removed. Inside `shared_imports`, each file is imported once. Raises `InputError` if the target cannot be
    imported or the network cannot be made.
    """
    target = parsed(text)
    library = LIBRARIES.get(target.source)
    imports = imports_from(target.folder) if library is None else contextlib.nullcontext(frozenset[str]())
    with seeded(), imports as before:
        if target.is_model:
            model = network_in(text, arguments or {})
            make, real = (lambda: model), True  # its tensors exist already
        elif library is None:
            make = _factory(target, _attribute(target, _imported(target, before)), arguments or {})
        else:
            make = library.factory(target.name, arguments or {})
        yield _made(target, make, real, arguments or {})


def _imported(target: Target, before: Set[str]) -> ModuleType:
    if target.is_file:
        return _file(target, before)
    try:
        return importlib.import_module(target.source)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{target.source}.".startswith(f"{error.name}."):
            package_of = f" (of {target.source})" if error.name != target.source else ""
            _refuse(target, f"module {error.name!r}{package_of} is neither in this folder nor installed")
        _refuse_error(target, f"import {target.source}", error)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # all that the user's code raises becomes a message of one line
        _refuse_error(target, f"import {target.source}", error)


def _file(target: Target, before: Set[str]) -> ModuleType:
    file = Path(target.source).absolute()
    if wrong := no_code(target.source, file):
        _refuse(target, wrong)
    try:
        return module_of(file, before)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        _refuse_error(target, f"import {target.source}", error, _package_hint(target, error))


def _package_hint(target: Target, error: BaseException) -> str:
    """Return how to write the target by its package, if its file fails at a relative import, else ''."""
    parts = Path(target.source).with_suffix("").parts
    if not (isinstance(error, ImportError) and "relative import" in str(error) and all(map(str.isidentifier, parts))):
        return ""
    return f"; for a file in a package, write {'.'.join(parts)}:{target.name}"


def _attribute(target: Target, module: ModuleType) -> Any:
    """Return the module's attribute with the target's name; raises `InputError` with similar names, or with all."""
    try:
        return reduce(getattr, target.name.split("."), module)
    except AttributeError:
        candidates = {name.lower(): name for name, value in vars(module).items() if _is_candidate(module, value)}
        hint = nearest(target.name, list(candidates))
        for lower, name in candidates.items():
            hint = hint.replace(f"'{lower}'", f"'{name}'")
        some = [*list(candidates.values())[:10], *(["…"] if len(candidates) > 10 else [])]
        use = f"use {'one of ' if len(some) > 1 else ''}{', '.join(some)}"
        _refuse(
            target, f"{target.source} has no {target.name!r}; {hint or (use if candidates else 'it has no network')}"
        )


def _is_candidate(module: ModuleType, value: Any) -> bool:
    """Return whether a value is a network, a callable of the module, or a network class of the same package."""
    home = str(getattr(value, "__module__", None))
    is_class = isinstance(value, type) and issubclass(value, nn.Module)
    is_of_package = is_class and home.partition(".")[0] == module.__name__.partition(".")[0]
    return isinstance(value, nn.Module) or is_of_package or (home == module.__name__ and callable(value))


def _factory(target: Target, value: Any, arguments: Arguments) -> Callable[[], Any]:
    """Return a function that makes the network from the target's value: it calls the value, or returns a network."""
    value = network_or_value(value)
    if isinstance(value, nn.Module):
        if arguments:
            _refuse(target, f"is already a network and takes no arguments; remove --arg {next(iter(arguments))}")
        return lambda: value
    if not callable(value):
        _refuse(
            target, f"is of type {type(value).__name__}; use a torch.nn.Module, or a class or function that makes one"
        )
    return lambda: value(**arguments)


def _made(target: Target, make: Callable[[], Any], real: bool, arguments: Arguments) -> nn.Module:
    """Return the network that `make` makes, on meta tensors if possible and not `real`."""
    for device in ("cpu",) if real else ("meta", "cpu"):
        try:
            with seeded(), torch.device(device):
                model = network_or_value(make())
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            if device == "cpu":
                _refuse_error(target, "be made", error, on_arguments(arguments, error))
            continue
        if not isinstance(model, nn.Module):
            _refuse(target, f"makes a value of type {type(model).__name__}, not a torch.nn.Module")
        return model
    raise AssertionError("the CPU is the last device to try")


def _refuse(target: Target, why: str) -> NoReturn:
    raise InputError(f"{printable(target.text)}: {printable(why)}") from None


def _refuse_error(target: Target, action: str, error: BaseException, hint: str = "") -> NoReturn:
    """Raise `InputError` with the type and message of the user's exception, and the line of their code."""
    if isinstance(error, InputError):
        raise error
    where = place(error)
    why = printable(f"cannot {action}: {raised(error)}{f' ({where})' if where else ''}{hint}")
    raise InputError(f"{printable(target.text)}: {why}") from error
