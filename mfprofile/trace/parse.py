"""Read inputs and factory arguments from text: inputs such as `3x224x224` or `tokens=int64:128`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import torch

from mfprofile.errors import InputError, SpecError
from mfprofile.spec.document import parse, plain
from mfprofile.spec.words import printable
from mfprofile.trace import FILLS
from mfprofile.trace.inputs import Input
from mfprofile.trace.shape_text import DTYPES as DTYPES
from mfprofile.trace.shape_text import shape_text

DEFAULT = "3x224x224"
_POWER = re.compile(r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]{1,3}", re.ASCII)


class Inputs(NamedTuple):
    """The inputs of a network, by order and by name; `assumed` if the user gave none and they are the default.

    `fill` is what they hold, one of `FILLS`.
    """

    ordered: Sequence[Input]
    named: dict[str, Input]
    assumed: bool = False
    fill: str = "zeros"


def inputs(texts: Iterable[str], fill: str | None = None) -> Inputs:
    """Return the inputs written as `[NAME=][TYPE:]SHAPE`, without the batch dimension; the default is one image.

    `fill` is what they hold, by default zeros. Raises `InputError` for a text of another form.

    >>> inputs(["3x32x32", "ids=int64:7"]).named["ids"].shape
    (7,)
    """
    fill = FILLS[0] if fill is None else fill
    if fill not in FILLS:
        raise InputError(f"--inputs {printable(fill)}: must be {' or '.join(FILLS)}")
    pairs = [_input(text) for text in texts]
    if not pairs:
        return Inputs([_input(DEFAULT)[1]], {}, assumed=True, fill=fill)
    named = {name: each for name, each in pairs if name}
    if len(named) != sum(bool(name) for name, _ in pairs):
        raise InputError("--input: two inputs have the same name")
    return Inputs([each for name, each in pairs if not name], named, fill=fill)


def _input(text: str) -> tuple[str, Input]:
    parts = shape_text(text)
    if parts.name and not parts.name.isidentifier():
        raise InputError(f"--input {text}: {parts.name!r} is not a valid argument name")
    return parts.name, Input(parts.shape, getattr(torch, parts.dtype) if parts.dtype else None)


def arguments(texts: Iterable[str]) -> dict[str, Any]:
    """Return a factory's arguments, written as `KEY=VALUE` with values in YAML.

    Raises `InputError` for a text of another form.

    >>> arguments(["width=0.5", "depths=[2, 2]", "norm=true", "eps=1e-5", "act=relu"])
    {'width': 0.5, 'depths': [2, 2], 'norm': True, 'eps': 1e-05, 'act': 'relu'}
    """
    values: dict[str, Any] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        key = key.strip()
        if not equals or not key.isidentifier():
            raise InputError(f"--arg {text}: must be KEY=VALUE, for example num_classes=10 or depths=[2,2,6,2]")
        if key in values:
            raise InputError(f"--arg {text}: {key} is given twice")
        values[key] = _value(text, value)
    return values


def _value(text: str, value: str) -> Any:
    if not value.strip():
        return ""
    try:
        root, problems = parse(value, f"--arg {text}")
    except SpecError as error:
        problems = list(error.problems)
    if problems:
        raise InputError(f"--arg {text}: {problems[0].rule}")
    parsed = plain(root)
    return float(parsed) if isinstance(parsed, str) and _POWER.fullmatch(parsed) else parsed
