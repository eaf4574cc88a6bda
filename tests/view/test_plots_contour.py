"""Contours: exact counts at every valid point, and lines between the points."""

from __future__ import annotations

from pathlib import Path

import pytest
from pictures import EACH_LOOK, covered, overlaps, texts
from running import run

from mfprofile.cost import count
from mfprofile.explore.space import read_space
from mfprofile.spec import load
from mfprofile.view.plots.contour import LARGEST, contour
from mfprofile.view.plots.look import Look

KEYS = ("tokens.count", "tokens.dim")


@pytest.mark.parametrize("convention", ["core", "paper"])
def test_each_point_is_the_variants_own_count(convention: str) -> None:
    """Every record is the count of the spec with those two values. The spec's own point is included."""
    picture = contour(Look(), read_space("mf294m"), "tokens.count=1:9", "tokens.dim", convention)
    for record in picture.data[::7]:
        assert record["madds"] == count(load("mf294m", [f"{key}={record[key]}" for key in KEYS]), convention).madds
    assert {"tokens.count": 6, "tokens.dim": 192, "madds": count("mf294m", convention).madds} in picture.data


def test_invalid_points_are_skipped() -> None:
    """An `exp` that is not a multiple of the input channels is skipped."""
    picture = contour(Look(), read_space("mf294m"), "blocks.2.exp=16:64", "blocks.2.out")
    assert {record["blocks.2.exp"] for record in picture.data} == {16, 32, 48, 64}


def test_a_spaces_choices_are_the_values() -> None:
    """The values are exactly those of the space."""
    space = read_space("mf294m-tokens")
    choices = {choice.name: choice.values for choice in space.choices}
    picture = contour(Look(), space, *KEYS)
    for key in KEYS:
        assert sorted({record[key] for record in picture.data}) == sorted(choices[key])


@pytest.mark.parametrize("look", EACH_LOOK, ids=str)
@pytest.mark.parametrize(
    ("name", "x", "y"),
    [("mf294m", *KEYS), ("mf294m-tokens", *KEYS), ("mf508m", "blocks.9.exp", "blocks.9.out=64:256:16"), ("mf26m", "input", "head.fc"), ("mf96m", "stem=8:16:4", "classes=10:1010:500")],
)  # fmt: skip
def test_labels_do_not_overlap(look: Look, name: str, x: str, y: str) -> None:
    """They do not overlap and are inside the figure."""
    picture = contour(look, read_space(name), x, y)
    assert overlaps(picture, look) == []


@pytest.mark.parametrize("look", EACH_LOOK, ids=str)
def test_the_name_of_the_spec_lies_between_the_counted_points(look: Look) -> None:
    """Where there is room; in a denser grid the name is there as well."""
    picture = contour(look, read_space("mf508m"), "blocks.9.exp", "blocks.9.out=64:256:16")
    assert not [line for line in covered(picture, look) if "mf508m" in line]
    dense = contour(Look(1), read_space("mf294m"), *KEYS)
    assert "mf294m" in {text for text, _ in texts(dense, Look(1))}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--x", "tokens.cout", "--y", "tokens.dim"], "tokens.cout is not a key with a whole number; did you mean 'tokens.count'?"),
        (["--x", "tokens.dim", "--y", "tokens.dim"], "tokens.dim: a contour needs two different keys"),
        (["--x", "groups", "--y", "tokens.dim"], "groups: has no default range; use groups=FROM:TO:STEP"),
        (["--x", "tokens.count=9:1", "--y", "tokens.dim"], "tokens.count=9:1: must be KEY=FROM:TO or KEY=FROM:TO:STEP, as in tokens.count=1:12"),
        (["--x", "tokens.dim=1:3", "--y", "tokens.count"], "tokens.dim: lines need two valid values or more"),
        (["--x", "classes=1:9000", "--y", "head.fc=1:9000"], f"9000 × 9000 points are more than {LARGEST:,}; use wider steps"),
        (["--x", "tokens.count=6", "--y", "tokens.dim"], "tokens.count=6: must be KEY=FROM:TO or KEY=FROM:TO:STEP, as in tokens.count=1:12"),
        (["--x", "former.heads=1:4", "--y", "bridge.heads=1:2"], "no lines to draw: madds is 286,732,160 at every point"),
        (["--x", "tokens.count=1:2", "--y", "tokens.dim=128:192:64", "--at", "5G"], "no lines to draw: madds is between 257,593,728 and 265,268,096 at every point"),
        (["--x", "tokens.dim", "--y", "tokens.count", "--at", "lots"], "'lots': must be an amount such as 300M, 0.3G or 300_000_000"),
    ],
)  # fmt: skip
def test_wrong_input_is_one_message(arguments: list[str], message: str, tmp_path: Path) -> None:
    """Exit code 2, one line."""
    done = run("plot", "contour", "mf294m", *arguments, "-o", str(tmp_path / "x.png"))
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {message}\n")


def test_repeated_and_unreached_amounts_are_valid() -> None:
    """A line is drawn once, and the picture lists amounts that are not reached. Depth is a key with whole ticks."""
    look = Look()
    levels = [300_000_000, 300_000_000, 5_000_000_000]
    picture = contour(look, read_space("mf294m"), "groups=1:4", "blocks.9.repeat", "core", levels)
    shown = [text for text, _ in texts(picture, look)]
    assert "counted (convention 'core'), lines interpolated; not reached: 5G" in shown
    assert shown.count("300M") == 1
    [axes] = picture.figure.axes
    assert (list(axes.get_xticks()), list(axes.get_yticks())) == ([1, 2, 4], [1, 2])


def test_every_line_has_its_amount() -> None:
    """A line in the corner that is too short for it has its amount next to it."""
    look = Look()
    shown = [text for text, _ in texts(contour(look, read_space("mf294m"), *KEYS), look)]
    assert [f"{at}M" for at in range(260, 421, 20)] == sorted(text for text in shown if text.endswith("M"))


def test_flops_are_named() -> None:
    """The title has the unit of the convention."""
    title = contour(Look(), read_space("mf294m"), *KEYS, "torch").title
    assert title == "mf294m: FLOPs by tokens.count and tokens.dim"


def test_lines_can_be_chosen() -> None:
    """--at draws only the given amounts."""
    done = run(
        "plot", "contour", "mf294m", "--x", "tokens.count", "--y", "tokens.dim", "--at", "300M", "-o", "/dev/null/x.png"
    )
    assert done.returncode == 74, "drawn, but not written there"
