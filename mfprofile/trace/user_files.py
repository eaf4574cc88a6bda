"""Import a file of the user that an option names, with errors as messages of one line."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from mfprofile.errors import InputError
from mfprofile.spec.missing import no_code
from mfprofile.spec.words import printable, raised
from mfprofile.trace.imports import imports_from, module_of
from mfprofile.trace.places import place


@contextlib.contextmanager
def user_module(label: str, text: str) -> Iterator[ModuleType]:
    """Yield the module of a file, whose neighbours can be imported in the block. Its prints go to stderr.

    Raises `InputError` for a file that does not exist or cannot be imported. Each message starts with the label.
    """
    file = Path(text).absolute()
    python = "" if file.suffix == ".py" else "is not a Python file; give the path of a file that ends in .py"
    if wrong := python or no_code(text, file):
        raise InputError(f"{printable(label)}: {printable(wrong)}")
    with contextlib.redirect_stdout(sys.stderr), imports_from(file.parent) as before:
        try:
            module = module_of(file, before)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # all that the user's code raises becomes a message of one line
            raise refusal(label, "cannot be imported", error) from error
        yield module


def refusal(label: str, action: str, error: BaseException) -> InputError:
    """Return the message of an exception of the user's code, with its line."""
    if isinstance(error, InputError):
        return InputError(f"{printable(label)}: {printable(str(error))}")
    where = place(error)
    return InputError(f"{printable(label)}: {action}: {raised(error)}{f' ({where})' if where else ''}")
