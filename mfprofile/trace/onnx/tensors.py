"""The tensors that an ONNX file stores: whether their sizes and places are valid, and the values of small ones."""

from __future__ import annotations

import os
import re
from math import prod
from pathlib import Path
from typing import Any

from onnx import TensorProto, numpy_helper

from mfprofile.errors import InputError
from mfprofile.spec.words import shown

MOST_VALUES = 4096
"""The most values of a tensor that are kept and computed with; sizes and indices have fewer."""
MOST_SIDE = 2**40
MOST_ELEMENTS = 2**62
"""Beyond this the arithmetic of 64-bit sizes overflows."""

_FIELDS = ("float_data", "int32_data", "string_data", "int64_data", "double_data", "uint64_data")
_PACKED = ("INT4", "UINT4", "FLOAT4E2M1", "INT2", "UINT2")
"""The types with several values in a byte."""
_BITS = {"FLOAT": 32, "DOUBLE": 64, "BOOL": 8}
"""The bits of a value of the types whose names have no number."""


def type_name(element: int) -> str:
    """Return the name of a type as numpy and torch write it.

    >>> type_name(1), type_name(7)
    ('float32', 'int64')
    """
    name = str(TensorProto.DataType.Name(element)).lower()
    return {"float": "float32", "double": "float64"}.get(name, name)


def bytes_of(element: int, number: int) -> int | None:
    """Return the bytes of so many values of a type, or None for texts. Several small values share a byte.

    >>> bytes_of(TensorProto.FLOAT, 3), bytes_of(TensorProto.INT4, 3), bytes_of(TensorProto.STRING, 3)
    (12, 2, None)
    """
    name = TensorProto.DataType.Name(element)
    width = re.search(r"[0-9]+", name)  # onnx gives small floats another width, depending on its version
    bits = _BITS.get(name, int(width[0]) if width else None)
    return None if bits is None else -(-number * bits // 8)


def check_sides(what: str, sides: Any) -> tuple[int, ...]:
    """Return sizes as a tuple of ints. Raise `InputError` for a negative size, and for too many elements."""
    whole = tuple(map(int, sides))
    if any(side < 0 for side in whole):
        raise InputError(f"{what}: has the size {'×'.join(map(str, whole))}; a size cannot be negative")
    if any(side > MOST_SIDE for side in whole) or prod(side or 1 for side in whole) > MOST_ELEMENTS:
        raise InputError(f"{what}: has the size {'×'.join(map(str, whole))}; that is too large")
    return whole


def check_tensor(what: str, model: Path, tensor: TensorProto) -> None:
    """Raise `InputError` for a stored tensor of an impossible size, or whose data does not fit or is elsewhere."""
    number = prod(check_sides(what, tensor.dims))
    if tensor.data_type not in TensorProto.DataType.values() or tensor.data_type == TensorProto.UNDEFINED:
        raise InputError(f"{what}: has the unknown type {tensor.data_type}; install a newer onnx")
    if tensor.data_location == TensorProto.EXTERNAL:
        _check_place(what, model, tensor)
    name = TensorProto.DataType.Name(tensor.data_type)
    if tensor.raw_data and name not in (*_PACKED, "STRING"):
        needed = bytes_of(tensor.data_type, number)
        if needed not in (None, len(tensor.raw_data)):
            raise InputError(
                f"{what}: has {len(tensor.raw_data)} bytes of data, but its size needs {needed}; export the file again"
            )


def _check_place(what: str, model: Path, tensor: TensorProto) -> None:
    """Raise `InputError` if the data of a tensor is outside the model's folder. Its file may be missing."""
    location = external(tensor).get("location", "")
    folder = Path(os.path.realpath(model.absolute().parent))
    remedy = "move the data beside the model"
    if not location or "\0" in location:
        raise InputError(f"{what}: its data is in another file, which it does not name; export the file again")
    is_absolute = location.startswith(("/", "\\")) or Path(location).is_absolute() or location[1:2] == ":"
    if is_absolute or ".." in location.replace("\\", "/").split("/"):
        raise InputError(f"{what}: its data is in {shown(location)}, outside the model's folder; {remedy}")
    if not Path(os.path.realpath(folder / location)).is_relative_to(folder):
        raise InputError(f"{what}: its data is in {shown(location)}, a link out of the model's folder; {remedy}")
    for key in ("offset", "length"):
        text = external(tensor).get(key, "0")
        if not (text.isascii() and text.isdigit()):
            raise InputError(f"{what}: its data has the {key} {shown(text)}; it must be a whole number")


def external(tensor: TensorProto) -> dict[str, str]:
    """Return where the data of a tensor is, by key: location, offset, length."""
    return {_text(each.key): _text(each.value) for each in tensor.external_data}


def _text(value: str | bytes) -> str:
    """Return a text of a file; protobuf gives one that is not UTF-8 as bytes."""
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value


def forget_values(tensor: TensorProto) -> None:
    """Remove the values of a large tensor, because only its size is needed."""
    if prod(tensor.dims) > MOST_VALUES:
        tensor.ClearField("raw_data")
        for field in _FIELDS:
            tensor.ClearField(field)


def values_of(what: str, folder: Path, tensor: TensorProto) -> Any:
    """Return the values of a small stored tensor as an array, or None if they are not there.

    Raises `InputError` for data that cannot be read.
    """
    number = prod(tensor.dims)
    if number > MOST_VALUES or tensor.data_type == TensorProto.STRING:
        return None
    if tensor.data_location == TensorProto.EXTERNAL:
        tensor = _loaded(tensor, folder)
    if number and not tensor.raw_data and not any(len(getattr(tensor, field)) for field in _FIELDS):
        return None  # a file may come without its weights
    try:
        return numpy_helper.to_array(tensor)
    except Exception as error:  # onnx and numpy raise any
        raise InputError(f"{what}: its data cannot be read: {str(error).splitlines()[0]}") from None


def _loaded(tensor: TensorProto, folder: Path) -> TensorProto:
    """Return a tensor with its data from a file beside the model, or without data if the file has none of it."""
    place = external(tensor)
    inline = TensorProto(dims=tensor.dims, data_type=tensor.data_type)
    number = bytes_of(tensor.data_type, prod(tensor.dims)) or 0
    try:
        file = folder / place["location"]
        if file.is_file():
            with file.open("rb") as stream:
                stream.seek(int(place.get("offset", "0")))
                raw = stream.read(number)
            inline.raw_data = raw if len(raw) == number else b""
    except (OSError, OverflowError):
        return inline
    return inline
