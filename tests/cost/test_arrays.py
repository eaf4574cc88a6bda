"""What is not a dimension is refused before it is counted: neither a wrapped count, nor `nan`, nor a bare error."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mfprofile.cost import count
from mfprofile.errors import InputError
from mfprofile.spec import load
from mfprofile.spec.layout import resolve
from mfprofile.spec.model import Resolution, Spec, TokensSpec

INT64 = "use numpy.array(…, dtype='int64')"
DECIDES = "cannot be an array: it decides which ops there are; count each value by itself"


def changed(path: str, value: Any, base: Any = None) -> Spec:
    """Return a spec with one field replaced, without validation."""
    base = load("mf26m") if base is None else base
    key, _, rest = path.partition(".")
    if isinstance(base, tuple):
        at = int(key) - 1
        return (*base[:at], changed(rest, value, base[at]), *base[at + 1 :])  # type: ignore[return-value]
    inner = changed(rest, value, getattr(base, key)) if rest else value
    return dataclasses.replace(base, **{key: inner})


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("stem", np.array([8, 16], np.int8), f"must be an array of int64, not of int8; {INT64}"),
        ("stem", np.array([8, 16], np.int32), f"must be an array of int64, not of int32; {INT64}"),
        ("stem", np.array([8, 16], np.uint64), f"must be an array of int64, not of uint64; {INT64}"),
        ("stem", np.array([8, 2**70], object), f"must be an array of int64, not of object; {INT64}"),
        ("stem", np.array([True, False]), f"must be an array of int64, not of bool; {INT64}"),
        ("stem", np.array(["8"]), f"must be an array of int64, not of <U1; {INT64}"),
        ("tokens.dim", np.array([8.0, np.nan]), f"must be an array of int64, not of float64; {INT64}"),
        ("tokens.dim", np.int8(8), f"must be an array of int64, not of int8; {INT64}"),
        ("blocks.2.out", np.array([], np.int64), "is an empty array; give one element per variant"),
        ("blocks.2.out", np.zeros((0, 3), np.int64), "is an empty array; give one element per variant"),
        ("blocks.2.exp", np.array([8, 0]), "must be 1 or more in each element, not 0"),
        ("head.fc", np.array([-8]), "must be 1 or more in each element, not -8"),
        ("stem", [8, 16], "must be a whole number or an int64 array, not a value of type list"),
        ("stem", (8, 16), "must be a whole number or an int64 array, not a value of type tuple"),
        ("stem", 8.5, "must be a whole number or an int64 array, not 8.5"),
        ("stem", float("nan"), "must be a whole number or an int64 array, not nan"),
        ("stem", {8, 16}, "must be a whole number or an int64 array, not a value of type set"),
        ("blocks", [], "must be a whole number or an int64 array, not a value of type list"),
        ("width", np.array([1.0, 0.5]), DECIDES),
        ("blocks.2.repeat", np.array([1, 2]), DECIDES),
        ("former.ffn", np.array([True, False]), DECIDES),
        ("attention", np.array(["mha", "mlp"]), DECIDES),
    ],
    ids=range(22),
)  # fmt: skip
def test_a_value_that_is_not_a_dimension_is_refused(path: str, value: Any, message: str) -> None:
    """The message names the key of the spec, as in files."""
    with pytest.raises(InputError) as caught:
        count(changed(path, value))
    assert str(caught.value) == f"{path}: {message}"


def test_arrays_must_fit_together() -> None:
    """Or be combined as numpy combines shapes."""
    spec = load("mf26m")
    with pytest.raises(InputError) as caught:
        count(dataclasses.replace(spec, tokens=TokensSpec(np.array([1, 2, 3]), np.array([128, 256]))))  # type: ignore[arg-type]
    assert str(caught.value) == (
        "tokens.dim: has the shape (2,), but tokens.count has (3,); give each array one element per variant"
    )
    grid = count(dataclasses.replace(spec, tokens=TokensSpec(np.array([[1], [2], [3]]), np.array([128, 256]))))  # type: ignore[arg-type]
    expected = [[count(spec.replace(tokens={"count": m, "dim": d})).madds for d in (128, 256)] for m in (1, 2, 3)]
    assert grid.madds.tolist() == expected  # type: ignore[attr-defined]


def test_a_network_is_checked_as_a_spec() -> None:
    """Its residuals may be arrays of booleans."""
    network = resolve(load("mf26m"))
    with pytest.raises(InputError, match=r"^stem\.channels: must be an array of int64, not of int8"):
        count(dataclasses.replace(network, stem=dataclasses.replace(network.stem, channels=np.array([8], np.int8))))  # type: ignore[arg-type]
    swept = resolve(changed("blocks.3.out", np.array([24, 32])))
    assert count(swept).madds.tolist() == count(changed("blocks.3.out", np.array([24, 32]))).madds.tolist()  # type: ignore[attr-defined]


def test_other_whole_numbers_are_counted() -> None:
    """A scalar of numpy, a series of pandas, an input of arrays, and a width of numpy."""
    madds = [count(load("mf26m").replace(tokens={"count": m})).madds for m in (1, 2)]
    assert count(changed("tokens.count", np.int64(2))).madds == madds[1]
    assert list(count(changed("tokens.count", pd.Series([1, 2]))).madds) == madds  # type: ignore[call-overload]
    sides = np.array([64, 96])
    assert count(changed("input", Resolution(sides, sides))).madds.tolist() == [  # type: ignore[arg-type, attr-defined]
        count(load("mf26m").replace(input=side)).madds for side in (64, 96)
    ]
    assert count(changed("width", np.float64(0.5))).madds == count(load("mf26m").replace(width=0.5)).madds
