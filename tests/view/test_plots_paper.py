"""Pictures of the paper's tables: detection, ablations, residuals; and fronts compared with its models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from pictures import EACH_LOOK, covered, overlaps, texts
from running import run

from mfprofile import count
from mfprofile.cost.conventions import CONVENTIONS
from mfprofile.errors import InputError
from mfprofile.explore.front import Objective, front
from mfprofile.explore.quantity import quantity_of
from mfprofile.explore.space import read_space
from mfprofile.paper.cells import cells, distinct, score
from mfprofile.paper.tables import TITLES, table
from mfprofile.view.plots.ablation import ablation
from mfprofile.view.plots.detection import detection
from mfprofile.view.plots.front import front_picture
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.picture import Picture
from mfprofile.view.plots.residuals import INFERRED, cell_residuals, residuals


@pytest.mark.parametrize("look", EACH_LOOK)
@pytest.mark.parametrize("cost", ["madds", "params"])
@pytest.mark.parametrize("whole", [False, True])
def test_labels_of_detection_do_not_overlap(look: Look, cost: str, whole: bool) -> None:
    """They overlap neither one another nor the points."""
    drawn = detection(look, cost, whole)
    assert overlaps(drawn, look) == []
    assert covered(drawn, look) == []


@pytest.mark.parametrize("look", EACH_LOOK)
def test_labels_of_ablations_do_not_overlap(look: Look) -> None:
    """Headings extend over the panels."""
    assert overlaps(ablation(look), look) == []


@pytest.mark.slow
def test_labels_of_ablations_do_not_overlap_in_any_convention() -> None:
    """In one column: the names, units and ticks of conventions have different lengths."""
    for name in CONVENTIONS:
        assert overlaps(ablation(Look(1), name), Look(1)) == []


@pytest.mark.parametrize("look", EACH_LOOK)
@pytest.mark.parametrize("names", [(INFERRED,), (INFERRED, "core"), ("core", "paper", "fvcore")])
def test_labels_of_residuals_do_not_overlap(look: Look, names: tuple[str, ...]) -> None:
    """In one convention and in several."""
    drawn = residuals(look, names)
    assert overlaps(drawn, look) == []
    assert covered(drawn, look) == []


def test_detection_counts_backbones_and_whole_detectors() -> None:
    """Of Table 4, four are counted and six are as printed."""
    backbones, detectors = detection(Look()).data, detection(Look(), "params", whole=True).data
    for data, form in ((backbones, "coco"), (detectors, "retinanet")):
        counted = {each["model"]: each["cost"] for each in data if each["source"] == "counted"}
        bills = {size: count(f"mf{size}m-{form}", "paper-coco") for size in (151, 214, 294, 508)}
        amounts = {size: bill.madds if form == "coco" else bill.counted_params for size, bill in bills.items()}
        assert counted == {f"Mobile-Former-{size}M": amount for size, amount in amounts.items()}
    printed = {each["model"]: (each["cost"], each["ap"]) for each in backbones if each["source"] == "printed"}
    assert len(printed) == 6
    assert printed["ResNet50"] == (84_000_000_000, 36.5)


def test_ablations_have_each_line_of_tables_5_to_9() -> None:
    """They are counted as by `count`, with the printed accuracy. Each bar starts at the 294M."""
    drawn = ablation(Look(), "core")
    lines = [line for number in "56789" for line in table(number).lines]
    bills = [count(line.spec) for line in lines]
    assert [(each["spec"], each["madds"], each["params"], each["top1"]) for each in drawn.data] == [
        (line.spec, bill.madds, bill.params, float(line.cells["top1"])) for line, bill in zip(lines, bills, strict=True)
    ]
    bars = [tuple(line.get_xdata()) for line in drawn.figure.axes[1].lines if line.get_alpha()]
    assert bars == [(count("mf294m").madds, bill.madds) for bill in bills]


def test_residuals_have_every_distinct_cell_of_the_paper() -> None:
    """The same figure of the same spec is one of the 54 cells. 53 hold; the 508M's multiply-adds do not."""
    every = [cell for number in TITLES for cell in cells(table(number))]
    residual_cells = list(cell_residuals())
    tally = score(every)
    assert (tally.distinct_holding, tally.distinct) == (53, 54)
    assert (sum(each.holds for each in residual_cells), len(residual_cells)) == (53, 54)
    assert sum(len(each.tables.split(", ")) for each in residual_cells) == len(every)
    [lost] = [each for each in residual_cells if not each.holds]
    assert (lost.spec, lost.quantity, lost.counted) == ("mf508m", "madds", count("mf508m", "paper").madds)
    assert {(each.spec, each.column, each.counted) for each in residual_cells} == {
        (cell.spec, cell.column, cell.counted) for cell in every
    }


