"""Writing of files, completely or not at all: every file of the project is written here.

The content goes into a temporary file in the same folder, which then replaces the file. So a full disk or an interrupt
loses nothing. What stays: the file's mode and owner, and links. A symbolic link is followed. A file with several hard
links is overwritten in place, after the temporary file has shown that there is room. A device, a pipe, `/dev/stdout` or
`/dev/fd/N` is written into. Files written here obey the umask.

`InputError` means that the name cannot name a file, `OutputError` that the file cannot be written.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import signal
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mfprofile.errors import InputError, OutputError
from mfprofile.signals import handled
from mfprofile.spec.words import printable

if TYPE_CHECKING:
    from mfprofile.spec.model import Spec

_DESCRIPTORS = re.compile(r"/dev/fd|/proc/(\d+|self)(/task/\d+)?/fd")
"""The folders of open files."""
_MOST_LINKS = 40
_LONGEST_NAME = 255
"""In bytes, as most file systems have it."""


def write(file: str | Path, text: str) -> None:
    """Write a text file as UTF-8, completely or not at all. Raises `InputError` and `OutputError`."""
    write_bytes(file, text.encode())


def save(spec: Spec, file: str | Path) -> None:
    """Write a spec as a YAML file, completely or not at all; `load` reads it, with the name of the file.

    Raises `SpecError` for a spec that `load` would refuse, `InputError` and `OutputError`; see `Spec.to_yaml`.
    """
    check_spec_name(file)
    write(file, spec.to_yaml())


def check_spec_name(file: str | Path, given: str = "") -> None:
    """Raise `InputError` for a name that `load` would not take for a spec; `given` is the option before it."""
    if str(file) and Path(file).suffix not in (".yaml", ".yml") and not is_stream(file):
        raise InputError(f"{given}{file}: must end in .yaml or .yml")


def write_bytes(file: str | Path, content: bytes) -> None:
    """Write a file of bytes, completely or not at all. Raises `InputError` and `OutputError`."""
    _check_file_name(file)
    with reported(file):
        before = _status(file)
        descriptor = _own_descriptor(file)
        if descriptor is not None or _is_special(before):
            own = os.open(file, os.O_WRONLY) if descriptor is None else os.dup(descriptor)  # no O_CREAT: it exists
            with os.fdopen(own, "wb") as stream:
                stream.write(content)
        else:
            _check_place(file, before)
            _replace(Path(os.path.realpath(file)), content, before)


def append(file: str | Path, text: str) -> None:
    """Append text to a file, as UTF-8 and in one piece. If that fails, the file is as before. Raises `OutputError`."""
    _check_file_name(file)
    with reported(file):
        content = memoryview(text.encode())
        descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            before = os.fstat(descriptor)
            try:
                while content:
                    content = content[os.write(descriptor, content) :]
            except OSError:
                if stat.S_ISREG(before.st_mode):
                    os.ftruncate(descriptor, before.st_size)
                raise
        finally:
            os.close(descriptor)


def check(file: str | Path) -> None:
    """Raise what `write` would raise for this file now, without writing: before a long computation."""
    _check_file_name(file)
    with reported(file):
        before = _status(file)
        if _own_descriptor(file) is None and not _is_special(before):
            _check_place(file, before)


def is_stream(file: str | Path) -> bool:
    """Return whether the name is that of a device, a pipe or an open file, which is written into, not replaced."""
    try:
        return _own_descriptor(file) is not None or _is_special(Path(file).stat())
    except (OSError, ValueError):
        return False


@contextlib.contextmanager
def reported(file: str | Path) -> Iterator[None]:
    """Raise `OutputError` with the file's name for an error of the operating system."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{printable(str(file))}: cannot be written: {error.strerror or error}") from None


def named(stem: str, ending: str) -> str:
    """Return a file's name; its stem is cut if the name would be longer than a file's name may be.

    >>> named("lean", "-01.yaml"), len(named("é" * 255, "-01.yaml").encode())
    ('lean-01.yaml', 254)
    """
    room = _LONGEST_NAME - len(os.fsencode(ending))
    return os.fsencode(stem)[:room].decode(errors="ignore") + ending


