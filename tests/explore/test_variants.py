"""What is a variant: lists in place of whole blocks and sections, and choices without effect."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from running import ROOT, run

from mfprofile.cost.bill import count
from mfprofile.errors import SpecError
from mfprofile.explore.best import best
from mfprofile.explore.count import count_space
from mfprofile.explore.front import Objective, front
from mfprofile.explore.nearest import nearest
from mfprofile.explore.quantity import quantity_of
from mfprofile.explore.sample import sample_space
from mfprofile.explore.space import read_space
from mfprofile.spec import load
from mfprofile.spec.quantities import Window

NARROW: dict[str, Any] = {"block": "mf", "exp": 576, "out": 128}
WIDE: dict[str, Any] = {"block": "mf", "exp": 1152, "out": 176}
ALTERNATIVES: dict[str, Any] = {"extends": "mf294m", "blocks": {8: [NARROW, WIDE]}}
MADDS = [286_732_160, 331_713_152]
LITE: dict[str, Any] = {"block": "lite", "expand": 2, "out": 8}
MF: dict[str, Any] = {"block": "mf", "expand": 4, "out": 8}
DOWN: dict[str, Any] = {"block": "mf-down", "expand": 3, "out": 16}
SMALL: dict[str, Any] = {
    "input": 64,
    "classes": 10,
    "tokens": {"count": 2, "dim": 16},
    "stem": 8,
    "blocks": [LITE, DOWN, MF],
    "head": {"fc": 4},
}
ON_LINE = "block: mf, exp: 576, out: 128"


def _size(changes: dict[str, Any], *settings: str) -> tuple[int, int]:
    """Return the number of variants of the small space with changes, and of skipped combinations."""
    counted = count_space(read_space({**SMALL, **changes}, settings))
    return counted.size, counted.skipped


def _listed(*arguments: str, cwd: Path = ROOT) -> list[int]:
    """Return the multiply-adds of each line of `explore list`."""
    done = run("explore", "list", *arguments, cwd=cwd)
    assert (done.returncode, done.stderr) == (0, "")
    return [int(line["madds"]) for line in csv.DictReader(io.StringIO(done.stdout))]


def test_alternatives_of_a_block_are_counted_each_with_all_their_keys() -> None:
    """The second of them is as wide and as expanded as it says; each query has its cost, which `count` also has."""
    space = read_space(ALTERNATIVES)
    assert [choice.name for choice in space.choices] == ["blocks.8"]
    madds = quantity_of("madds")
    above = [(madds, Window(300_000_000, None))]
    answers = [
        *best(space, Objective(madds, most=True)),
        *sample_space(space, 5, 1, above),
        *front(space, (Objective(madds, most=True), Objective(quantity_of("params"))), above),
    ]
    assert [(answer.figures["madds"], answer.choices) for answer in answers] == [(MADDS[1], {"blocks.8": WIDE})] * 3
    assert count(load(answers[0].spec())).madds == MADDS[1]
    assert count_space(space, above).within.lower == 1
    sides = nearest(space, [(madds, Window(300_000_000, 301_000_000))])["madds"]
    assert [side.figures["madds"] for side in (sides.below, sides.above) if side is not None] == MADDS


def test_alternatives_of_a_block_are_named_and_written_by_the_commands(tmp_path: Path) -> None:
    """CSV and JSON have the whole block, and the file of a variant is what `count` reads."""
    text = "extends: mf294m\nblocks: {8: [{%s}, {block: mf, exp: 1152, out: 176}]}\n" % ON_LINE  # noqa: UP031
    (tmp_path / "pair.yaml").write_text(text, encoding="utf-8")
    assert _listed("pair.yaml", cwd=tmp_path) == MADDS
    command = ["explore", "best", "pair.yaml", "--maximize", "madds"]
    lines = list(csv.DictReader(io.StringIO(run(*command, "--csv", cwd=tmp_path).stdout)))
    assert [line["blocks.8"] for line in lines] == ["{block: 'mf', exp: 1152, out: 176}"]
    done = run("explore", "sample", "pair.yaml", "-n", "2", "--json", "--output", "drawn", cwd=tmp_path)
    drawn = json.loads(done.stdout)
    assert sorted(each["madds"] for each in drawn) == MADDS
    for each, file in zip(drawn, sorted((tmp_path / "drawn").iterdir()), strict=True):
        assert each["choices"]["blocks.8"] in (NARROW, WIDE)
        assert count(load(file)).madds == count(load(each["spec"])).madds == each["madds"]


def test_alternatives_of_a_block_can_be_inherited_set_and_patched(tmp_path: Path) -> None:
    """From a base, from `--set`, and with another value in one of the alternatives."""
    (tmp_path / "base.yaml").write_text(
        "extends: mf294m\nblocks: {8: [{block: mf, exp: 1152, out: 176}, {%s}]}\n" % ON_LINE,  # noqa: UP031
        encoding="utf-8",
    )
    (tmp_path / "space.yaml").write_text("extends: base.yaml\nclasses: 1000\n", encoding="utf-8")
    assert _listed("space.yaml", cwd=tmp_path) == MADDS[::-1]
    patched = count(load("mf294m", ["blocks.8.exp=576", "blocks.8.out=176"])).madds
    assert _listed("space.yaml", "--set", "blocks.8.1.exp=576", cwd=tmp_path) == [patched, MADDS[0]]
    assert _listed("mf294m", "--set", f"blocks.8=[{{block: mf, exp: 1152, out: 176}}, {{{ON_LINE}}}]") == MADDS[::-1]


def test_alternatives_may_have_a_ratio_a_kernel_or_a_number_of_repeats_each() -> None:
    """Each counts as the same block without alternatives."""
    blocks = [{**MF, "expand": 2}, {"block": "mf", "exp": 40, "out": 12, "kernel": 5}, {**MF, "out": 16, "repeat": 3}]
    left_out = {**MF, "repeat": 0}
    variants = sample_space(read_space({**SMALL, "blocks": [LITE, DOWN, [*blocks, left_out]]}), 9)
    specs = [{**SMALL, "blocks": [LITE, DOWN, block]} for block in (*blocks, left_out)]
    assert sorted(each.figures["madds"] for each in variants) == sorted(count(load(spec)).madds for spec in specs)
    downs = [DOWN, {**DOWN, "exp": 48, "repeat": 0}, {**DOWN, "exp2": 32}]
    downs[1].pop("expand")
    variants = sample_space(read_space({**SMALL, "blocks": [LITE, downs, MF]}), 9)
    specs = [{**SMALL, "blocks": [LITE, down, MF]} for down in downs]
    assert sorted(each.figures["madds"] for each in variants) == sorted(count(load(spec)).madds for spec in specs)


@pytest.mark.parametrize(
    ("setting", "place", "message"),
    [
        (
            "blocks.3=[{block: mf, expand: 4, out: 8}, {block: lite, expand: 4, out: 8}]",
            "blocks.3 = 'lite'",
            "the kind of block cannot be a choice; use one kind in all alternatives",
        ),
        (
            "blocks.1=[{block: lite, expand: 2, out: 8}, {block: lite, stride: 2, expand: 2, out: 8}]",
            "blocks.1 = {block: 'lite', stride: 2, expand: 2, out: 8}",
            "the resolution cannot be a choice; use one stride in all alternatives",
        ),
        (
            "blocks.3=[{block: mf, exp: [48, 96], out: 8}]",
            "blocks.3 = {block: 'mf', exp: [48, 96], out: 8}",
            "is a choice inside a choice; list the combinations",
        ),
        ("blocks.3=[{block: mf, expand: 4, out: 8}, null]", "blocks.3.2", "is empty; give it a value, or remove it"),
        ("blocks.3=[]", "blocks.3", "is an empty list; give at least one value"),
        ("blocks.3=[{out: 8}, {out: 16}]", "blocks.3.block", "is missing"),
        (
            "blocks=[[[{block: mf, expand: 2, out: 8}]]]",
            "blocks.1 = [{block: 'mf', expand: 2, out: 8}]",
            "is a choice inside a choice; list the combinations",
        ),
        ("input=[[64, 64]]", "input = [64, 64]", "is a choice inside a choice; list the combinations"),
        ("tokens=[{count: 2, dim: 16}, {count: 3}]", "tokens.dim", "is missing"),
        ("head=[{fc: 4}, {fc: [5, 6]}]", "head = {fc: [5, 6]}", "is a choice inside a choice; list the combinations"),
        ("mobile.kernel=[3, null]", "mobile.kernel.2", "is empty; give it a value, or remove it"),
        ("mobile.kernel=[3, '3']", "mobile.kernel = '3'", "must be a whole number; write 3 without quotes"),
        ("width=[0.5, 1/2]", "width = '1/2'", "must be a number"),
        ("former.ffn=[true, 'true']", "former.ffn = 'true'", "must be true or false"),
        ("stem=[576, 576]", "stem = 576", "is in the list twice; remove one of them"),
        ("stages=[1, 2]", "stages", "unknown key; did you mean 'stem'?"),
    ],
)
def test_what_cannot_be_a_choice_is_refused(setting: str, place: str, message: str) -> None:
    """No such space is silently counted as its base."""
    with pytest.raises(SpecError) as caught:
        read_space(SMALL, [setting])
    assert str(caught.value).splitlines()[0] == f"--set {setting}: {place}: {message}"


def test_an_empty_value_in_a_space_is_refused() -> None:
    """As in a spec; it is not the default."""
    with pytest.raises(SpecError, match=r"mobile\.kernel: is empty; give it a value, or remove it"):
        read_space({**SMALL, "mobile": {"kernel": None}})


KERNEL = {"mobile": {"kernel": [3, 5]}}
OWN = {**MF, "kernel": 3}
MAY_MISS = {**MF, "repeat": [0, 1]}


@pytest.mark.parametrize(
    ("changes", "size"),
    [
        ({"input": [64, "64x64"]}, 1),
        ({"width": [1, 1.0]}, 1),
        ({"former": [{}, {"heads": 4}, {"ffn": False}]}, 2),
        ({"mobile": [{}, {"kernel": 3}]}, 1),
        ({"blocks": [LITE, DOWN, [MF, {**MF, "stride": 1}, {**MF, "repeat": 1}]]}, 1),
        ({"blocks": [LITE, DOWN, [MF, {"block": "mf", "exp": 64, "out": 8}]]}, 1),
        ({**KERNEL, "blocks": [LITE]}, 1),
        ({**KERNEL, "blocks": [LITE, OWN]}, 1),
        ({**KERNEL, "blocks": [LITE, {**MF, "kernel": [3, 5]}]}, 2),
        ({**KERNEL, "blocks": [LITE, MAY_MISS]}, 3),
        ({**KERNEL, "blocks": [LITE, OWN, MAY_MISS]}, 3),
        ({**KERNEL, "blocks": [LITE, [MF, OWN]]}, 2),
        ({**KERNEL, "blocks": [LITE, MF, [MF, OWN]]}, 3),
        ({"mobile": {"kernel": [2, 3]}, "blocks": [LITE]}, 1),
        ({"former": {"heads": [2, 4]}, "blocks": [LITE]}, 1),
        ({"former": {"heads": [2, 4]}, "blocks": [LITE, MAY_MISS]}, 3),
        ({"former": {"ffn": [True, False], "heads": [2, 4]}, "blocks": [LITE, MAY_MISS]}, 5),
        ({"former": {"heads": [2, 4]}, "attention": ["mha", "mlp"]}, 3),
        ({"mobile": {"activation": ["dy-relu", "relu"]}, "blocks": [LITE, MAY_MISS]}, 3),
        ({"bridge": {"gate": [True, False], "final": [True, False]}, "blocks": [LITE]}, 3),
        ({"bridge": {"gate": [True, False], "final": False}, "blocks": [LITE, MAY_MISS]}, 3),
        ({"width": 0.5, "stem": [16, 17]}, 1),
        ({"width": [1, 1.01], "stem": [16, 20], "blocks": [{**LITE, "out": "same"}]}, 3),
        ({"head": "none", "classes": [10, 20]}, 1),
    ],
)
def test_a_choice_without_effect_makes_no_variants(changes: dict[str, Any], size: int) -> None:
    """Values that lay out the same network are one variant, which is counted, listed and drawn once."""
    assert _size(changes) == (size, 0)
    variants = sample_space(read_space({**SMALL, **changes}), 99)
    assert len(variants) == len({repr(variant.choices) for variant in variants}) == size
    for variant in variants:
        bill = count(load(variant.spec()))
        assert (bill.madds, bill.params) == (variant.figures["madds"], variant.figures["params"])


def test_a_variant_has_only_the_choices_that_have_an_effect_on_it() -> None:
    """Without the block that reads it, `mobile.kernel` is not a choice; its cell in a list is empty."""
    changes = {**SMALL, **KERNEL, "blocks": [LITE, MAY_MISS]}
    choices = [variant.choices for variant in sample_space(read_space(changes), 9)]
    assert {"blocks.2.repeat": 0} in choices
    assert {"mobile.kernel": 5, "blocks.2.repeat": 1} in choices
    settings = ["--set", "blocks.1.repeat=1", "--set", "former.heads=[2, 4]", "--set", "bridge.final=false"]
    settings += ["--set", "blocks.2.repeat=0", "--set", "blocks.4.repeat=0", "--set", "blocks.3.repeat=[0, 1]"]
    lines = run("explore", "list", "tiny", *settings, "--madds", ":4M").stdout.splitlines()
    heads = lines[0].split(",").index("former.heads")
    assert {line.split(",")[heads] for line in lines[1:]} == {"", "2", "4"}


def test_a_combination_that_breaks_a_rule_is_skipped_only_if_no_valid_one_makes_its_network() -> None:
    """The kernel of a block that is left out may be anything that the rules allow."""
    block = {**MF, "repeat": [0, 1], "kernel": [2, 3]}
    assert _size({"blocks": [LITE, DOWN, block]}) == (2, 1)
    assert _size({"blocks": [LITE, DOWN, {**block, "repeat": 0}]}) == (1, 0)
    variants = sample_space(read_space({**SMALL, "blocks": [LITE, DOWN, block]}), 9)
    assert all(load(variant.spec()) for variant in variants)


def test_the_search_for_the_nearest_reports_progress() -> None:
    """It can take longer than the query itself: each of its searches starts and ends."""
    calls: list[tuple[int, int]] = []
    windows = [(quantity_of("madds"), Window(3_000_000, 3_000_001)), (quantity_of("params"), Window(50_000, 50_001))]
    assert nearest(read_space("tiny"), windows, progress=lambda done, of: calls.append((done, of)))
    assert sum(done == 0 for done, _ in calls) >= 4
    assert calls[-1][0] == calls[-1][1] > 0
