"""Pictures of bars: blocks, pillars, sensitivity and waterfall. Their numbers are the library's, and nothing overlaps."""

from __future__ import annotations

import pytest
from effort import one_in
from pictures import EACH_LOOK, overlaps, texts
from running import run

from mfprofile.budget.difference import difference
from mfprofile.budget.sensitivity import sensitivity
from mfprofile.cost import count
from mfprofile.errors import InputError
from mfprofile.paper.claims import MODELS
from mfprofile.spec import load
from mfprofile.spec.names import PILLARS
from mfprofile.view.plots.blocks import block_records, blocks
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.pillars import pillars
from mfprofile.view.plots.tornado import tornado
from mfprofile.view.plots.waterfall import MOST, waterfall

ODD = {
    "tiny": {"stem": 4, "head": "none", "former": "none", "mobile": {"activation": "relu"}, "blocks": [{"block": "lite", "exp": 4, "out": 4}]},
    "a-name-that-is-much-too-long-for-any-picture-of-one-column": {"extends": "mf26m", "blocks": {6: {"repeat": 20}}},
    "retina": {"extends": "mf151m-retinanet"},
}  # fmt: skip


def odd(name: str) -> object:
    """Return one of the odd specs with its name."""
    import dataclasses

    return dataclasses.replace(load(ODD[name]), name=name)


@pytest.mark.parametrize("name", [*MODELS, "mf294m-mobile", "mf294m-mlp", "mf508m-retinanet"])
@pytest.mark.parametrize("convention", ["core", "paper", "thop"])
def test_records_by_block_sum_to_the_bill(name: str, convention: str) -> None:
    """The totals are those of `count --by block`, and the sums by pillar are those of the pillars."""
    bill = count(name, convention)
    records = block_records(bill)
    assert [(r["block"], sum(r["madds"].values()), sum(r["params"].values())) for r in records] == [
        (total.name, total.madds, total.params) for total in bill.by("block")
    ]
    for pillar in PILLARS:
        assert sum(r["madds"][pillar] for r in records) == bill.pillars[pillar].madds
        assert sum(r["params"][pillar] for r in records) == bill.pillars[pillar].params


@pytest.mark.parametrize("look", EACH_LOOK, ids=str)
@pytest.mark.parametrize("name", ["mf26m", "mf294m", "mf508m-coco", *ODD])
def test_blocks_overlap_nothing(look: Look, name: str) -> None:
    """For one block to 28, with and without Former and head."""
    bill = count(odd(name) if name in ODD else name)
    assert overlaps(blocks(look, bill), look) == []


@pytest.mark.parametrize("look", EACH_LOOK, ids=str)
@pytest.mark.parametrize(
    "names", [MODELS, ("mf294m",), ("mf294m-mobile", "mf26m", "mf151m-retinanet"), tuple(ODD)], ids=len
)
def test_pillars_overlap_nothing(look: Look, names: tuple[str, ...]) -> None:
    """Shares are written only if there is room, for all kinds of models."""
    picture = pillars(look, [count(odd(name) if name in ODD else name) for name in names])
    assert overlaps(picture, look) == []


def test_pillars_contain_the_integers_of_each_bill() -> None:
    """The data are the totals of the pillars, not the percentages."""
    for record in pillars(Look(), [count(name, "paper") for name in MODELS]).data:
        bill = count(record["name"], "paper")
        assert record["madds"] == {name: total.madds for name, total in bill.pillars.items()}
        assert record["params"] == {name: total.params for name, total in bill.pillars.items()}


@pytest.mark.parametrize("look", EACH_LOOK, ids=str)
@pytest.mark.parametrize("name", ["mf26m", "mf294m", *ODD])
def test_tornados_overlap_nothing(look: Look, name: str) -> None:
    """The values are at the ends of the bars."""
    spec = odd(name) if name in ODD else load(name)
    assert overlaps(tornado(look, sensitivity(spec)), look) == []  # type: ignore[arg-type]