def test_a_residual_within_half_a_step_holds() -> None:
    """The cells in the band are those that hold in the comparison with the paper."""
    for each in cell_residuals((INFERRED, "core")):
        assert each.holds == (abs(each.steps) <= 0.5)


def test_each_cell_is_a_point_at_its_residual() -> None:
    """The point is in the panel of its quantity."""
    drawn = residuals(Look(), ("core",))
    for axes, quantity in zip(drawn.figure.axes, ("madds", "params"), strict=True):
        [points] = [line for line in axes.lines if line.get_marker() == "o" and line.get_linestyle() == "None"]
        assert list(points.get_xdata()) == [each["steps"] for each in drawn.data if each["quantity"] == quantity]


def test_the_cell_that_is_not_reproduced_is_ringed_and_named() -> None:
    """It has our count as label. In `core`, which is not meant to reproduce the paper, no cell is ringed."""
    look = Look()
    shown = [text for text, _ in texts(residuals(look), look)]
    assert "508.68M" in shown
    assert "not reproduced" in shown
    assert "not reproduced" not in [text for text, _ in texts(residuals(look, ("core",)), look)]


def test_distinct_cells_know_their_tables() -> None:
    """The cells of the 294M are in Tables 2, 3 and all of the ablations."""
    tables_of = {(each.cell.spec, each.cell.column): each.tables for each in distinct()}
    assert tables_of["mf294m", "madds"] == ("2", "3", "5", "6", "7", "8", "9")
    assert tables_of["mf151m-coco", "all_params"] == ("4",)


AIMS = {
    "least madds, most params": (Objective(quantity_of("madds")), Objective(quantity_of("params"), most=True)),
    "most params, least madds": (Objective(quantity_of("params"), most=True), Objective(quantity_of("madds"))),
    "least and least": (Objective(quantity_of("bridge.params")), Objective(quantity_of("activations"))),
    "most and most": (
        Objective(quantity_of("former.madds"), most=True),
        Objective(quantity_of("mobile.params"), most=True),
    ),
    "sums": (
        Objective(quantity_of("madds - 2*mobile.madds")),
        Objective(quantity_of("former.params + bridge.params"), most=True),
    ),
}


def of_tiny(look: Look, objectives: tuple[Objective, Objective], only: Sequence[str] = ()) -> Picture:
    """Return the picture of the front of the small space."""
    space = read_space("tiny")
    return front_picture(look, space, front(space, objectives), objectives, only=only)


@pytest.mark.parametrize("look", EACH_LOOK)
@pytest.mark.parametrize("which", AIMS)
def test_labels_of_a_front_do_not_overlap(look: Look, which: str) -> None:
    """The quantities are of all kinds."""
    assert overlaps(of_tiny(look, AIMS[which]), look) == []


def test_a_front_contains_its_points_and_the_seven_models() -> None:
    """Multiply-adds are on the x axis, in either order of the objectives."""
    look = Look(xlim="1M:1G", ylim="10k:100M")
    first, second = (of_tiny(look, AIMS[which]) for which in list(AIMS)[:2])
    assert not first.notes
    assert {each["in_space"] for each in first.data if each["kind"] == "model"} == {False}
    shown = {text for text, _ in texts(first, look)}
    assert {"508M", "294M", "26M", "front", "Mobile-Former, as published (not in the space)"} <= shown
    assert first.data == second.data
    space = read_space("tiny")
    figures = [
        (each.figures["madds"], each.figures["params"]) for each in front(space, AIMS["least madds, most params"])
    ]
    assert [(each["x"], each["y"]) for each in first.data if each["kind"] == "front"] == figures
    bills = {f"mf{size}m": count(f"mf{size}m") for size in (508, 294, 214, 151, 96, 52, 26)}
    assert {each["name"]: (each["x"], each["y"]) for each in first.data if each["kind"] == "model"} == {
        name: (bill.madds, bill.params) for name, bill in bills.items()
    }


