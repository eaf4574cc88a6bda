"""Reading a space: its choices and ranges, and a message for each invalid choice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mfprofile.errors import SpecError
from mfprofile.explore.space import read_space

BASE = """\
input: 64
classes: 10
tokens: {count: 2, dim: 16}
stem: 8
blocks:
  - {block: lite, expand: 2, out: 8}
  - {block: mf-down, expand: 3, out: 16}
  - {block: mf, expand: 4, out: same}
head: {fc: 4}
"""
LITE: dict[str, Any] = {"block": "lite", "expand": 2, "out": 8}


def _read(tmp_path: Path, old: str = "", new: str = "") -> Path:
    assert not old or BASE.count(old) == 1
    file = tmp_path / "space.yaml"
    file.write_text(BASE.replace(old, new) if old else BASE, encoding="utf-8")
    return file


def test_choices_are_grouped_by_their_path(tmp_path: Path) -> None:
    """The choices of the stem, each block and the head are on the chain; all others are global."""
    text = BASE.replace("count: 2", "count: [2, 3]").replace("stem: 8", "stem: {from: 8, to: 16, step: 4}")
    text = text.replace("out: same", "out: [same, 24], repeat: [0, 1]").replace("fc: 4", "fc: {from: 3, to: 5}")
    file = tmp_path / "space.yaml"
    file.write_text(text, encoding="utf-8")
    space = read_space(file)
    assert {choice.name: choice.values for choice in space.global_choices} == {"tokens.count": (2, 3)}
    assert {choice.name: choice.values for choice in space.stem} == {"stem": (8, 12, 16)}
    assert [[(choice.name, choice.values) for choice in entry] for entry in space.blocks] == [
        [],
        [],
        [("blocks.3.out", ("same", 24)), ("blocks.3.repeat", (0, 1))],
    ]
    assert {choice.name: choice.values for choice in space.head} == {"head.fc": (3, 4, 5)}


def test_the_repeat_of_a_block_of_stride_2_is_a_global_choice(tmp_path: Path) -> None:
    """It changes the resolution of every map after the block."""
    space = read_space(_read(tmp_path, "expand: 3, out: 16", "expand: 3, out: 16, repeat: [0, 1]"))
    assert [choice.name for choice in space.global_choices] == ["blocks.2.repeat"]


def test_a_space_extends_and_is_set_like_a_spec() -> None:
    """It can extend a shipped spec or space, and settings change it; a spec without choices is a space."""
    assert not read_space("mf294m").choices
    space = read_space({"extends": "mf294m", "tokens": {"count": [3, 6]}}, ["tokens.dim=[128, 192]"])
    assert [(choice.name, choice.values) for choice in space.choices] == [
        ("tokens.count", (3, 6)),
        ("tokens.dim", (128, 192)),
    ]
    assert [choice.values for choice in read_space({"extends": "tiny", "input": 64}).global_choices] == [
        (2, 3),
        (16, 32),
        (True, False),
    ]


def test_a_range_replaces_a_list_or_another_range() -> None:
    """In a space that extends another, no entries of a list are patched, and no old step remains."""
    extending = {"extends": "tiny", "tokens": {"dim": {"from": 16, "to": 48, "step": 16}}}
    assert [choice.values for choice in read_space(extending).global_choices if choice.name == "tokens.dim"] == [
        (16, 32, 48)
    ]
    stems = read_space({"extends": "mf294m-stages", "stem": {"from": 8, "to": 10}}).stem
    assert [choice.values for choice in stems] == [(8, 9, 10)]


def test_a_range_of_decimals_is_exact(tmp_path: Path) -> None:
    """Steps of 0.1 have no floating-point error."""
    space = read_space(_read(tmp_path, "stem: 8", "stem: 8\nwidth: {from: 0.7, to: 1, step: 0.1}"))
    assert space.global_choices[0].values == (0.7, 0.8, 0.9, 1)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("stem: 8", "stem: []", "space.yaml:4:7: stem: is an empty list; give at least one value"),
        ("stem: 8", "stem: [8, 16, 8]", "space.yaml:4:15: stem = 8: is in the list twice; remove one of them"),
        ("stem: 8", "stem: [8, 0]", "space.yaml:4:11: stem = 0: must be at least 1"),
        ("stem: 8", "stem: [8, wide]", "space.yaml:4:11: stem = 'wide': must be a whole number"),
        (
            "stem: 8",
            "stem: [8, [12, 16]]",
            "space.yaml:4:11: stem = [12, 16]: is a choice inside a choice; list the combinations",
        ),
        (
            "tokens: {count: 2, dim: 16}",
            "tokens: [{count: 2, dim: [16, 32]}]",
            "space.yaml:3:10: tokens = {count: 2, dim: [16, 32]}: is a choice inside a choice; list the combinations",
        ),
        (
            "stem: 8",
            "stem: {from: 8}",
            "space.yaml:4:7: stem = {from: 8}: a range must be {from: FIRST, to: LAST, step: STEP}",
        ),
        (
            "stem: 8",
            "stem: {from: 8, to: 4}",
            "space.yaml:4:7: stem = {from: 8, to: 4}: a range must have numbers with from ≤ to and step > 0",
        ),
        (
            "stem: 8",
            "stem: {from: 1, to: 60000}",
            "space.yaml:4:7: stem = {from: 1, to: 60000}: has more than 4,096 values",
        ),
        (
            "block: mf-down, ",
            "block: [mf-down], ",
            "space.yaml:7:13: blocks.2.block = ['mf-down']: the kind of block cannot be a choice; use one value in all variants",
        ),
        (
            "expand: 2, out: 8",
            "expand: 2, out: 8, stride: [1, 2]",
            "space.yaml:6:46: blocks.1.stride = [1, 2]: the resolution cannot be a choice; use one value in all variants",
        ),
        ("stem: 8", "stem: 8\nstm: [1, 2]", "space.yaml:5:1: stm: unknown key; did you mean 'stem'?"),
    ],
)
def test_an_invalid_choice_has_its_message(tmp_path: Path, old: str, new: str, message: str) -> None:
    """With the line and column of the value."""
    file = _read(tmp_path, old, new)
    with pytest.raises(SpecError) as caught:
        read_space(file)
    assert str(caught.value).splitlines()[0].endswith(message)


def test_all_problems_of_a_space_are_reported_at_once(tmp_path: Path) -> None:
    """One line for each, in the order of the file."""
    text = BASE.replace("stem: 8", "stem: [8, 8]").replace("dim: 16", "dim: []").replace("fc: 4", "fc: [4, -4]")
    file = tmp_path / "space.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        read_space(file)
    assert [problem.path for problem in caught.value.problems] == ["tokens.dim", "stem", "head.fc"]


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({"blocks": [[], *[LITE] * 8, {**LITE, "out": 0}]}, ["blocks.1", "blocks.10.out"]),
        ({"blocks": [[LITE, {**LITE, "out": -1}], *[LITE] * 8, {**LITE, "out": 0}]}, ["blocks.1.out", "blocks.10.out"]),
        ({"stem": [], "stems": 8}, ["stem", "stems"]),
        ({"tokens": [], "blocks": [{**LITE, "out": 0}]}, ["blocks.1.out", "tokens"]),
    ],
)
def test_a_malformed_choice_hides_no_problem_of_a_key_whose_name_begins_alike(
    changes: dict[str, Any], paths: list[str]
) -> None:
    """`blocks.10` is not a part of `blocks.1`."""
    with pytest.raises(SpecError) as caught:
        read_space({"stem": 8, "tokens": {"count": 2, "dim": 16}, "blocks": [LITE], "head": {"fc": 4}, **changes})
    assert [problem.path for problem in caught.value.problems] == paths


def test_a_space_with_a_variant_without_blocks_is_refused(tmp_path: Path) -> None:
    """A network has at least one block."""
    text = BASE.replace("out: 8}", "out: 8, repeat: [0, 1]}").replace("out: 16}", "out: 16, repeat: [0, 1]}")
    file = tmp_path / "space.yaml"
    file.write_text(text.replace("out: same", "out: same, repeat: 0"), encoding="utf-8")
    with pytest.raises(SpecError, match="'repeat' can be 0 in every block"):
        read_space(file)


def test_a_detector_is_refused() -> None:
    """Its pyramid connects the widths of three stages."""
    with pytest.raises(SpecError, match="a space cannot have a detector"):
        read_space("mf151m-retinanet")
