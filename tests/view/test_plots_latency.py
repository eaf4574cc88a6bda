"""Pictures of latencies: in ms, labelled as predicted, with the model and its error, and of no network without one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from odd_devices import ERRORS, nanoseconds, odd_device, write_device
from pictures import EACH_LOOK, overlaps, texts
from running import run

from mfprofile.cost.bill import count
from mfprofile.cost.conventions import find_convention
from mfprofile.explore.front import Objective, front
from mfprofile.explore.quantity import quantity_of
from mfprofile.explore.space import read_space
from mfprofile.paper.claims import MODELS
from mfprofile.spec import load
from mfprofile.view.plots.accuracy import accuracy
from mfprofile.view.plots.contour import contour
from mfprofile.view.plots.detection import detection
from mfprofile.view.plots.front import front_picture
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.picture import Picture

DEVICE = odd_device()
CORE = find_convention("core").on(DEVICE)
GOALS = (Objective(quantity_of("params"), True), Objective(quantity_of("latency")))


def _latency(spec: str, *changes: str) -> int:
    return sum(nanoseconds(DEVICE, row) for row in count(load(spec, list(changes))).rows)


def _words(picture: Picture, look: Look) -> str:
    """Return all texts of a picture as one line with ordinary spaces."""
    return " ".join(" ".join(text for text, _ in texts(picture, look)).split())


def _front(look: Look) -> Picture:
    space = read_space("tiny")
    every = replace(look, xlim="10us:1s", ylim="1k:100M")  # also the models
    return front_picture(every, space, front(space, GOALS, [], CORE), GOALS, CORE)


@pytest.mark.parametrize("look", EACH_LOOK)
def test_a_front_has_latency_across_in_ms_and_names_the_model(look: Look) -> None:
    """Its points are those of the front, and the seven models have the latency of their rows."""
    picture = _front(look)
    assert "Latency (ms), log scale (less is better); predicted by 'abacus'" in _words(picture, look)
    assert "predicted by 'abacus' (mean error 3.1 % on 40 held-out networks)" in _words(picture, look)
    models = {each["name"]: each["x"] for each in picture.data if each["kind"] == "model"}
    assert models == {model: _latency(model) for model in MODELS}
    assert {"0.1", "1", "10"} <= {text for text, _ in texts(picture, look)}  # ticks in ms
    assert not overlaps(picture, look)


def test_the_description_of_a_picture_names_the_model() -> None:
    """With its error; a picture without a latency does not, even beside a model."""
    described = json.loads(_front(Look()).description())
    assert (described["convention"], described["latency_model"]["name"]) == ("core", "abacus")
    assert described["latency_model"]["errors"] == ERRORS._asdict()
    plain = contour(Look(), read_space("tiny"), "tokens.count", "tokens.dim", CORE)
    assert "latency_model" not in json.loads(plain.description())


def test_lines_of_equal_latency_are_between_predicted_points() -> None:
    """Each point is the latency of its own spec."""
    look, space = Look(), read_space("mf26m")
    picture = contour(look, space, "tokens.count=2:4", "tokens.dim=64:192:64", CORE, quantity="latency")
    for record in picture.data:
        changes = [f"{key}={record[key]}" for key in ("tokens.count", "tokens.dim")]
        assert record["latency"] == _latency("mf26m", *changes)
    assert "latency (ms, predicted) by tokens.count and tokens.dim" in _words(picture, look)
    assert "predicted by 'abacus'" in _words(picture, look)


def test_lines_of_other_quantities_are_of_their_counts() -> None:
    """Such as the parameters of a pillar."""
    picture = contour(Look(), read_space("mf26m"), "tokens.count=2:4", "tokens.dim=64:192:64", quantity="former.params")
    for record in picture.data:
        spec = load("mf26m", [f"{key}={record[key]}" for key in ("tokens.count", "tokens.dim")])
        assert record["former.params"] == count(spec).pillars["former"].params


@pytest.mark.parametrize("look", EACH_LOOK)
def test_accuracy_against_latency_has_only_mobile_former_and_the_users_specs(look: Look, tmp_path: Path) -> None:
    """Published figures of other networks are from other devices."""
    (tmp_path / "own.csv").write_text("name,top1,spec\nmine,70.5,mf26m\n", encoding="utf-8")
    picture = accuracy(look, (), str(tmp_path / "own.csv"), "latency", device=DEVICE)
    assert {(each["name"], each["cost"]) for each in picture.data} == {
        *((model.removeprefix("mf").upper(), _latency(model)) for model in MODELS),
        ("mine", _latency("mf26m")),
    }
    assert {each["source"] for each in picture.data} == {"predicted"}
    assert "ImageNet top-1 against predicted latency" in _words(picture, look)
    assert "Latency (ms), log scale; predicted by 'abacus'" in _words(picture, look)
    assert not overlaps(picture, look)


@pytest.mark.parametrize("whole", [False, True])
def test_detection_against_latency_has_only_mobile_former(whole: bool) -> None:
    """In the order of their latencies; the whole detector takes longer than its backbone."""
    picture = detection(Look(), "latency", whole, device=DEVICE)
    kind = "retinanet" if whole else "coco"
    assert [(each["model"], each["cost"]) for each in picture.data] == [
        (f"Mobile-Former-{size}M", _latency(f"mf{size}m-{kind}")) for size in (151, 214, 294, 508)
    ]
    assert {each["source"] for each in picture.data} == {"predicted"}


def test_the_commands_draw_latencies_with_a_model_and_refuse_them_without_one(tmp_path: Path) -> None:
    """Each names the option; nothing is written then."""
    model = ["--latency-model", str(write_device(DEVICE, tmp_path))]
    keys = ["--x", "tokens.count=2:4", "--y", "tokens.dim=64:192:64", "--quantity", "latency"]
    (tmp_path / "figures.csv").write_text("name,top1,madds\nother,70,100M\n", encoding="utf-8")
    for command in (
        ["accuracy", "--quantity", "latency"],
        ["detection", "--quantity", "latency"],
        ["contour", "mf26m", *keys, "--at", "1.4ms"],
        ["front", "tiny", "--minimize", "latency", "--maximize", "params", "--only", "space"],
    ):
        refused = run("plot", *command, "-o", "no.png", cwd=tmp_path)
        assert (refused.returncode, (tmp_path / "no.png").exists()) == (2, False)
        assert "latency: needs a latency model; use --latency-model FILE" in refused.stderr
        done = run("plot", *command, *model, "-o", "yes.svg", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "wrote yes.svg\n"), done.stderr
        assert "abacus" in (tmp_path / "yes.svg").read_text(encoding="utf-8")
    own = run(
        "plot", "accuracy", "--quantity", "latency", *model, "--measured", "figures.csv", "-o", "x.png", cwd=tmp_path
    )
    assert (own.returncode, own.stdout) == (2, "")
    assert "figures.csv:2: other has no latency to draw; give a spec" in own.stderr
    recounted = run("plot", "accuracy", "--quantity", "latency", *model, "--recounted", "-o", "x.png", cwd=tmp_path)
    assert "only Mobile-Former has a latency here; remove --recounted" in recounted.stderr