def test_the_axes_of_a_front_follow_the_front() -> None:
    """Published models that are far from it would make it a stroke. A note names them, unless they are not wanted."""
    picture = of_tiny(Look(), AIMS["least madds, most params"])
    assert {each["kind"] for each in picture.data} == {"front"}
    assert picture.notes == [
        "7 published models are far from the front: 508M, 294M, 214M, 151M, 96M, 52M, 26M; --xlim and --ylim draw more"
    ]
    left, right = picture.figure.axes[0].get_xlim()
    xs = [each["x"] for each in picture.data]
    assert min(xs) / 1.5 < left < min(xs) < max(xs) < right < max(xs) * 1.5
    assert of_tiny(Look(), AIMS["least madds, most params"], ["space"]).notes == []
    with pytest.raises(InputError, match="--only mobile-former: leaves out the front; use space, or remove it"):
        of_tiny(Look(), AIMS["least madds, most params"], ["mobile-former"])


@pytest.mark.parametrize("look", EACH_LOOK)
def test_models_near_a_front_are_drawn_and_hollow_outside_the_space(look: Look) -> None:
    """The 294M is a variant of the space around it; the axes have words and units."""
    space, objectives = read_space("mf294m-tokens"), AIMS["least madds, most params"]
    picture = front_picture(look, space, front(space, objectives), objectives)
    models = {each["name"]: each["in_space"] for each in picture.data if each["kind"] == "model"}
    assert models == {f"mf{size}m": size == 294 for size in (508, 294, 214, 151, 96, 52)}
    faces = {line.get_label(): line.get_markerfacecolor() for line in picture.figure.axes[0].lines}
    assert faces["Mobile-Former, as published (not in the space)"] == look.colors["ground"]
    assert faces["Mobile-Former, as published"] == look.colors["mobile"]
    shown = {text.replace("\n", " ") for text, _ in texts(picture, look)}
    assert {"MAdds, log scale (convention 'core'; less is better)", "Parameters, log scale (more is better)"} <= shown
    assert overlaps(picture, look) == []
    assert covered(picture, look) == []


@pytest.mark.parametrize("which", AIMS)
def test_the_step_line_is_never_better_than_the_front(which: str) -> None:
    """Each of its corners is a point of the front or dominated by one."""
    objectives = AIMS[which]
    drawn = of_tiny(Look(), objectives)
    across, upward = objectives if objectives[1].quantity.name != "madds" else objectives[::-1]
    points = [(each["x"], each["y"]) for each in drawn.data if each["kind"] == "front"]
    line = drawn.figure.axes[0].lines[0]
    for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True):
        assert any(px * across.sign <= x * across.sign and py * upward.sign <= y * upward.sign for px, py in points)
    assert set(points) <= set(zip(line.get_xdata(), line.get_ydata(), strict=True))


def test_an_empty_front_is_not_drawn(tmp_path: Path) -> None:
    """No variant is within the window: exit code 1, as of `explore front`, and the nearest on stderr."""
    file = tmp_path / "never.png"
    done = run("plot", "front", "tiny", "--madds", ":1k", "-o", str(file))
    assert (done.returncode, done.stdout) == (1, "")
    first, nearest = done.stderr.splitlines()
    assert first == "tiny: no variant is within the window; MAdds in convention 'core'"
    assert nearest.startswith("nearest in madds: 1,454,912 (input 64, ")
    assert not file.exists()


def test_wrong_costs_and_conventions_are_refused() -> None:
    """The message lists the valid ones."""
    with pytest.raises(InputError, match="use one of madds, params"):
        detection(Look(), "ap")
    with pytest.raises(InputError, match="paper-coco"):
        residuals(Look(), ("paper-cocoa",))
