"""Load the network of a model file of torch: an exported program, a script, or a pickle of a whole network.

What a file is, its content says, not its name. Torch runs code of the file when it loads a script or a pickle, and
`torch.export.load` unpickles too. So a file is loaded only where it is trusted. Before that, only the names of the
entries in its archive are read.
"""

from __future__ import annotations

import contextlib
import logging
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from torch import nn

from mfprofile.errors import InputError
from mfprofile.spec.missing import similar_file
from mfprofile.spec.sources import MODEL_FILES
from mfprofile.spec.words import printable, raised
from mfprofile.trace.imports import imports_from
from mfprofile.trace.trust import are_trusted

EXPORTED, SCRIPT, PICKLE = "an exported program", "a TorchScript file", "a pickle"
_POINTER = b"version https://git-lfs"
_PICKLES = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
"""How pickles start, of each protocol that torch has written."""


def network_in(place: str, arguments: Mapping[str, Any]) -> nn.Module:
    """Return the network that a model file holds. Raises `InputError` as `loaded` does, and for anything else.

    `arguments` of a factory are refused, because a file has none.
    """
    for key in arguments:
        raise InputError(f"{printable(place)}: is already a network and takes no arguments; remove --arg {key}")
    if not are_trusted() and sort_of(place) == EXPORTED:
        from mfprofile.trace.exported.archive import network_in as read_as_data

        return read_as_data(place)
    value = network_or_value(loaded(place))
    if not isinstance(value, nn.Module):
        what = "holds weights without a network" if isinstance(value, Mapping) else "does not hold a network"
        remedy = "save the whole network or its export, or count the network in code"
        raise InputError(f"{printable(place)}: {what}: it is of type {type(value).__name__}; {remedy}")
    return value


def network_or_value(value: Any) -> Any:
    """Return the network of an exported program, and any other value as it is."""
    if not isinstance(value, torch.export.ExportedProgram):
        return value
    from mfprofile.trace.exported.export import network_of

    return network_of(value)


def loaded(place: str) -> Any:
    """Return what a model file holds: a network, an `ExportedProgram`, or any other value of a pickle.

    The classes in a pickle are imported, first from the folder of the file. Raises `InputError` for a file that cannot
    be read, is damaged or of another sort, that is not trusted, or that cannot be loaded.
    """
    sort = sort_of(place)
    if not are_trusted():
        raise InputError(
            f"{printable(place)}: is {sort}, which can run any code when it is loaded, so it is not loaded; "
            "add --trust if you trust its source"
        )
    try:
        with imports_from(Path(place).absolute().parent), _quiet():
            return _LOADERS[sort](place)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # all that the file's code raises becomes a message of one line
        raise InputError(f"{printable(place)}: cannot be loaded: {printable(raised(error))}") from error


def sort_of(place: str) -> str:
    """Return which sort of model file a file is, by the names in its archive. Nothing in it is loaded.

    Raises `InputError` for a file that cannot be read, is damaged, or is of another sort.
    """
    file, wrong = Path(place), ""
    try:
        wrong = _refusal(file)
        sort = "" if wrong else _sort(file)
    except FileNotFoundError:
        remedy = similar_file(file, MODEL_FILES)
        wrong = f"no such file{f'; {remedy}' if remedy else ''}"
    except InputError as error:
        wrong = str(error)
    except (zipfile.BadZipFile, NotImplementedError, EOFError):
        wrong = "is cut off or damaged; save it again"
    except (OSError, ValueError) as error:  # ValueError for a null character in the name
        reason = error.strerror if isinstance(error, OSError) else str(error)
        wrong = f"cannot be read: {reason or error}"
    if wrong:
        raise InputError(f"{printable(place)}: {printable(wrong)}")
    return sort


def _refusal(file: Path) -> str:
    """Return why a file is not read, or ''. Raises `OSError` if it does not exist."""
    file.stat()
    if file.is_dir():
        return "is a folder; name a file in it"
    return "" if file.is_file() else "is not a regular file"


def _sort(file: Path) -> str:
    with file.open("rb") as stream:
        start = stream.read(len(_POINTER))
    if start.startswith(_POINTER):
        raise InputError("is a pointer of Git LFS; fetch the file with 'git lfs pull'")
    if start.startswith(_PICKLES):
        return PICKLE
    if not start.startswith(b"PK"):
        raise InputError("is not a model file of torch")
    with zipfile.ZipFile(file) as archive:
        names = {name.partition("/")[2] or name for name in archive.namelist()}
    if any(name.startswith("models/") or name == "serialized_exported_program.json" for name in names):
        return EXPORTED
    if "constants.pkl" in names or any(name.startswith("code/") for name in names):
        return SCRIPT
    if "data.pkl" in names:
        return PICKLE
    raise InputError("is an archive without a network")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Hide the warnings and logs of torch while it loads a file."""
    previous = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        logging.disable(previous)


def _script(place: str) -> Any:
    load: Any = torch.jit.load  # it has no types
    return load(place, map_location="cpu")


def _pickle(place: str) -> Any:
    return torch.load(place, map_location="cpu", weights_only=False)


def _exported(place: str) -> Any:
    with open(place, "rb") as stream:  # noqa: PTH123 - torch refuses a path that does not end in .pt2
        return torch.export.load(stream)


_LOADERS: Mapping[str, Callable[[str], Any]] = MappingProxyType({EXPORTED: _exported, SCRIPT: _script, PICKLE: _pickle})