def temporary_name() -> str:
    """Return a short unique name, so that files with the longest possible names can be written too."""
    return f".mfprofile-{secrets.token_hex(4)}"


@contextlib.contextmanager
def ending_cleanly() -> Iterator[None]:
    """Have a signal that ends the process raise `SystemExit` first, so that temporary files are removed."""
    received: list[int] = []

    def stop(number: int) -> None:
        received.append(number)
        raise SystemExit(128 + number)

    try:
        with handled(stop):
            yield
    finally:
        if received:
            signal.raise_signal(received[0])


def check_name(name: str | Path, what: str = "file") -> None:
    """Raise `InputError` for a name that no output file or folder (`what`) can have."""
    if not os.fspath(name):
        raise InputError(f"the name of the output {what} is empty; give a name")
    if "\0" in os.fspath(name):
        raise InputError(f"{printable(str(name))}: has a NUL character, which no file name can have; remove it")


def _check_file_name(file: str | Path) -> None:
    check_name(file)
    if os.fspath(file).endswith(("/", os.sep)):
        raise InputError(f"{printable(str(file))}: is the name of a folder; give the name of a file")


def _is_special(status: os.stat_result | None) -> bool:
    """Return whether this is the status of a device, a pipe or a socket."""
    return status is not None and not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode)


def _status(file: str | Path) -> os.stat_result | None:
    """Return the status of a file, links followed, or None if it does not exist."""
    try:
        return Path(file).stat()
    except FileNotFoundError:
        return None


def _check_place(file: str | Path, before: os.stat_result | None) -> None:
    """Raise `OSError` if the file is a folder or protected, or if its folder cannot be written."""
    folder = Path(os.path.realpath(file)).parent
    if before is not None and stat.S_ISDIR(before.st_mode):
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
    if before is not None and not os.access(file, os.W_OK):
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))
    if not stat.S_ISDIR(folder.stat().st_mode):
        raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OSError(errno.EACCES, f"{os.strerror(errno.EACCES)} in its folder")


def _own_descriptor(file: str | Path) -> int | None:
    """Return N if the file is `/dev/fd/N` of this process or a link to it, such as `/dev/stdout`."""
    path = Path(file).absolute()
    for _ in range(_MOST_LINKS):
        path = Path(os.path.realpath(path.parent), path.name)
        process = _DESCRIPTORS.fullmatch(str(path.parent))
        if process and path.name.isdecimal():
            return int(path.name) if process[1] in (None, "self", str(os.getpid())) else None
        if not path.is_symlink():
            return None
        path = path.parent / path.readlink()
    return None


def _replace(place: Path, content: bytes, before: os.stat_result | None) -> None:
    """Write a temporary file next to `place`, then put it there. Its temporary file never stays."""
    temporary = place.with_name(temporary_name())
    with ending_cleanly():
        try:
            with temporary.open("xb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            if before is not None and before.st_nlink > 1:
                _overwrite(place, content, before.st_size)
            else:
                if before is not None:
                    _take_over(temporary, before)
                temporary.replace(place)
        finally:
            temporary.unlink(missing_ok=True)


def _take_over(temporary: Path, before: os.stat_result) -> None:
    """Give the temporary file the owner, if that is allowed, and the mode of the file that it replaces."""
    if hasattr(os, "chown"):
        with contextlib.suppress(OSError):
            os.chown(temporary, before.st_uid, before.st_gid)
    temporary.chmod(stat.S_IMODE(before.st_mode))


def _overwrite(place: Path, content: bytes, size: int) -> None:
    """Overwrite a file in place, so that its hard links stay. Its room on the disk is reserved before it changes."""
    with place.open("r+b") as stream:
        if len(content) > size and hasattr(os, "posix_fallocate"):
            try:
                os.posix_fallocate(stream.fileno(), 0, len(content))
            except OSError as error:
                os.ftruncate(stream.fileno(), size)
                if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL):
                    raise
        try:
            stream.write(content)
        finally:
            stream.truncate()
