"""The shape of pictures: wrapped titles, low pictures in one column, short lines to labels, one's own points on top."""

from __future__ import annotations

from pathlib import Path

import pytest
from effort import one_in
from matplotlib.colors import to_hex
from pictures import DPI, leaders, overlaps, texts

from mfprofile.view.plots.accuracy import accuracy
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.places import NEAREST
from mfprofile.view.report import PICTURES

OWN = "name,top1,madds\nsmall,68.0,96M\nbase,72.1,151M\nwide,76.3,290M\ndeep,77.2,340M\n"
TITLES = {
    "words": "What a mobile vision transformer costs: the widest Words Move MMMM to a Whole New Line when need be",
    "one word": "M" * 70,
}
QUICK = [name for name in PICTURES if name not in ("front-mf294m-stages", "accuracy-recounted", "accuracy-params")]


@pytest.fixture
def own(tmp_path: Path) -> str:
    """Return a file of four networks of one's own."""
    (tmp_path / "networks.csv").write_text(OWN, encoding="utf-8")
    return str(tmp_path / "networks.csv")


@pytest.mark.parametrize("name", one_in(3, QUICK))
def test_no_title_leaves_the_figure(name: str) -> None:
    """It is wrapped at the width of the figure, also in one column, and covers no other text."""
    look = Look(1, title=TITLES["words"])
    picture = PICTURES[name][1](look)
    assert overlaps(picture, look) == []
    assert picture.figure.get_suptitle().replace("\n", " ") == TITLES["words"]


@pytest.mark.parametrize("columns", [1, 2])
def test_a_title_of_one_long_word_is_broken(columns: int) -> None:
    """Nothing of it is lost."""
    look = Look(columns, title=TITLES["one word"])
    picture = PICTURES["pillars"][1](look)
    assert overlaps(picture, look) == []
    assert picture.figure.get_suptitle().replace("\n", "") == TITLES["one word"]


@pytest.mark.parametrize("only", [[], ["mine", "mobile-former"], ["mine"]])
def test_one_column_is_a_landscape(only: list[str], own: str) -> None:
    """About four to three with few points. The legend of all families makes it almost a square."""
    look = Look(1)
    picture = accuracy(look, file=own, only=only, with_front=True)
    width, height = picture.figure.get_size_inches()
    assert width / height > (1.25 if only else 1.0)
    assert overlaps(picture, look) == []


@pytest.mark.parametrize("columns", [1, 2])
def test_lines_to_labels_are_short_and_labels_hide_no_lines(columns: int, own: str) -> None:
    """A label without a place nearby is left out; behind a label there is a thin edge in place of a box."""
    look = Look(columns)
    picture = accuracy(look, file=own, with_front=True)
    shown = texts(picture, look)
    heights = [box.height for text, box in shown if text in ("base", "deep", "294M")]
    [axes] = picture.figure.axes
    for (x, y), (to_x, to_y) in leaders(axes):
        length = ((x - to_x) ** 2 + (y - to_y) ** 2) ** 0.5
        assert length <= 3.5 * max(heights)  # it ends a little inside the box of the label
        assert length * 72 / DPI <= 1.5 * NEAREST
    assert axes.texts
    assert all(text.get_bbox_patch() is None and text.get_path_effects() for text in axes.texts)


def test_ones_own_points_are_on_top_and_larger(own: str) -> None:
    """So is their front, below them but above all other lines. The legend calls them ours."""
    look = Look(1)
    [axes] = accuracy(look, file=own, with_front=True).figure.axes
    lines = {line.get_label(): line for line in axes.lines if not line.get_label().startswith("_")}
    points, front = lines.pop("ours"), lines.pop("front of ours")
    drawn = [
        line.get_zorder() for line in lines.values() if line.get_linestyle() != "None"
    ]  # a lone marker may be on top
    assert points.get_zorder() > front.get_zorder() > max(drawn)
    assert points.get_markersize() > max(line.get_markersize() for line in lines.values())
    assert {to_hex(points.get_color()), to_hex(front.get_color())} == {look.colors["user"].lower()}
    assert "ours as given" in axes.get_xlabel()
    assert "other families as printed" in axes.get_xlabel()
