"""Accuracy against cost: the points, their places and their names."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from effort import one_in
from pictures import EACH_LOOK, LOOKS, covered, misleading, overlaps, texts
from running import run

from mfprofile import count
from mfprofile.cost.conventions import CONVENTIONS
from mfprofile.errors import InputError
from mfprofile.paper.baselines import recounts
from mfprofile.paper.results import CNN, OURS, VIT
from mfprofile.view.plots.accuracy import accuracy
from mfprofile.view.plots.detection import detection
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.units import YOURS

MINE = """name,top1,spec,madds,params
mine,78.4,mf294m-kernel5,,
"small, one $x$",70.1,,88M,3.3M
unmeasured,,mf151m-coco,,
another one,,,300M,4M
a name so long that nobody should give it to a network,,,310M,4M
"""


@pytest.fixture
def mine(tmp_path: Path) -> str:
    """Return a user's file."""
    file = tmp_path / "mine.csv"
    file.write_text(MINE)
    return str(file)


@pytest.mark.parametrize("cost", ["madds", "params"])
def test_mobile_former_is_counted_and_the_others_are_as_printed(cost: str) -> None:
    """Seven are counted; the twelve CNNs and fifteen transformers of Tables 2 and 3 have their printed digits."""
    data = accuracy(Look(), cost=cost).data
    counted = {point["name"]: point["cost"] for point in data if point["source"] == "counted"}
    bills = {f"{size}M": count(f"mf{size}m", "paper") for size in (26, 52, 96, 151, 214, 294, 508)}
    assert counted == {name: bill.madds if cost == "madds" else bill.counted_params for name, bill in bills.items()}
    printed = {point["name"]: point["cost"] for point in data if point["sort"] in (CNN, VIT)}
    assert printed["MobileNetV3 1.0× (160²)"] == {"madds": 112_000_000, "params": 5_400_000}[cost]
    assert printed["DeiT-Tiny"] == {"madds": 1_200_000_000, "params": 5_700_000}[cost]
    assert {point["sort"] for point in data} == {OURS, CNN, VIT}


@pytest.mark.parametrize("cost", ["madds", "params"])
def test_recounted_baselines_are_at_their_counts(cost: str) -> None:
    """Ours are counted and those that can be built are recounted, all in core; the others are as printed."""
    data = accuracy(Look(), cost=cost, recounted=True).data
    assert Counter(point["source"] for point in data) == {"counted": 7, "recounted": 24, "printed": 4}
    core = {f"{size}M": count(f"mf{size}m") for size in (26, 52, 96, 151, 214, 294, 508)}
    assert {point["name"]: point["cost"] for point in data if point["source"] == "counted"} == {
        name: getattr(bill, cost) for name, bill in core.items()
    }
    others = {point["name"]: point["cost"] for point in data if point["source"] != "counted"}
    for model, size, shown in (("MobileNetV3 1.0×", "160", "MobileNetV3 1.0× (160²)"), ("PVT-Tiny", "224", "PVT-Tiny")):
        [one] = [each for each in recounts() if (each.model, each.input) == (model, size)]
        assert others[shown] == getattr(one, cost)
    assert others["Swin-1G"] == {"madds": 1_000_000_000, "params": 7_300_000}[cost]


def test_a_point_as_printed_is_hollow() -> None:
    """All other points are filled. Without --recounted no point is hollow."""
    look = Look()
    for recounted in (True, False):
        picture = accuracy(look, recounted=recounted)
        [axes] = picture.figure.axes
        empty = [line for line in axes.lines if line.get_markerfacecolor() == look.colors["ground"]]
        printed = {point["cost"] for point in picture.data if point["source"] == "printed"}
        assert {x for line in empty for x in line.get_xdata()} == (printed if recounted else set())
        assert sum(len(line.get_xdata()) for line in axes.lines if line.get_marker() != "None") >= len(picture.data)


@pytest.mark.parametrize("look", EACH_LOOK)
@pytest.mark.parametrize("cost", ["madds", "params"])
def test_nothing_overlaps_among_recounted_baselines(look: Look, cost: str) -> None:
    """In both widths, light and dark. The label of the axis explains hollow points."""
    picture = accuracy(look, cost=cost, recounted=True)
    assert overlaps(picture, look) == []
    assert covered(picture, look) == []
    shown = [text for text, _ in texts(picture, look)]
    assert any("(convention 'core'; hollow: as printed)" in text.replace("\n", " ") for text in shown)
    assert "as printed" in shown


