"""Reading of a checkpoint's file: its sizes first, then its contents, without running code from it."""

from __future__ import annotations

import re
import stat
import warnings
import zipfile
from pathlib import Path
from typing import IO

import torch

from mfprofile.errors import InputError
from mfprofile.spec.words import printable

_ZIP = b"PK\x03\x04"
"""The first bytes by which torch takes a file for an archive."""


def read_contents(path: str | Path, room: int, network: str) -> object:
    """Return the contents of a checkpoint's file. Code in its pickle is never run.

    `room` is the most bytes that it may have when unpacked, as its own directory states them, so that no small file
    fills the memory. `network` is the model's name. Raises `InputError`.
    """
    try:
        if not stat.S_ISREG(Path(path).stat().st_mode):
            raise InputError(f"{printable(str(path))}: cannot be read: is not a file")
        with Path(path).open("rb") as file:
            size = _unpacked_size(file)
            if size > room:
                whose = network or "the model"
                rule = f"has {size:,} bytes when unpacked, more than the {room:,} that a checkpoint of {whose} may have"
                raise InputError(f"{printable(str(path))}: {rule}; save the weights alone")
            with warnings.catch_warnings(action="ignore"):  # about pickle's protocol, which users cannot change
                return torch.load(file, map_location="cpu", weights_only=True)
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"{printable(str(path))}: cannot be read: {error.strerror or error}") from None
    except Exception as error:  # damaged files make torch and pickle raise exceptions of many kinds
        rule = "cannot be read as a checkpoint without running code from it"
        raise InputError(f"{printable(str(path))}: {rule}: {_reason(error)}") from error


def _unpacked_size(file: IO[bytes]) -> int:
    """Return the size of a file, or of all members of an archive together, as they are when unpacked."""
    size = file.seek(0, 2)
    file.seek(0)
    if file.read(len(_ZIP)) == _ZIP:
        with zipfile.ZipFile(file) as archive:
            size = max(size, sum(member.file_size for member in archive.infolist()))
    file.seek(0)
    return size


def _reason(error: Exception) -> str:
    """Return the name that the file asks for, or the first line of the error, without torch's advice."""
    asked = re.search(r"GLOBAL (\S+)", str(error))
    text = str(error).rpartition("WeightsUnpickler error:")[2].strip() or type(error).__name__
    return printable(f"it asks for {asked[1]}" if asked else text.splitlines()[0].partition(". ")[0])[:200]