@pytest.mark.parametrize("look", EACH_LOOK, ids=str)
@pytest.mark.parametrize("most", [1, 2, 3, 4])
def test_a_tornado_of_few_knobs_has_room_for_all_its_texts(look: Look, most: int) -> None:
    """Title, names, the label of the axis and the legend overlap nothing, even with a single bar."""
    picture = tornado(look, sensitivity(load("mf26m")), most)
    assert overlaps(picture, look) == []
    [axes] = picture.figure.axes
    boxes = dict(texts(picture, look))
    assert boxes["one step up"].y1 < boxes[axes.get_xlabel()].y0 < axes.bbox.y0


def test_a_tornado_has_the_steps_of_sensitivity() -> None:
    """The knobs are in the same order, each with its exact changes."""
    sensitivities = sensitivity(load("mf96m"), "paper", "params")
    picture = tornado(Look(), sensitivities, 7)
    assert [record["knob"] for record in picture.data] == [lever.knob.name for lever in sensitivities.levers[:7]]
    for record, lever in zip(picture.data, sensitivities.levers, strict=False):
        assert record["down"]["change"] == (lever.down.change.params if lever.down else None)
        assert record["up"]["change"] == (lever.up.change.params if lever.up else None)


@pytest.mark.parametrize("look", EACH_LOOK, ids=str)
@pytest.mark.parametrize(
    ("a", "b"), [("mf294m", "mf214m"), ("mf26m", "mf508m"), ("mf294m", "mf294m"), ("mf294m", "mf294m-mobile"), ("tiny", "retina")]
)  # fmt: skip
@pytest.mark.parametrize("by", ["block", "pillar"])
def test_waterfalls_overlap_nothing(look: Look, a: str, b: str, by: str) -> None:
    """The total rises or falls, by little or much, with equal or different depths."""
    bills = [count(odd(name) if name in ODD else name) for name in (a, b)]
    assert overlaps(waterfall(look, difference(*bills), by), look) == []


@pytest.mark.parametrize(("a", "b"), [("mf294m", "mf214m"), ("mf26m", "mf508m"), ("mf508m", "mf508m-retinanet")])
@pytest.mark.parametrize("quantity", ["madds", "params"])
def test_a_waterfall_leads_from_one_total_to_the_other(a: str, b: str, quantity: str) -> None:
    """The changes sum to the difference of the two totals. The smaller ones share one bar."""
    first, *changes, last = waterfall(Look(), difference(count(a), count(b)), "block", quantity).data
    assert (first["amount"], last["amount"]) == (getattr(count(a), quantity), getattr(count(b), quantity))
    assert first["amount"] + sum(change["amount"] for change in changes) == last["amount"]
    assert len(changes) <= MOST + 1


def test_a_waterfall_refuses_other_axes() -> None:
    """The message lists the axes and suggests the nearest."""
    change = difference(count("mf26m"), count("mf52m"))
    with pytest.raises(InputError, match=r"by block or pillar, of madds, params or latency, not 'pilar'.*'pillar'"):
        waterfall(Look(), change, "pilar")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["blocks", "mf294"], "error: mf294: no shipped spec and no file has this name; did you mean 'mf294m'?\n"),
        (["blocks", "mf294m", "-o", "x.jpg"], "error: x.jpg: the ending must be .png, .svg or .pdf\n"),
        (["waterfall", "mf294m"], "error: B is missing; give a second network, or change A with --set\n"),
        (["pillars", "-", "-"], "error: -: standard input can be read only once\n"),
        (["sensitivity", "mf294m", "--sort", "flops"], "error: cannot sort by 'flops'; use one of madds, params, latency\n"),
    ],
)  # fmt: skip
def test_wrong_input_is_one_message(arguments: list[str], message: str) -> None:
    """Exit code 2, one line, and no picture."""
    done = run("plot", *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", message)


@pytest.mark.parametrize(
    "arguments",
    one_in(4, [["blocks", "mf26m"], ["pillars"], ["sensitivity", "mf26m"], ["waterfall", "mf26m", "mf52m"]]),
)
def test_pictures_are_the_same_at_each_run(arguments: list[str], tmp_path: object) -> None:
    """They are the same byte for byte, also with other hash seeds."""
    from pathlib import Path

    files = [Path(f"{tmp_path}/{seed}.svg") for seed in "12"]
    for seed, file in zip("12", files, strict=True):
        assert run("plot", *arguments, "-o", str(file), PYTHONHASHSEED=seed).stderr == f"wrote {file}\n"
    assert files[0].read_bytes() == files[1].read_bytes()
