"""Results as plain data: what comes back is equal and of the same types, and a file can name no code."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import numpy as np
import pytest

from mfprofile.cost.weights import Weight
from mfprofile.explore.count import Number
from mfprofile.explore.plain import call_to_plain, from_plain, to_plain

VALUES = [
    *(None, True, 0, -(2**200), "text", 0.1, float("inf"), -0.0),
    *([], [1, [2]], (), (1, (2, [3])), {}, {("tokens", "dim"): {"a": 1}, 3: [None]}, frozenset({("a", 1)})),
    *(Number(1, 2**70), Weight(products=2), [(Number(1, 1), "x")]),
    *(np.int64(-5), np.float64(0.1), np.bool_(True)),
]
ARRAYS = [
    np.array([[1, 2**62], [-3, 4]]),
    np.array([True, False]),
    np.array([0.1, np.nan]),
    np.array([2**80, 1], object),
    np.zeros((0, 3), np.int64),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_values_come_back_as_they_were(value: Any) -> None:
    """Through the text of JSON, with their types."""
    back = from_plain(json.loads(json.dumps(to_plain(value))))
    assert (back, type(back), repr(back)) == (value, type(value), repr(value))


@pytest.mark.parametrize("array", ARRAYS, ids=str)
def test_arrays_come_back_as_they_were(array: Any) -> None:
    """With their shape and type."""
    back = from_plain(json.loads(json.dumps(to_plain(array))))
    assert (back.dtype, back.shape) == (array.dtype, array.shape)
    np.testing.assert_array_equal(back, array)


@pytest.mark.parametrize(
    "value", [object(), len, {1}, b"x", np.array(["x"]), lambda: 0], ids=lambda value: type(value).__name__
)
def test_other_values_are_refused(value: Any) -> None:
    """They are not data."""
    with pytest.raises(TypeError, match="is not data"):
        to_plain(value)


@pytest.mark.parametrize(
    "data",
    [
        {"object": ["subprocess:Popen", "true"]},
        {"object": ["os:system", "true"]},
        {"object": ["builtins:eval", "1"]},
        {"object": ["pathlib:Path", "x"]},
        {"object": ["mfprofile.__main__:main"]},
        {"object": ["mfprofile.explore.plain:to_plain", 1]},
        {"object": ["mfprofile.explore.resume:Resumable", "folder"]},
        {"object": ["mfprofile.explore.count:Number", 1]},
        {"object": ["mfprofile.explore.plain:np.ndarray", 1]},
        {"object": []},
        {"array": ["U9", [1], ["x"]]},
        {"array": ["int64", [2], [1]]},
        {"array": ["int64", [1], [2**70]]},
        {"map": [[[1], 2]]},
        {"float": 1},
        {"tuple": 1},
        {"unknown": 1},
        {"tuple": [], "set": []},
        {},
        1.5,
    ],
    ids=str,
)
def test_data_of_no_value_is_refused(data: Any) -> None:
    """Nothing of it is imported, called or made, except dataclasses and named tuples of this package."""
    with pytest.raises(ValueError):
        from_plain(data)


def test_a_function_is_its_name_and_its_arguments() -> None:
    """It must be one of a module, because another process must know it too."""
    assert call_to_plain(to_plain) == "mfprofile.explore.plain:to_plain"
    call = partial(partial(to_plain, 1), value=(2,))
    assert call_to_plain(call) == [
        "mfprofile.explore.plain:to_plain",
        {"tuple": [1]},
        {"map": [["value", {"tuple": [2]}]]},
    ]
    for function in (lambda: 0, len, Number):
        with pytest.raises(TypeError, match="is not a function of a module"):
            call_to_plain(function)
