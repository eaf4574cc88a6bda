"""The file and line of the user's code that raised an exception."""

from __future__ import annotations

import os
import sysconfig
import traceback
from importlib.util import find_spec
from pathlib import Path

_OWN = tuple(
    f"{Path(spec.origin).parent}{os.sep}"
    for spec in (find_spec("torch"), find_spec("mfprofile"))
    if spec is not None and spec.origin is not None
)
"""The folders of torch, which is perhaps not installed, and of mfprofile."""
_LIBRARIES = tuple(f"{Path(sysconfig.get_path(name))}{os.sep}" for name in ("purelib", "platlib"))
_PYTHON = (f"{Path(sysconfig.get_path('stdlib'))}{os.sep}", "<frozen ")


def place(error: BaseException) -> str:
    """Return the innermost line of the user's own code as `file.py:LINE`; '' if the exception was not raised in a file.

    Without code of the user, it is a line of an installed library, and if there is none, of a layer of torch.
    """
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.lineno]
    others = [frame for frame in frames if not frame.filename.startswith((*_OWN, "<frozen "))]
    users = [frame for frame in others if not _is_installed(frame.filename)]
    libraries = [frame for frame in others if frame.filename.startswith(_LIBRARIES)]
    layers = [frame for frame in frames if frame.filename.startswith(f"{_OWN[0]}nn{os.sep}")]
    innermost = next((some[-1] for some in (users, libraries, layers) if some), None)
    return "" if innermost is None else f"{_short(innermost.filename)}:{innermost.lineno}"


def _is_installed(file: str) -> bool:
    return file.startswith((*_LIBRARIES, *_PYTHON))


def _short(file: str) -> str:
    """Return a path relative to the current folder, or to the folder of installed packages, if it is in one of them."""
    for folder in map(Path, (str(Path.cwd()), *_LIBRARIES)):
        if Path(file).is_relative_to(folder):
            return Path(file).relative_to(folder).as_posix()
    return file
