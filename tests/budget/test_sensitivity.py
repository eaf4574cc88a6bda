"""The effect of each knob: every figure is the difference of two counts."""

from __future__ import annotations

import csv
import io
import json
from fractions import Fraction
from typing import Any

import pytest
from effort import one_in
from hypothesis import given
from hypothesis import settings as configured
from hypothesis import strategies as st
from running import run
from strategies import Mapping, spec_mappings

from mfprofile.budget.knobs import knobs
from mfprofile.budget.sensitivity import Effect, Sensitivity, sensitivity
from mfprofile.cost.bill import Bill, count
from mfprofile.errors import InputError
from mfprofile.spec.load import load
from mfprofile.spec.names import PILLARS
from mfprofile.spec.width import scaled
from mfprofile.spec.writing import mapping

MODELS = ("mf26m", "mf52m", "mf96m", "mf151m", "mf214m", "mf294m", "mf508m")


def levers(name: str, **options: str) -> dict[str, Any]:
    """Return the levers of a shipped spec, by knob."""
    return {lever.knob.name: lever for lever in sensitivity(load(name), **options).levers}


def assert_is_two_counts(before: Bill, after: Bill, effect: Effect) -> None:
    """Check the figures of an effect against the bills before and after."""
    assert (effect.after.madds, effect.after.params) == (after.madds, after.params)
    assert effect.change.madds == after.madds - before.madds
    assert effect.change.params == after.params - before.params
    for name in PILLARS:
        assert effect.pillars[name].madds == after.pillars[name].madds - before.pillars[name].madds
        assert effect.pillars[name].params == after.pillars[name].params - before.pillars[name].params


@pytest.mark.parametrize("convention", ["core", "paper"])
@pytest.mark.parametrize("name", one_in(4, MODELS))
def test_figures_are_the_differences_of_two_counts(name: str, convention: str) -> None:
    """For each step of each knob, with its assignments read as by `--set`. Every knob is listed."""
    result = sensitivity(load(name), convention)
    before = count(load(name), convention)
    assert {lever.knob.name for lever in result.levers} == {knob.name for knob in knobs(load(name))}
    for lever in result.levers:
        assert lever.down is None or Fraction(lever.down.step.value) < Fraction(lever.knob.value)
        assert lever.up is None or Fraction(lever.up.step.value) > Fraction(lever.knob.value)
        for effect in lever.effects:
            assert_is_two_counts(before, count(load(name, effect.step.settings), convention), effect)


@given(spec_mappings(), st.sampled_from(("core", "paper", "thop")), st.sampled_from(("madds", "params")))
@configured(max_examples=25)
def test_figures_of_any_spec_are_the_differences_of_two_counts(data: Mapping, convention: str, sort: str) -> None:
    """Also for a knob at 0 or without a step. Knobs are sorted by the requested quantity."""
    spec = load(data)
    result, before = sensitivity(spec, convention, sort), count(spec, convention)
    for lever in result.levers:
        for effect in lever.effects:
            assert_is_two_counts(before, count(load(spec, effect.step.settings), convention), effect)
            for quantity in ("madds", "params"):
                assert_elasticity(before, lever.knob.value, effect, quantity)
    assert_sorted(result)


def assert_elasticity(before: Bill, value: str, effect: Effect, quantity: str) -> None:
    """Check that the elasticity times the relative change of the knob is the relative change of the quantity."""
    elasticity, old, new = effect.elasticity(quantity), Fraction(value), Fraction(effect.step.value)
    whole = getattr(before, quantity)
    if not old or not whole:
        assert elasticity is None
    else:
        assert elasticity is not None
        assert elasticity * (new - old) / old == Fraction(getattr(effect.change, quantity), whole)


def assert_sorted(result: Sensitivity) -> None:
    """Check that no knob changes more than the one before."""
    weights = [max((abs(getattr(e.change, result.quantity)) for e in one.effects), default=0) for one in result.levers]
    assert weights == sorted(weights, reverse=True)


@pytest.mark.parametrize("name", one_in(4, MODELS))
def test_the_nearest_step_that_changes_the_network_is_reported(name: str) -> None:
    """No valid step is skipped, except a step of width that rounding undoes."""
    current = mapping(scaled(load(name)))
    for lever in sensitivity(load(name)).levers:
        for effect, steps in ((lever.down, lever.knob.down), (lever.up, lever.knob.up)):
            before = [step for step in steps if effect is None or step.value != effect.step.value]
            if effect is not None:
                before = steps[: [step.value for step in steps].index(effect.step.value)]
                assert mapping(scaled(effect.step.spec)) != current
            assert all(mapping(scaled(step.spec)) == current for step in before)
            assert not before or lever.knob.name == "width"


