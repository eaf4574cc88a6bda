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
_ARGUMENT = "KEY=VALUE, for example num_classes=10 or depths=[2,2,6,2]"
_FUNCTION = re.compile(r".+\.py:[^\W\d]\w*")


class Source(NamedTuple):
    """A function that returns the arguments of forward, as `file.py:function`; the label is the start of messages."""

    label: str
    text: str


class Inputs(NamedTuple):
    """The arguments of a network's forward, by order and by name; `assumed` if the user gave none but the default.

    `Input`s are made: `fill` is what they hold, one of `FILLS`, and `batch` is their batch, None for shapes without it.
    All others are passed as they are. `values` are the names of those that were given as plain values. With a
    `source`, a function returns the arguments.
    """

    ordered: Sequence[Any]
    named: dict[str, Any]
    assumed: bool = False
    fill: str = "zeros"
    batch: int | None = 1
    values: Sequence[str] = ()
    source: Source | None = None


def inputs(
    texts: Iterable[str],
    fill: str | None = None,
    batch: int | None = 1,
    values: Iterable[str] = (),
    place: str = "--inputs",
) -> Inputs:
    """Return the inputs written as `[NAME=][TYPE:]SHAPE`, without the batch dimension; the default is one image.

    `fill` is what they hold, by default zeros, or a function `file.py:function` that returns all arguments; `place` is
    where it is given. `values` are keyword arguments, written as `NAME=YAML`. Raises `InputError` for a text of another
    form, and for a name that is given twice.

    >>> inputs(["3x32x32", "ids=int64:7"]).named["ids"].shape
    (7,)
    """
    fill = FILLS[0] if fill is None else fill
    plain = arguments(values, "--value", "NAME=YAML, for example return_dict=false or sizes=[2,2]")
    if fill not in FILLS:
        if not _FUNCTION.fullmatch(fill):
            raise InputError(f"--inputs {printable(fill)}: must be {', '.join(FILLS)} or file.py:function")
        return Inputs([], plain, values=list(plain), source=Source(f"{place} {fill}", fill))
    pairs = [_input(text) for text in texts]
    named = {name: each for name, each in pairs if name}
    if len(named) != sum(bool(name) for name, _ in pairs):
        raise InputError("--input: two inputs have the same name")
    for name in named.keys() & plain.keys():
        raise InputError(f"--value {name}: --input gives {name} a shape already; use one of them")
    ordered = [each for name, each in pairs if not name] if pairs else [_input(DEFAULT)[1]]
    return Inputs(ordered, {**named, **plain}, not pairs, fill, batch, list(plain))


def _input(text: str) -> tuple[str, Input]:
    parts = shape_text(text)
    if parts.name and not parts.name.isidentifier():
        raise InputError(f"--input {text}: {parts.name!r} is not a valid argument name")
    return parts.name, Input(parts.shape, getattr(torch, parts.dtype) if parts.dtype else None)


def arguments(texts: Iterable[str], option: str = "--arg", form: str = _ARGUMENT) -> dict[str, Any]:
    """Return a factory's arguments, written as `KEY=VALUE` with values in YAML.

    Raises `InputError` for a text of another form; its message names the option and the form.

    >>> arguments(["width=0.5", "depths=[2, 2]", "norm=true", "eps=1e-5", "act=relu"])
    {'width': 0.5, 'depths': [2, 2], 'norm': True, 'eps': 1e-05, 'act': 'relu'}
    """
    values: dict[str, Any] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        key = key.strip()
        if not equals or not key.isidentifier():
            raise InputError(f"{option} {text}: must be {form}")
        if key in values:
            raise InputError(f"{option} {text}: {key} is given twice")
        values[key] = _value(f"{option} {text}", value)
    return values


def _value(label: str, value: str) -> Any:
    if not value.strip():
        return ""
    try:
        root, problems = parse(value, label)
    except SpecError as error:
        problems = list(error.problems)
    if problems:
        raise InputError(f"{label}: {problems[0].rule}")
    parsed = plain(root)
    return float(parsed) if isinstance(parsed, str) and _POWER.fullmatch(parsed) else parsed
