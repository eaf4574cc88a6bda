"""Read the text of an input, `[NAME=][TYPE:]SHAPE`, without torch."""

from __future__ import annotations

import re
from typing import NamedTuple

from mfprofile.errors import InputError
from mfprofile.spec.words import instead

DTYPES = (
    *("float32", "float16", "bfloat16", "float64", "int64", "int32", "int16", "int8", "uint8", "bool"),
    *("complex64", "complex128"),
)
_INPUT = re.compile(r"(?:(?P<name>[^=]*)=)?(?:(?P<dtype>[^=:]*):)?(?P<shape>[^=:]*)")
_FORM = (
    "must be [NAME=][TYPE:]SHAPE, for example 3x224x224, int64:128 (128 values of that type) "
    "or mask=bool:128 (for the argument mask)"
)
_MOST_SIDE = 10**9


class ShapeText(NamedTuple):
    """The parts of an input's text: its name or '', its type or '', and its shape without the batch dimension."""

    text: str
    name: str
    dtype: str
    shape: tuple[int, ...]


def shape_text(text: str) -> ShapeText:
    """Return the parts of an input's text. Its name may be any text. Raises `InputError` for another form.

    >>> shape_text("ids=int64:7")[1:]
    ('ids', 'int64', (7,))
    """
    match = _INPUT.fullmatch(text.strip())
    if match is None or match["name"] == "":
        raise InputError(f"--input {text}: {_FORM}")
    dtype = match["dtype"]
    if dtype is not None and dtype not in DTYPES:
        swapped = f"write the dtype first: {match['shape']}:{dtype}" if match["shape"] in DTYPES else ""
        raise InputError(f"--input {text}: unknown dtype {dtype!r}; {swapped or instead(dtype, DTYPES)}")
    return ShapeText(text, match["name"] or "", dtype or "", _shape(text, match["shape"], has_dtype=dtype is not None))


def _shape(text: str, shape: str, has_dtype: bool) -> tuple[int, ...]:
    """Return the sides of a shape. It may be empty after a dtype: the input is then one value for each image."""
    if has_dtype and not shape:
        return ()
    sides = re.split("[x×]", shape)
    if not all(re.fullmatch("[0-9]{1,10}", side, re.ASCII) and 0 < int(side) <= _MOST_SIDE for side in sides):
        raise InputError(f"--input {text}: {_FORM}")
    return tuple(map(int, sides))