def test_standard_input_is_a_variant_and_a_repeated_variant_is_drawn_once(tmp_path: Path) -> None:
    """A spec is read once, and not again for its name."""
    done = run(
        "plot", "accuracy", "-", "-", "-o", str(tmp_path / "a.svg"), stdin="extends: mf294m\ntokens: {count: 4}\n"
    )
    assert (done.returncode, done.stderr) == (0, f"wrote {tmp_path / 'a.svg'}\n")
    data = accuracy(Look(), ["mf294m-mlp", "mf294m-mlp"]).data
    assert [point["name"] for point in data if point["sort"] == YOURS] == ["mf294m-mlp"]


def test_recounts_are_not_compared_with_another_convention() -> None:
    """They are in core, so Mobile-Former must be in core too."""
    with pytest.raises(
        InputError, match=r"^baselines are recounted in 'core', which cannot be compared with 'paper'; use 'core'$"
    ):
        accuracy(Look(), convention="paper", recounted=True)


def test_a_variant_has_the_accuracy_that_the_paper_prints_or_none() -> None:
    """Table 9 has one for the MLP. The backbone of a detector has none."""
    data = accuracy(Look(), ["mf294m-mlp", "mf151m-coco", "mf294m"]).data
    yours = {point["name"]: (point["top1"], point["cost"]) for point in data if point["sort"] == YOURS}
    assert yours == {
        "mf294m-mlp": (77.3, count("mf294m-mlp", "paper").madds),
        "mf151m-coco": (None, count("mf151m-coco", "paper").madds),
    }


def test_an_unmeasured_network_is_a_tick_at_its_cost(mine: str) -> None:
    """The tick is on the axis, and no drawn point has its cost."""
    picture = accuracy(Look(), file=mine)
    [axes] = picture.figure.axes
    unmeasured = {point["cost"] for point in picture.data if point["top1"] is None}
    assert unmeasured == {count("mf151m-coco", "paper").madds, 300_000_000, 310_000_000}
    [ticks] = [line for line in axes.lines if line.get_marker() == "|"]
    assert set(ticks.get_xdata()) == unmeasured
    assert ticks.get_transform().transform([(3e8, 0.0)])[0][1] == axes.bbox.y0
    others = {float(x) for line in axes.lines if line is not ticks for x in line.get_xdata()}
    assert not others & unmeasured


@pytest.mark.parametrize("look", EACH_LOOK)
@pytest.mark.parametrize("cost", ["madds", "params"])
def test_no_label_overlaps_another_or_a_point(look: Look, cost: str) -> None:
    """In both widths, light and dark."""
    picture = accuracy(look, cost=cost)
    assert overlaps(picture, look) == []
    assert covered(picture, look) == []


@pytest.mark.parametrize("look", EACH_LOOK)
@pytest.mark.parametrize("cost", ["madds", "params"])
@pytest.mark.parametrize("recounted", [False, True])
def test_no_label_seems_to_belong_to_another_network(look: Look, cost: str, recounted: bool) -> None:
    """No label is nearer to another network, and no line to a label runs through another marker."""
    assert misleading(accuracy(look, cost=cost, recounted=recounted), look) == []


def test_the_users_points_do_not_disturb_the_other_labels(tmp_path: Path) -> None:
    """Either large networks, which make the axis longer and move the others together, or eight close networks."""
    for rows in (["ViT-B,84.5,17G", "DeiT-S,79.8,4.6G"], [f"v{at},{70 + at},{100 + 60 * at}M" for at in range(8)]):
        file = tmp_path / "mine.csv"
        file.write_text("\n".join(["name,top1,madds", *rows]))
        assert misleading(accuracy(Look(), file=str(file)), Look()) == []


@pytest.mark.parametrize("look", EACH_LOOK)
def test_the_users_points_have_room_too(look: Look, mine: str) -> None:
    """Variants close to the 294M, ticks side by side, and a name too long for the picture."""
    picture = accuracy(look, ["mf294m-mlp", "mf294m-tokens1", "mf294m-dim64"], mine)
    assert overlaps(picture, look) == []
    assert covered(picture, look) == []
    shown = [text for text, _ in texts(picture, look)]
    assert "small, one $x$" in shown
    assert "a name so long that nobody …" in shown


