"""Import the files of `--handles`, so that the formulas in them apply for a while."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from mfprofile.errors import InputError
from mfprofile.spec.missing import similar_file
from mfprofile.spec.words import printable, raised
from mfprofile.trace.imports import imports_from, module_of, shared_imports
from mfprofile.trace.own import formulas
from mfprofile.trace.places import place


@contextlib.contextmanager
def handles_of(files: Sequence[str]) -> Iterator[None]:
    """Import files with formulas; they apply inside the with block, together with those that targets register.

    Everything that the files print goes to stderr. Raises `InputError` for a file that does not exist, cannot be
    imported or registers no formula.
    """
    with shared_imports():
        for text in dict.fromkeys(files):
            _import(text)
        yield


def _import(text: str) -> None:
    file, before = Path(text).absolute(), formulas()
    if file.suffix != ".py" or not file.is_file():
        _refuse(text, _missing(file))
    try:
        with contextlib.redirect_stdout(sys.stderr), imports_from(file.parent) as names:
            module_of(file, names)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # all that the user's code raises becomes a message of one line
        if isinstance(error, InputError):
            _refuse(text, str(error), error)
        where = place(error)
        _refuse(text, f"cannot be imported: {raised(error)}{f' ({where})' if where else ''}", error)
    if formulas() is before and not any(Path(each.file) == file for each in before.values()):
        _refuse(text, 'has no formula; write @mfprofile.handle("namespace::operator") above a function in it')


def _missing(file: Path) -> str:
    if file.suffix != ".py":
        return "is not a Python file; give the path of a file that ends in .py"
    remedy = similar_file(file, (".py",))
    return f"no such file{f'; {remedy}' if remedy else ''}" if not file.exists() else "is not a file"


def _refuse(text: str, why: str, cause: BaseException | None = None) -> None:
    raise InputError(f"--handles {printable(text)}: {printable(why)}") from cause
