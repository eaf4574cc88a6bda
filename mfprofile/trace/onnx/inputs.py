"""The inputs of an ONNX graph: the sizes that the file gives, and those of `--input` for what it leaves open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from onnx import GraphProto, TensorProto, TypeProto, ValueInfoProto

from mfprofile.errors import InputError
from mfprofile.spec.inputs import InputShape
from mfprofile.spec.words import shown
from mfprofile.trace.onnx.tensors import check_sides, type_name
from mfprofile.trace.onnx.values import Value, tensor_type
from mfprofile.trace.shape_text import ShapeText, shape_text

Sides = list[int | str]
"""The sizes of an input as the file has them: a number, or the name of a size that is open ('?' without a name)."""


def values_of_inputs(place: str, graph: GraphProto, texts: Iterable[str]) -> dict[str, Value]:
    """Return the inputs of a graph, without initializers, with their sizes.

    `texts` are as of `--input`: those without a name are for the inputs in order. A shape may have the batch dimension
    or not. An open batch dimension is 1. Raises `InputError` for a size that stays open, and for a text that does not
    fit the file.
    """
    stored = {each.name for each in graph.initializer}
    infos = {each.name: each for each in graph.input if each.name not in stored}
    given = _given(list(infos), [shape_text(text) for text in texts])
    return {name: _value(place, info, given.get(name)) for name, info in infos.items()}


def shapes_of(values: dict[str, Value]) -> tuple[InputShape, ...]:
    """Return the shapes and types of inputs, for people. They have names if there are several."""
    known = {name: value for name, value in values.items() if value.shape is not None and value.type is not None}
    return tuple(
        InputShape(value.shape or (), type_name(value.type.tensor_type.elem_type), name if len(known) > 1 else "")
        for name, value in known.items()
        if value.type is not None
    )


def _given(names: Sequence[str], texts: Sequence[ShapeText]) -> dict[str, ShapeText]:
    """Return the text for each input that has one."""
    given: dict[str, ShapeText] = {}
    in_order = iter(names)
    for each in texts:
        name = each.name or next((name for name in in_order if name not in given), "")
        if name not in names:
            has = f"the file has {len(names)}: {', '.join(map(shown, names[:5]))}" if names else "the file has none"
            raise InputError(
                f"--input {each.text}: {f'no input {shown(name)}' if name else 'one input too many'}; {has}"
            )
        if name in given:
            raise InputError(f"--input {each.text}: the input {shown(name)} is given twice; remove one")
        given[name] = each
    return given


def _value(place: str, info: ValueInfoProto, text: ShapeText | None) -> Value:
    if not info.type.HasField("tensor_type"):
        if text is not None:
            raise InputError(f"--input {text.text}: the input {shown(info.name)} of {place} is not a tensor; remove it")
        return Value(info.type if info.type.WhichOneof("value") else None)
    element = info.type.tensor_type.elem_type
    if element not in TensorProto.DataType.values() or not element:
        raise InputError(f"{place}: input {shown(info.name)} has the unknown type {element}; export the file again")
    declared = _declared(info.type)
    if text is None:
        shape = _default(place, info.name, declared)
    else:
        if text.dtype and text.dtype != type_name(element):
            wanted = type_name(element)
            raise InputError(f"--input {text.text}: the file's input is of type {wanted}; use it, or leave it out")
        shape = _fitted(place, info.name, declared, text)
    return Value(tensor_type(element, check_sides(f"{place}: input {shown(info.name)}", shape)))


def _declared(kind: TypeProto) -> Sides | None:
    """Return the sizes that the file gives, or None if it does not even give their number."""
    if not kind.tensor_type.HasField("shape"):
        return None
    sides = kind.tensor_type.shape.dim
    return [side.dim_value if side.WhichOneof("value") == "dim_value" else side.dim_param or "?" for side in sides]


def _default(place: str, name: str, declared: Sides | None) -> Sequence[int]:
    """Return the sizes of an input that the user does not give: those of the file, with an open batch of 1."""
    if declared is None:
        example = _example(name, ["?", 3, 224, 224])
        raise InputError(f"{place}: input {shown(name)} has no shape in the file; give it, as in --input {example}")
    shape = [1 if not at and isinstance(side, str) else side for at, side in enumerate(declared)]
    known = [side for side in shape if isinstance(side, int)]
    if len(known) < len(shape):
        text = "×".join(map(str, declared))
        raise InputError(
            f"{place}: input {shown(name)} has the size {text}, which is open; give it without the batch, "
            f"as in --input {_example(name, declared)}"
        )
    return known


def _example(name: str, declared: Sides) -> str:
    """Return a text of `--input` with example sizes where the file has none."""
    sides = [side if isinstance(side, int) else 224 if len(declared) == 4 else 128 for side in declared[1:]]
    return f"{name}={'x'.join(map(str, sides)) or 1}"


def _fitted(place: str, name: str, declared: Sides | None, text: ShapeText) -> Sequence[int]:
    """Return the sizes that the user gives, with the batch; raises `InputError` if the file has other ones."""
    if declared is None:
        return [1, *text.shape]
    batch = [declared[0] if declared and isinstance(declared[0], int) else 1]
    shape = [*batch, *text.shape] if len(text.shape) == len(declared) - 1 else list(text.shape)
    pairs = zip(shape, declared, strict=False)
    if len(shape) != len(declared) or any(isinstance(other, int) and side != other for side, other in pairs):
        size = "×".join(map(str, declared)) or "one value"
        what = f"does not fit the input {shown(name)} of {place}, which has the size {size}"
        raise InputError(f"--input {text.text}: {what}; give these sizes, with or without the batch")
    return [side for side in shape if isinstance(side, int)]