@pytest.mark.slow
def test_labels_of_ticks_at_the_same_cost_do_not_overlap(tmp_path: Path) -> None:
    """Ticks at both ends of the axis are tested."""
    file = tmp_path / "same.csv"
    file.write_text("name,madds\n" + "".join(f"low {at},20M\nhigh {at},9G\n" for at in range(6)))
    for look in LOOKS[:2]:
        assert overlaps(accuracy(look, file=str(file)), look) == []


@pytest.mark.slow
@pytest.mark.parametrize("look", EACH_LOOK)
def test_many_points_of_the_user_are_numbered_by_cost_and_named_in_the_legend(look: Look, tmp_path: Path) -> None:
    """Fifteen points, one of them unmeasured, have numbers, because numbers are short enough."""
    file = tmp_path / "many.csv"
    rows = [f"Variant {at} of a family,{63 + at},{1100 / 1.25**at:.0f}M" for at in range(14)]
    file.write_text("\n".join(["name,top1,madds", *rows, "a plan with a name that is too long,,1300M"]))
    picture = accuracy(look, file=str(file))
    assert overlaps(picture, look) == []
    assert not any("without labels" in note for note in picture.notes)
    shown = [text for text, _ in texts(picture, look)]
    assert {str(number) for number in range(1, 16)} <= set(shown)
    assert {"1  Variant 13 of a family", "14  Variant 0 of a family"} <= set(shown)
    assert [text for text in shown if text.startswith("15  a plan with")]


@pytest.mark.slow
@pytest.mark.parametrize("look", EACH_LOOK)
def test_many_points_without_room_have_numbers_only_if_asked_for(look: Look, tmp_path: Path) -> None:
    """Fifteen points with markers that touch would need a thin line each; a note says how to have their numbers."""
    file = tmp_path / "close.csv"
    rows = [f"Variant {at} of a family,{75 + at / 10},{200 - at}M" for at in range(14)]
    file.write_text("\n".join(["name,top1,madds", *rows, "a plan with a name that is too long,,300M"]))
    numbers = {str(number) for number in range(1, 16)}
    unasked = accuracy(look, file=str(file))
    assert not numbers & {text for text, _ in texts(unasked, look)}
    assert any("15 of your networks are drawn without labels" in note for note in unasked.notes)
    asked = replace(look, labels=True)
    picture = accuracy(asked, file=str(file))
    assert overlaps(picture, asked) == []
    shown = {text for text, _ in texts(picture, asked)}
    assert "1  Variant 13 of a family" in shown
    missing = [number for number in numbers if number not in shown]
    assert all(any(f"{number} (" in note for note in picture.notes) for number in missing)


def test_very_many_points_of_the_user_are_drawn_without_names(tmp_path: Path) -> None:
    """Their names are only in the data, because more than forty would hide the picture."""
    file = tmp_path / "crowd.csv"
    file.write_text("name,top1,madds\n" + "".join(f"n{at},{60 + at / 10},{at + 50}M\n" for at in range(60)))
    picture = accuracy(Look(), file=str(file))
    assert sum(point["sort"] == YOURS for point in picture.data) == 60
    shown = [text for text, _ in texts(picture, Look())]
    assert not [text for text in shown if text.startswith("n")]
    assert "ours (60)" in shown
    assert "508M" in shown
    assert "DeiT-Tiny" not in shown
    assert overlaps(picture, Look()) == []


@pytest.mark.parametrize("name", one_in(4, [name for name in CONVENTIONS if name != "torch"], 2))
def test_the_convention_is_named_on_the_picture(name: str) -> None:
    """Also in one column and for each name, together with its unit."""
    look = Look(1)
    picture = accuracy(look, convention=name)
    label = next(text for text, _ in texts(picture, look) if "convention" in text)
    assert f"(convention '{name}'; other families as printed)" in label.replace("\n", " ")
    assert label.startswith(CONVENTIONS[name].unit)
    assert overlaps(picture, look) == []


def test_flops_are_not_compared_with_the_papers_madds() -> None:
    """They would be twice as far to the right. Parameters are the same."""
    message = "^'torch' counts FLOPs, which cannot be compared with the paper's MAdds; use another convention$"
    for draw in (accuracy, detection):
        with pytest.raises(InputError, match=message):
            draw(Look(), convention="torch")
        assert draw(Look(), cost="params", convention="torch").convention == "torch"


def test_another_cost_is_refused() -> None:
    """The message lists the valid costs."""
    with pytest.raises(InputError, match="cannot draw against 'flops'; use one of madds, params"):
        accuracy(Look(), cost="flops")
