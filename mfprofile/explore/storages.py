"""Where the trials of a search are kept: a database of SQLAlchemy's, or a journal file of Optuna's.

Optuna is imported where it is used.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from mfprofile.errors import InputError
from mfprofile.spec.words import in_one_line, printable, raised, shown

if TYPE_CHECKING:
    from optuna.storages import BaseStorage

T = TypeVar("T")

_PASSWORD = re.compile(r"(://[^:/@]*:)[^@/]*@")
_RACED = re.compile("IntegrityError|Duplicate|already exists|locked", re.IGNORECASE)
_ATTEMPTS, _PAUSE = 20, 0.2  # seconds


def storage_of(url: str | None) -> BaseStorage | None:
    """Return the storage of a URL or of a journal file (`.log`), None for one in memory.

    Raises `InputError` if it cannot be opened.
    """
    import optuna

    if url is None:
        return None
    patient = {"connect_args": {"timeout": 60}} if url.startswith("sqlite") else None  # others may be writing
    try:
        if url.endswith(".log") and "://" not in url:
            from optuna.storages.journal import JournalFileBackend

            _check_journal(url)
            return optuna.storages.JournalStorage(JournalFileBackend(url))
        return retried(lambda: optuna.storages.RDBStorage(url, engine_kwargs=patient))
    except InputError:
        raise
    except Exception as error:  # of SQLAlchemy, of a driver, or of the file system
        hint = "give a URL such as sqlite:///study.db, or a file such as study.log"
        raise InputError(f"--study {without_password(url)}: cannot be opened: {_reason(error)}; {hint}") from error


def _reason(error: Exception) -> str:
    """Return why a storage cannot be opened, without the words of SQLAlchemy, which are for programmers."""
    match type(error).__name__:
        case "ArgumentError":
            return "it is not a URL"
        case "NoSuchModuleError":
            return "its kind of database is unknown"
        case "ImportError":
            return "the Python driver of its database is not installed"
        case "OperationalError":
            return in_one_line(str(getattr(error, "orig", error)))
    return (isinstance(error, OSError) and error.strerror) or raised(error)


def without_password(url: str) -> str:
    """Return a URL for messages: printable, with stars in place of its password.

    >>> without_password("postgresql://anna:secret@host/trials")
    'postgresql://anna:***@host/trials'
    """
    return printable(_PASSWORD.sub(r"\1***@", url))


def _check_journal(name: str) -> None:
    """Raise `InputError` if the last line of a file is not a whole one of Optuna's journal.

    Optuna would write after it, and damage a file that is no journal, or join its next entry to half a line. Another
    process may be writing that line, so it is read again for some seconds.
    """
    for attempt in range(_ATTEMPTS):
        last = _last_line(Path(name))
        if not last or _is_entry(last):
            return
        if attempt + 1 < _ATTEMPTS:
            time.sleep(_PAUSE)
    rule = f"its last line is not a whole line of Optuna's journal: {shown(last.decode(errors='replace').strip())}"
    hint = "remove that line if a process was killed while it wrote it, else use another file"
    raise InputError(f"--study {printable(name)}: {rule}; {hint}")


def _last_line(file: Path) -> bytes:
    """Return the last line of a file with its end, empty if it has none or does not exist."""
    try:
        return file.read_bytes().splitlines(keepends=True)[-1]
    except (FileNotFoundError, IndexError):
        return b""


def _is_entry(line: bytes) -> bool:
    """Return whether a line is a whole entry of Optuna's journal."""
    try:
        entry = json.loads(line)
    except ValueError:
        return False
    return line.endswith(b"\n") and isinstance(entry, dict) and "op_code" in entry


def retried(step: Callable[[], T]) -> T:
    """Return what a step returns; repeat it if another process has made the same table or row in between."""
    for _ in range(_ATTEMPTS):
        try:
            return step()
        except Exception as error:
            if not _RACED.search(f"{type(error).__name__} {error}"):
                raise
            time.sleep(_PAUSE)
    return step()
