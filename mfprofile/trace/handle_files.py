"""Import the files of `--handles`, so that the formulas in them apply for a while."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from mfprofile.errors import InputError
from mfprofile.spec.words import printable
from mfprofile.trace.imports import shared_imports
from mfprofile.trace.own import formulas
from mfprofile.trace.user_files import user_module


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
    before = formulas()
    with user_module(f"--handles {text}", text):
        pass
    if formulas() is before and not any(Path(each.file) == Path(text).absolute() for each in before.values()):
        what = 'has no formula; write @mfprofile.handle("namespace::operator") above a function in it'
        raise InputError(f"--handles {printable(text)}: {what}")