def test_known_figures_of_the_294m() -> None:
    """Computed by hand: 64 hidden units are 64·(1344 + 1000) MAdds, and 3·64 more params for norm and bias."""
    lever = levers("mf294m")["head.fc"]
    assert lever.up.change.madds == 64 * (6 * 192 + 192 + 1000) == 150_016
    assert lever.up.change.params == 150_016 + 3 * 64
    assert {name: total.madds for name, total in lever.up.pillars.items()} == {
        "mobile": 0,
        "former": 0,
        "bridge": 0,
        "head": 150_016,
    }
    assert lever.up.elasticity("madds") == Fraction(150_016, 286_732_160) / Fraction(64, 1920)


def test_the_input_changes_no_params() -> None:
    """Its elasticity for params is 0."""
    lever = levers("mf96m")["input"]
    assert [effect.change.params for effect in lever.effects] == [0, 0]
    assert [effect.elasticity("params") for effect in lever.effects] == [0, 0]


def test_another_quantity_is_refused() -> None:
    """The message suggests the nearest name, and the exit code is 2."""
    with pytest.raises(InputError, match="did you mean 'params'"):
        sensitivity(load("mf26m"), sort="parms")
    done = run("sensitivity", "mf26m", "--sort", "flops")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: unknown column 'flops'; use one of knob, from, to, note, madds, params, ")


@pytest.mark.parametrize("sort", ["madds", "params"])
def test_json_has_exact_integers(sort: str) -> None:
    """Changes lead to the totals after, pillars sum to the changes, settings give the figures."""
    document = json.loads(run("sensitivity", "mf52m", "--sort", sort, "--json", "--convention", "paper").stdout)
    assert (document["schema"], document["name"], document["convention"], document["sort"]) == (
        2,
        "mf52m",
        "paper",
        sort,
    )
    weights = []
    for knob in document["knobs"]:
        steps = [knob[side] for side in ("down", "up") if knob[side] is not None]
        weights.append(max(abs(step["change"][sort]) for step in steps))
        for step in steps:
            for quantity in ("madds", "params"):
                assert type(step[quantity]) is int
                assert step[quantity] == document[quantity] + step["change"][quantity]
                assert sum(pillar[quantity] for pillar in step["pillars"].values()) == step["change"][quantity]
    assert weights == sorted(weights, reverse=True)
    step = document["knobs"][0]["down"]
    assert count(load("mf52m", step["settings"]), "paper").madds == step["madds"]


def test_csv_has_a_line_for_each_step() -> None:
    """It has the changes as integers, of the whole and by pillar."""
    rows = list(csv.DictReader(io.StringIO(run("sensitivity", "mf294m", "--csv").stdout)))
    by_step = {(row["knob"], row["to"]): row for row in rows}
    assert len(by_step) == len(rows) == sum(len(lever.effects) for lever in levers("mf294m").values())
    row = by_step["head.fc", "1984"]
    assert (row["from"], row["madds"], row["params"], row["head.madds"]) == ("1920", "150016", "150208", "150016")
    for row in rows:
        assert sum(int(row[f"{pillar}.madds"]) for pillar in PILLARS) == int(row["madds"])


@pytest.mark.parametrize("name", [*MODELS, "mf508m-coco", "mf294m-mobile"])
def test_a_hundred_columns_are_enough(name: str) -> None:
    """They are enough for the table. A note below it may be longer."""
    lines = run("sensitivity", name, "--sort", "params").stdout.split("\n\n")[1].splitlines()
    assert max(len(line) for line in lines) <= 100


def test_sensitivity_follows_set_and_input() -> None:
    """The knobs are those of the changed spec."""
    options = ["--set", "tokens.count=3", "--input", "160"]
    document = json.loads(run("sensitivity", "mf294m", *options, "--json").stdout)
    values = {knob["knob"]: knob["value"] for knob in document["knobs"]}
    assert (values["tokens.count"], values["input"], document["input"][0]["shape"]) == (3, 160, [1, 3, 160, 160])
    assert document["madds"] == count(load("mf294m", ["tokens.count=3", "input=160"])).madds
