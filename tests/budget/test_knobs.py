"""Knobs: each step is valid, and its `--set` assignments give the same spec."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import pytest
from effort import one_in
from hypothesis import given
from hypothesis import settings as configured
from hypothesis import strategies as st
from strategies import Mapping, spec_mappings

from mfprofile.budget.knobs import Knob, Step, knobs
from mfprofile.cost.bill import count
from mfprofile.spec.load import load
from mfprofile.spec.model import Spec
from mfprofile.spec.sources import shipped
from mfprofile.spec.writing import mapping

MODELS = ("mf26m", "mf52m", "mf96m", "mf151m", "mf214m", "mf294m", "mf508m")


def costs(spec: Spec) -> tuple[int, int]:
    """Return a spec's MAdds and params."""
    bill = count(spec)
    return bill.madds, bill.params


def near_and_far(knob: Knob) -> Iterator[Step]:
    """Yield the two nearest valid steps in each direction, and the furthest value if it is valid."""
    for values in (knob.below, knob.above):
        allowed = (step for value in values if (step := knob.step(value)) is not None)
        yield from (step for _, step in zip(range(2), allowed, strict=False))
        yield from (step for value in list(values)[-1:] if (step := knob.step(value)) is not None)


def assert_is_its_settings(spec: Spec, step: Step) -> None:
    """Check that the assignments, read as by `--set`, give the spec of the step and its costs."""
    read = load(spec, step.settings)
    assert mapping(read) == mapping(step.spec)
    assert costs(read) == costs(step.spec)


@pytest.mark.parametrize("name", one_in(7, sorted(shipped())))
def test_steps_of_shipped_specs_are_those_of_their_settings(name: str) -> None:
    """The nearest and the furthest steps of every knob. `load` refuses invalid specs."""
    spec = load(name)
    for knob in knobs(spec):
        for step in near_and_far(knob):
            assert_is_its_settings(spec, step)


@pytest.mark.parametrize("name", ["mf26m", "mf294m"])
def test_every_step_of_width_and_of_a_widening_block_is_that_of_its_settings(name: str) -> None:
    """From the smallest to the largest, loaded by name as users do."""
    for knob in knobs(load(name)):
        if knob.name in ("width", "stem", "blocks.2.out"):
            for step in (*knob.down, *knob.up):
                assert costs(load(name, step.settings)) == costs(step.spec)


@given(spec_mappings(), st.data())
@configured(max_examples=60)
def test_steps_of_any_spec_are_those_of_their_settings(data: Mapping, draw: st.DataObject) -> None:
    """Three knobs of each spec, with any switches."""
    spec = load(data)
    for knob in draw.draw(st.lists(st.sampled_from(knobs(spec)), min_size=3, max_size=3)):
        for step in near_and_far(knob):
            assert_is_its_settings(spec, step)


@given(spec_mappings(), st.sampled_from((0.5, 0.75, 1.25)))
@configured(max_examples=40)
def test_knobs_turn_in_both_directions_the_nearest_first(data: Mapping, width: float) -> None:
    """Values below fall, values above rise, and none is the knob's own. Names are unique."""
    turned = knobs(changed_width(load(data), width))
    assert len({knob.name for knob in turned}) == len(turned)
    for knob in turned:
        value, below, above = float(knob.value), list(knob.below), list(knob.above)
        assert falls([value, *below])
        assert falls([-value, *(-number for number in above)])


def changed_width(spec: Spec, width: float) -> Spec:
    """Return the spec with another width, if the rules allow it."""
    width_knob = next(knob for knob in knobs(spec) if knob.name == "width")
    step = width_knob.step(width)
    return spec if step is None else step.spec


def falls(values: Sequence[float]) -> bool:
    """Return whether each value is smaller than the one before."""
    return all(new < old for old, new in pairwise(values))


@pytest.mark.parametrize("name", MODELS)
def test_each_model_has_the_knobs_of_its_parts(name: str) -> None:
    """The knobs of the network and the head, `exp` and `out` of each block, and `repeat` if the stride is 1."""
    spec = load(name)
    names = {knob.name for knob in knobs(spec)}
    assert {"width", "input", "tokens.count", "tokens.dim", "stem", "head.fc"} <= names
    for number, block in enumerate(spec.blocks, start=1):
        assert {f"blocks.{number}.exp", f"blocks.{number}.out"} <= names
        assert (f"blocks.{number}.repeat" in names) != block.halves


def test_width_is_turned_from_its_least_to_its_most() -> None:
    """In hundredths from 0.01 to four times its value, but at most 64, the largest width of a spec."""
    data = {"stem": 4, "former": "none", "mobile": {"activation": "relu"}, "head": "none"}
    spec = load({**data, "blocks": [{"block": "lite", "exp": 8, "out": 4}], "width": 30})
    width = next(knob for knob in knobs(spec) if knob.name == "width")
    assert (width.below[0], width.below[-1], width.above[0], width.above[-1]) == (29.99, 0.01, 30.01, 64)
    assert load(spec, width.up[-1].settings).width == 64
    assert next(knob for knob in knobs(load("mf294m")) if knob.name == "width").above[-1] == 4


def test_a_repeat_is_turned_to_8_or_to_four_times_its_value() -> None:
    """But at most to 100, the largest repeat of a spec."""
    for repeat, most in ((1, 8), (3, 12), (40, 100)):
        by_name = {knob.name: knob for knob in knobs(load("mf294m", [f"blocks.3.repeat={repeat}"]))}
        assert by_name["blocks.3.repeat"].above[-1] == most


def test_widths_that_depend_on_another_keep_their_ratio() -> None:
    """The lite block after the stem expands it by 2 for any stem."""
    stem = next(knob for knob in knobs(load("mf294m")) if knob.name == "stem")
    assert [step.settings for step in stem.down] == [("stem=8", "blocks.1.exp=16")]
    assert stem.up[0].settings == ("stem=24", "blocks.1.exp=48")


def test_a_missing_part_has_no_knob() -> None:
    """No tokens without Former, no `fc` without a head, no `input` of a rectangle."""
    names = {knob.name for knob in knobs(load("mf294m-mobile", ["head=none", "input=225x321"]))}
    assert not names & {"tokens.count", "tokens.dim", "head.fc", "input"}
