"""Scaling to a budget, against brute force over the whole grid."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import pytest
from effort import NIGHTLY, part_of
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from odd_devices import odd_device
from strategies import spec_mappings

from mfprofile.budget.depth import Depths
from mfprofile.budget.families import FAMILIES, amount, family
from mfprofile.budget.halving import first_true
from mfprofile.budget.knobs import changed
from mfprofile.budget.scale import QUANTITIES, Member, Scaling, scale
from mfprofile.cost import count
from mfprofile.cost.conventions import CORE
from mfprofile.errors import InputError
from mfprofile.spec import Spec, load

MODELS = ("mf26m", "mf52m", "mf96m", "mf151m", "mf214m", "mf294m", "mf508m")
MOST = {"width": 3, "tokens.dim": 1024, "input": 640, "depth": 40, "head.fc": 8192}
Row = tuple[Any, int, int, int]
TIMED = CORE.on(odd_device())
"""Latencies by a made-up model, which fall where a residual connection goes."""


@cache
def of_model(name: str, by: str) -> list[Row]:
    """Return a model's members up to `MOST`."""
    return members(load(name), by, MOST[by])


def members(spec: Spec, by: str, most: int) -> list[Row]:
    """Return each valid member of the grid: value, MAdds, params, latency. Each is loaded from its assignments."""
    rows, scaled = [], family(spec, by)
    for value in (value for run in scaled.runs for value in run if amount(value) <= most):
        try:
            bill = count(load(spec, [f"{key}={new}" for key, new in scaled.changes(value).items()]), TIMED)
        except InputError:
            continue
        rows.append((value, bill.madds, bill.params, bill.latency))
    return rows


def agree(scaling: Scaling, every: list[Row]) -> None:
    """Compare with brute force, and check that the next step up is over the budget."""
    column = QUANTITIES.index(scaling.quantity) + 1
    within = [member for member in every if member[column] <= scaling.budget]
    if not within:
        assert scaling.largest is None
        assert shape(scaling.least) == min(every, key=lambda member: (member[column], amount(member[0])))
        return
    most = max(member[column] for member in within)
    least_first = sorted((row for row in within if row[column] == most), key=lambda row: amount(row[0]))
    expected = next((row for row in least_first if row[0] == scaling.value), least_first[0])
    assert shape(scaling.largest) == expected
    above = [row for row in every if amount(row[0]) > amount(expected[0]) and row[column] > scaling.budget]
    if above:
        assert shape(scaling.over) == above[0]


def shape(member: Member | None) -> Row | None:
    """Return a member in the form of brute force."""
    return None if member is None else (member.value, member.madds, member.params, member.latency or 0)


QUICK = [("mf26m", "input"), ("mf52m", "head.fc"), ("mf294m", "tokens.dim")]


def marks_of(name: str, by: str) -> Any:
    """Return the marks of a case: a few are quick, and one model is scaled by all in the slow tests."""
    return () if (name, by) in QUICK else pytest.mark.slow if name == "mf26m" else NIGHTLY


ALL = [pytest.param(name, by, marks=marks_of(name, by)) for name in MODELS for by in FAMILIES]
"""Each model in each family."""


