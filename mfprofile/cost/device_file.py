"""A latency model as a JSON file. This module is imported only if there is one, because pydantic reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mfprofile.cost.device import Device, Errors, Rate
from mfprofile.cost.kinds import KINDS, ROLES
from mfprofile.cost.tested import Sums, Tested
from mfprofile.cost.weights import ANY
from mfprofile.errors import InputError, SpecError
from mfprofile.spec.problems import MISSING, Mark, Problem, dotted
from mfprofile.spec.reading import read_bytes
from mfprofile.spec.sources import shipped
from mfprofile.spec.words import instead, nearest

SCHEMA = 1
"""The version of the file. It increases when a field changes its meaning, but not for a new field."""
MOST_RATE = 10**15
"""The largest rate, in femtoseconds: a second."""
REMEDY = "use a file of 'mfprofile calibrate'"
"""What to do about a file that is not a latency model."""
_Fs = Annotated[int, Field(ge=0, le=MOST_RATE)]
_Amount = Annotated[int, Field(ge=0, le=10**18)]
_Share = Annotated[float, Field(ge=0, le=1)]
_Part = Annotated[float, Field(ge=0, le=100)]
_Text = Annotated[str, Field(min_length=1, max_length=200)]
_Model = TypeVar("_Model", bound=BaseModel)


class Strict(BaseModel):
    """Fields that must have their JSON types. Others, of a later version, are ignored."""

    model_config = ConfigDict(strict=True)


class _Rate(Strict):
    product: _Fs
    element: _Fs
    param: _Fs
    call: _Fs


class _Errors(Strict):
    nets: Annotated[int, Field(ge=1)]
    mean: _Part
    within_5: _Share
    within_10: _Share
    tau: Annotated[float, Field(ge=-1, le=1)]
    noise: _Part


class _Sums(Strict):
    products: _Amount
    depthwise: _Amount
    elements: _Amount
    softmax: _Amount
    params: _Amount
    calls: _Amount


class _Tested(Strict):
    spaces: Annotated[list[_Text], Field(min_length=1)]
    least: _Sums
    most: _Sums


class _File(Strict):
    type: Literal["latency-model"]
    schema_: Annotated[Literal[1], Field(alias="schema")]
    name: _Text
    conditions: dict[_Text, _Text]
    batch: Annotated[int, Field(ge=1, le=10**6)]
    dtype: _Text
    errors: _Errors | None
    tested: _Tested | None = None
    rates: Annotated[dict[str, _Rate], Field(min_length=1)]


def read_device(file: str | Path) -> Device:
    """Return the latency model in a JSON file of `mfprofile calibrate`, a shipped one by its name, or stdin for `-`.

    Raises `InputError` if it cannot be read, and `SpecError` with all problems of its fields.
    """
    document, label = read_document(file)
    return device_in(document, label)


def read_document(file: str | Path) -> tuple[Any, str]:
    """Return the JSON of a latency model, in a file or by the name of a shipped one, and what messages call it."""
    label, models = label_of(file), shipped("devices")
    try:
        raw = read_bytes(models.get(str(file), file), label)
    except InputError as error:
        close = nearest(str(file), models)
        raise InputError(f"{error}; {close}" if close else str(error)) from None
    return json_in(raw, label, REMEDY), label


def device_in(document: Any, label: str) -> Device:
    """Return the latency model in the JSON of a file. Messages call the file `label`. Raises as `read_device` does."""
    read = checked(_File, document, label, REMEDY)
    rates = {_key(text, label): Rate(**rate.model_dump()) for text, rate in read.rates.items()}
    errors = None if read.errors is None else Errors(**read.errors.model_dump())
    tested = None if read.tested is None else _tested(read.tested)
    return Device(read.name, rates, read.conditions, read.batch, read.dtype, errors, tested)


def device_json(device: Device) -> dict[str, Any]:
    """Return a latency model as JSON that `read_device` reads. Rates are in femtoseconds."""
    return {
        "type": "latency-model",
        "schema": SCHEMA,
        "name": device.name,
        "conditions": dict(device.conditions),
        "batch": device.batch,
        "dtype": device.dtype,
        "errors": None if device.errors is None else device.errors._asdict(),
        **({} if device.tested is None else {"tested": _tested_json(device.tested)}),
        "rates": {
            kind if role == ANY else f"{kind}/{role}": rate._asdict() for (kind, role), rate in device.rates.items()
        },
    }


def _tested(read: _Tested) -> Tested:
    return Tested(tuple(read.spaces), Sums(**read.least.model_dump()), Sums(**read.most.model_dump()))


def _tested_json(tested: Tested) -> dict[str, Any]:
    least, most = ({key: int(amount) for key, amount in each._asdict().items()} for each in tested[1:])
    return {"spaces": list(tested.spaces), "least": least, "most": most}


def label_of(file: str | Path) -> str:
    """Return what messages call a file."""
    return "<stdin>" if str(file) == "-" else str(file)


def json_in(raw: bytes, label: str, remedy: str) -> Any:
    """Return the JSON in a file. Raises `InputError` with the remedy if it has none."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise InputError(f"{label}: is not JSON; {remedy}") from None


def checked(model: type[_Model], document: Any, label: str, remedy: str) -> _Model:
    """Return the fields of a JSON document. Raises `SpecError` with all problems; the remedy is for missing fields."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise SpecError([_problem(each, label, remedy) for each in error.errors(include_url=False)]) from None


def _key(text: str, label: str) -> tuple[str, str]:
    """Return the kind and the role of a rate: `conv`, or `linear/head`."""
    kind, slash, role = text.partition("/")
    for name, names in ((kind, KINDS), (role, ROLES if slash else {""})):
        if name not in names:
            rule = "must be a kind of op, or KIND/ROLE"
            raise SpecError([Problem(Mark(label), f"rates.{text}", rule, MISSING, instead(name, sorted(names)))])
    return kind, role or ANY


def _problem(error: Mapping[str, Any], label: str, remedy: str) -> Problem:
    path, kind = dotted(error["loc"]), error["type"]
    if kind == "missing":
        return Problem(Mark(label), path, "is missing", remedy=remedy)
    rule = _RULES.get(kind, "has the wrong type").format(**error.get("ctx", {}))
    return Problem(Mark(label), path, rule, error["input"])


_RULES: Mapping[str, str] = {
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "int_type": "must be a whole number",
    "string_type": "must be text",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "dict_type": "must be a map",
    "list_type": "must be a list",
    "model_type": "must be a map",
    "too_short": "must not be empty",
}
