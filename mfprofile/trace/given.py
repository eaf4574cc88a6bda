"""What is given to a network as text: inputs, as `3x224x224` or `tokens=int64:128`, and a factory's arguments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import torch

from mfprofile.spec.document import parse, plain
from mfprofile.spec.problems import InputError, SpecError
from mfprofile.spec.words import instead
from mfprofile.trace.trace import Input

DTYPES = (
    *("float32", "float16", "bfloat16", "float64", "int64", "int32", "int16", "int8", "uint8", "bool"),
    *("complex64", "complex128"),
)
DEFAULT = "3x224x224"
_INPUT = re.compile(r"(?:(?P<name>[^=:]*)=)?(?:(?P<dtype>[^=:]*):)?(?P<shape>[^=:]*)")
_POWER = re.compile(r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]{1,3}", re.ASCII)
_EXAMPLE = "as 3x224x224, int64:128 (128 numbers of that type) or mask=bool:128 (the argument called mask)"
_MOST_SIDE = 10**9


class Inputs(NamedTuple):
    """What a network is called with: in order, and by name; `assumed` where nothing was said."""

    ordered: Sequence[Input]
    named: dict[str, Input]
    assumed: bool = False


def inputs(texts: Iterable[str]) -> Inputs:
    """Return the inputs that are written as `[NAME=][TYPE:]SHAPE`, the batch of one left away; one image if none is.

    Raises `InputError` for what is not so written.

    >>> inputs(["3x32x32", "ids=int64:7"]).named["ids"].shape
    (7,)
    """
    found = [_input(text) for text in texts]
    if not found:
        return Inputs([_input(DEFAULT)[1]], {}, assumed=True)
    named = {name: one for name, one in found if name}
    if len(named) != sum(bool(name) for name, _ in found):
        raise InputError("--input: two have the same name")
    return Inputs([one for name, one in found if not name], named)


def _input(text: str) -> tuple[str, Input]:
    found = _INPUT.fullmatch(text.strip())
    if found is None or found["name"] == "":
        raise InputError(f"--input {text}: must be [NAME=][TYPE:]SHAPE, {_EXAMPLE}")
    if found["name"] and not found["name"].isidentifier():
        raise InputError(f"--input {text}: {found['name']!r} is no name of an argument")
    dtype = found["dtype"]
    if dtype is not None and dtype not in DTYPES:
        swapped = f"write the dtype first: {found['shape']}:{dtype}" if found["shape"] in DTYPES else ""
        raise InputError(f"--input {text}: unknown dtype {dtype!r}; {swapped or instead(dtype, DTYPES)}")
    shape = _shape(text, found["shape"], typed=dtype is not None)
    return found["name"] or "", Input(shape, getattr(torch, dtype) if dtype else None)


def _shape(text: str, shape: str, typed: bool) -> tuple[int, ...]:
    """Return the sides of a shape; after a type it may be empty: one value for the one image."""
    if typed and not shape:
        return ()
    sides = re.split("[x×]", shape)
    if not all(re.fullmatch("[0-9]{1,10}", side, re.ASCII) and 0 < int(side) <= _MOST_SIDE for side in sides):
        raise InputError(f"--input {text}: must be [NAME=][TYPE:]SHAPE, {_EXAMPLE}")
    return tuple(map(int, sides))


def arguments(texts: Iterable[str]) -> dict[str, Any]:
    """Return a factory's arguments, written as `KEY=VALUE`, the values as YAML; raises `InputError` for others.

    >>> arguments(["width=0.5", "depths=[2, 2]", "norm=true", "eps=1e-5", "act=relu"])
    {'width': 0.5, 'depths': [2, 2], 'norm': True, 'eps': 1e-05, 'act': 'relu'}
    """
    found: dict[str, Any] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        key = key.strip()
        if not equals or not key.isidentifier():
            raise InputError(f"--arg {text}: must be KEY=VALUE, as in num_classes=10 or depths=[2,2,6,2]")
        if key in found:
            raise InputError(f"--arg {text}: {key} is given twice")
        found[key] = _value(text, value)
    return found


def _value(text: str, value: str) -> Any:
    if not value.strip():
        return ""
    try:
        root, problems = parse(value, f"--arg {text}")
    except SpecError as error:
        problems = list(error.problems)
    if problems:
        raise InputError(f"--arg {text}: {problems[0].rule}")
    found = plain(root)
    return float(found) if isinstance(found, str) and _POWER.fullmatch(found) else found