@pytest.mark.parametrize(("name", "by"), ALL)
def test_the_largest_within_a_budget_is_that_of_brute_force(name: str, by: str) -> None:
    """For random budgets, 50 for width and MAdds, and for budgets at, one under and one over the cost of a member."""
    spec, every, chance = load(name), of_model(name, by), random.Random(f"{name} {by}")
    for column, quantity in enumerate(QUANTITIES, start=1):
        costs = sorted({member[column] for member in every})
        if len(costs) == 1:
            continue  # the input's size changes no params
        budgets = [
            chance.randint(costs[0] * 9 // 10, costs[-1])
            for _ in range(50 if (by, quantity) == ("width", "madds") else 12)
        ]
        budgets += [cost + change for cost in chance.sample(costs, min(3, len(costs))) for change in (-1, 0, 1)]
        for budget in budgets:
            agree(scale(spec, quantity, budget, by, TIMED), every)


ANY = given(spec_mappings(), st.sampled_from(FAMILIES), st.sampled_from(QUANTITIES), st.randoms(use_true_random=False))


@ANY
@settings(max_examples=12)
def test_any_spec_is_scaled_as_by_brute_force(
    data: dict[str, Any], by: str, quantity: str, chance: random.Random
) -> None:
    """Also for widths that are not multiples of 4, and for few valid members."""
    check_scaled(data, by, quantity, chance)


@pytest.mark.slow
@ANY
@settings(max_examples=part_of(100))
def test_any_of_many_specs_is_scaled_as_by_brute_force(
    data: dict[str, Any], by: str, quantity: str, chance: random.Random
) -> None:
    """The test above runs with more specs."""
    check_scaled(data, by, quantity, chance)


def check_scaled(data: dict[str, Any], by: str, quantity: str, chance: random.Random) -> None:
    """Compare with brute force for budgets at, one under and one over the cost of a member."""
    spec = load(data)
    assume((quantity, by) != ("params", "input"))
    try:
        every = members(spec, by, {"width": 2, "tokens.dim": 200, "input": 200, "depth": 12, "head.fc": 600}[by])
    except InputError:
        assume(False)
    assume(every)
    costs = sorted(member[QUANTITIES.index(quantity) + 1] for member in every)
    for budget in [chance.choice(costs) + chance.choice((-1, 0, 1)) for _ in range(8)]:
        agree(scale(spec, quantity, min(budget, costs[-1]), by, TIMED), every)


@given(st.lists(st.sampled_from((None, True)), max_size=70), st.integers(0, 70))
def test_the_first_true_step_is_found_whichever_are_skipped(asked: list[bool | None], turn: int) -> None:
    """Compared with a plain loop."""
    holds = [None if one is None else at >= turn for at, one in enumerate(asked)]
    assert first_true(len(holds), holds.__getitem__) == next((at for at, one in enumerate(holds) if one), len(holds))


@pytest.mark.parametrize("name", MODELS)
def test_each_depth_contains_the_one_before_and_the_current_one_changes_nothing(name: str) -> None:
    """Each depth adds one block to the one before. The current depth is the multiplier 1."""
    spec = load(name)
    depths = Depths(spec)
    current = sum(block.repeat for block in spec.blocks if block.block == "mf")
    assert depths.repeats(current) == {}
    before = None
    for total in depths.totals[:30]:
        blocks = changed(spec, depths.repeats(total)).blocks
        repeats = [block.repeat for block in blocks]
        assert sum(block.repeat for block in blocks if block.block == "mf") == total
        assert before is None or sum(new - old for new, old in zip(repeats, before, strict=True)) == 1
        assert before is None or all(new >= old for new, old in zip(repeats, before, strict=True))
        before = repeats


def test_depth_grows_every_stage_alike() -> None:
    """Twice the depth of the 294M is twice the mf blocks of each stage. The block that widens is removed last."""
    depths = Depths(load("mf294m"))
    assert depths.repeats(14) == {
        "blocks.3.repeat": 2,
        "blocks.5.repeat": 2,
        "blocks.9.repeat": 4,
        "blocks.12.repeat": 3,
    }
    assert depths.repeats(8) == {"blocks.9.repeat": 2}
    assert depths.repeats(6) == {"blocks.9.repeat": 0}
    assert depths.totals[0] == 1
    assert "blocks.8.repeat" not in depths.repeats(1)


@pytest.mark.parametrize(
    "by, message", [("tokens.dim", "has no tokens"), ("heads", "cannot scale by 'heads'; did you mean 'head.fc'")]
)
def test_an_unknown_family_is_refused(by: str, message: str) -> None:
    """It is invalid input, with the reason."""
    with pytest.raises(InputError, match=message):
        scale(load("mf294m-mobile"), "madds", 10**8, by)


def test_a_rectangle_keeps_its_ratio() -> None:
    """800x1344 is 25:42 and has steps of 32 times that. 225x321 has steps of 75x107."""
    assert [str(size) for size in family(load("mf151m-coco"), "input").runs[0][:2]] == ["800x1344", "1600x2688"]
    sizes = family(load("mf26m", ["input=225x321"]), "input").runs[0]
    assert [str(size) for size in sizes[:3]] == ["75x107", "150x214", "225x321"]
