"""Specs, networks and spaces that have the same content are equal, and have the same hash."""

from __future__ import annotations

import copy
import dataclasses
import itertools
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mfprofile.explore.space import read_space
from mfprofile.spec import load
from mfprofile.spec.layout import resolve
from mfprofile.spec.sources import shipped

CHANGES: list[dict[str, Any]] = [
    {"stem": 24}, {"blocks": {8: {"out": 112}}}, {"blocks": {8: {"kernel": 5}}}, {"blocks": {3: {"repeat": 2}}},
    {"tokens": {"dim": 128}}, {"classes": 10}, {"input": 192}, {"input": "224x192"}, {"head": "none"},
    {"bridge": {"gate": False}}, {"former": {"ffn": False}}, {"width": 0.5}, {"budget": {"max": {"madds": "1M"}}},
    {"budget": {"max": {"madds": "2M"}}}, {"mobile": {"activation": "relu"}}, {"attention": "mlp"}, {},
]  # fmt: skip


@pytest.mark.parametrize("name", shipped())
def test_a_spec_equals_itself_read_again(name: str) -> None:
    """Also copied, pickled, and as a network."""
    one, other = load(name), load(name)
    assert one is not other
    assert one == other
    assert hash(one) == hash(other)
    assert {one, other, copy.deepcopy(one), pickle.loads(pickle.dumps(one)), one.replace()} == {one}
    assert resolve(one) == resolve(other)
    assert hash(resolve(one)) == hash(resolve(other))
    assert resolve(one).blocks == resolve(other).blocks
    assert len({resolve(one), resolve(other), copy.deepcopy(resolve(one))}) == 1


def test_specs_that_differ_in_any_key_are_not_equal() -> None:
    """Nor are their networks, except for a budget, which is not part of a network."""
    specs = [load("mf294m").replace({**change, "blocks": {**change.get("blocks", {}), **({1: {"exp": 24}, 2: {"exp": 96}} if "stem" in change else {})}}) if change else load("mf294m") for change in CHANGES]  # fmt: skip
    for one, other in itertools.combinations(specs, 2):
        assert one != other
        assert (resolve(one) == resolve(other)) is (one.budget != other.budget and one.replace(budget="none") == other.replace(budget="none"))  # fmt: skip
    assert len(set(specs)) == len(specs)


def test_the_name_is_a_part_of_a_spec() -> None:
    """A spec is not equal to a value of another type."""
    spec = load("mf294m")
    assert spec != dataclasses.replace(spec, name="mine")
    assert spec != "mf294m"
    assert resolve(spec) != spec
    assert load({"extends": "mf294m"}) == load({"extends": "mf294m"}) != spec


def test_specs_of_arrays_are_compared_by_each_element() -> None:
    """A comparison of arrays would be an array."""
    spec = load("mf26m")
    one, same, other, shorter = (
        dataclasses.replace(spec, stem=np.array(widths))  # type: ignore[arg-type]
        for widths in ([8, 16], [8, 16], [8, 24], [8])
    )
    assert one == same
    assert hash(one) == hash(same)
    assert one not in (other, shorter, spec)
    assert resolve(one) == resolve(same)
    assert resolve(one) not in (resolve(other), resolve(shorter), resolve(spec))
    whole = dataclasses.replace(spec, stem=np.int64(spec.stem))  # type: ignore[arg-type]
    assert whole == spec
    assert hash(whole) == hash(spec)


def test_spaces_are_equal_wherever_they_are_written(tmp_path: Path) -> None:
    """Their lines are for messages. A space with other values is not equal."""
    assert read_space("mf294m") == read_space("mf294m")
    text = "extends: mf294m\nclasses: [10, 100]\n"
    spaces = []
    for folder, content in (("a", text), ("b", f"# comment\n{text}"), ("c", text.replace("100", "101"))):
        (tmp_path / folder).mkdir()
        file = tmp_path / folder / "space.yaml"
        file.write_text(content, encoding="utf-8")
        spaces.append(read_space(file))
    assert spaces[0] == spaces[1] != spaces[2]
    assert hash(spaces[0]) == hash(spaces[1])
