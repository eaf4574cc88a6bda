"""ONNX models to run: a file of the user, or what was exported; with the arrays that are their inputs. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mfprofile.errors import InputError
from mfprofile.spec.inputs import InputShape

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SEED = 0
BFLOAT16 = "bfloat16"
"""numpy has no such type: an array of it holds its bits as 16-bit integers."""


@dataclass(frozen=True, slots=True)
class Array:
    """The values of an input, and the name of their type."""

    values: NDArray[Any]
    dtype: str


@dataclass(frozen=True, slots=True)
class Model:
    """An ONNX model: the path of its file or its content, and its inputs in order. `label` is its name in messages."""

    label: str
    content: str | bytes
    inputs: Sequence[Array]


def model_in_file(path: str, inputs: Sequence[InputShape]) -> Model:
    """Return the model in a file with inputs of random values, the same each time.

    Floats are of a standard normal distribution; integers are 0 or 1 and booleans False or True. Raises `InputError`
    for another type.
    """
    import numpy as np

    generator = np.random.default_rng(SEED)
    return Model(path, path, [_drawn(path, each, generator) for each in inputs])


def _drawn(path: str, wanted: InputShape, generator: np.random.Generator) -> Array:
    if wanted.dtype == BFLOAT16 or not wanted.dtype.startswith(("float", "int", "uint", "bool")):
        raise InputError(f"{path}: its input {wanted} is not of a type that can be made; measure another file")
    if wanted.dtype.startswith("float"):
        return Array(generator.standard_normal(wanted.shape).astype(wanted.dtype), wanted.dtype)
    return Array(generator.integers(2, size=wanted.shape).astype(wanted.dtype), wanted.dtype)


def product(side: int, dtype: str) -> Model:
    """Return a model of one product of two square matrices, of which the second is stored as weights are."""
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    generator = np.random.default_rng(SEED)
    one, other = (generator.standard_normal((side, side)).astype(np.float32) for _ in range(2))
    kind = getattr(TensorProto, {"float32": "FLOAT", "float16": "FLOAT16", "bfloat16": "BFLOAT16"}[dtype])
    values = [of_dtype(each, dtype) for each in (one, other)]
    if dtype == BFLOAT16:
        stored = helper.make_tensor("b", kind, (side, side), values[1].values.tobytes(), raw=True)
    else:
        stored = numpy_helper.from_array(values[1].values, "b")
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["a", "b"], ["c"])],
        "product",
        [helper.make_tensor_value_info("a", kind, (side, side))],
        [helper.make_tensor_value_info("c", kind, (side, side))],
        [stored],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return Model("the peak's product", model.SerializeToString(), values[:1])


def of_dtype(values: NDArray[Any], dtype: str) -> Array:
    """Return floats in a dtype. Those in bfloat16 are cut, not rounded."""
    import numpy as np

    if dtype == BFLOAT16:
        return Array((values.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16).view(np.int16), dtype)
    return Array(values.astype(dtype), dtype)
