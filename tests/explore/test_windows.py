"""Windows by setting of the globals: what was refused or bounded is exact, and what is not exact is labelled."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from effort import nightly
from running import run

from mfprofile.explore.best import best
from mfprofile.explore.binding import binding, ranges
from mfprofile.explore.count import count_space
from mfprofile.explore.estimate import estimated
from mfprofile.explore.front import Objective, front
from mfprofile.explore.multipliers import best_prices
from mfprofile.explore.problem import problem_of
from mfprofile.explore.quantity import Quantity, quantity_of
from mfprofile.explore.space import read_space
from mfprofile.explore.stream import blocks
from mfprofile.explore.variant import Variant
from mfprofile.explore.work import Question
from mfprofile.spec.quantities import Window, window

MADDS, PARAMS = quantity_of("madds"), quantity_of("params")
FEW = ["tokens.count=6", "tokens.dim=[128, 192]", *(f"blocks.{number}.expand=6" for number in (2, 4, 6, 10))]


def _windows(**texts: str) -> list[tuple[Quantity, Window]]:
    return [(quantity_of(name.replace("_", ".")), window(text)) for name, text in texts.items()]


@pytest.mark.parametrize(("space", "params"), [("mf294m-stages", 11_674_992), ("mf294m-blocks", 12_104_992)])
def test_the_best_within_two_windows_with_two_sides_is_exact(space: str, params: int) -> None:
    """Former's multiply-adds depend on the tokens alone, so their window holds in a setting or excludes it."""
    within = _windows(madds="290M:300M", former_madds="10M:12M")
    variants = best(read_space(space), Objective(PARAMS, True), within)
    assert [variant.figures["params"] for variant in variants] == [params]
    assert all(variants[0].figures[quantity.name] in limits for quantity, limits in within)


@nightly
def test_three_windows_of_a_large_space_are_counted_exactly() -> None:
    """At most two of them bind in a setting of the globals."""
    within = _windows(madds="290M:300M", params="10M:12M", former_madds="10M:12M")
    counted = count_space(read_space("mf294m-blocks"), within).within
    assert (counted.lower, counted.upper) == (44_110_971_723, 44_110_971_723)


@pytest.mark.slow
def test_the_best_of_a_large_space_within_windows_that_all_bind_is_that_of_a_visit() -> None:
    """Three windows with two sides, in a space of 3·10^8 variants that are visited one by one."""
    space = read_space("mf294m-stages", ["tokens.count=6", "tokens.dim=192"])
    within = _windows(madds="290M:300M", mobile_params="3M:3.2M", bridge_madds="15M:16M")
    limits = [limits for _, limits in within]
    question = Question(space, (*(quantity for quantity, _ in within), PARAMS))
    sums = [
        block.sums(3)[block.within(limits)].max(initial=0)
        for chain in question.every()
        for block in blocks(chain, limits)
    ]
    assert best(space, Objective(PARAMS, True), within)[0].figures["params"] == max(sums)


def test_windows_are_simplified_and_keep_the_same_variants() -> None:
    """In each setting, a side stays only if a variant is beyond it."""
    question = Question(read_space("tiny"), (MADDS, PARAMS, quantity_of("former.madds")))
    given = (Window(3_000_000, 4_000_000), Window(None, 90_000), Window(50_000, 10**9))
    for chain in question.every():
        all_sums = np.hstack([block.figures(block.within([])) for block in blocks(chain, [])])
        assert ranges(chain) == list(zip(all_sums.min(axis=1).tolist(), all_sums.max(axis=1).tolist(), strict=True))
        kept = binding(given, ranges(chain))
        inside = [all(figure in each for figure, each in zip(sums, given, strict=True)) for sums in all_sums.T.tolist()]
        if kept is None:
            assert not any(inside)
            continue
        assert inside == [
            all(figure in each for figure, each in zip(sums, kept, strict=True)) for sums in all_sums.T.tolist()
        ]
        for row, each in enumerate(kept):
            assert each.least is None or all_sums[row].min() < each.least
            assert each.most is None or all_sums[row].max() > each.most


def test_prices_bound_the_best_within_windows_from_below() -> None:
    """In each setting of a space that is visited variant by variant."""
    question = Question(read_space("tiny"), (MADDS, PARAMS))
    seen = 0
    for chain in question.every():
        limits = binding((Window(3_000_000, 3_500_000), Window(None, None)), ranges(chain))
        if limits is None:
            continue
        bound = best_prices(problem_of(chain, 1, -1, limits)).bound
        best_sums = [-block.sums(1)[block.within(limits)].max(initial=0) for block in blocks(chain, limits)]
        assert bound is not None and bound <= min(best_sums, default=0)
        seen += 1
    assert seen > 5


def _figures(variants: list[Variant], *names: str) -> list[tuple[int, ...]]:
    return [tuple(variant.figures[name] for name in names) for variant in variants]


@pytest.mark.parametrize(
    "within",
    [
        _windows(madds="290M:300M"),
        _windows(madds="280M:300M", params=":9M"),
        _windows(madds=":300M", mobile_params="3M:3.2M"),
        _windows(bridge_madds="11M:11.5M", mobile_params="2.5M:"),
    ],
    ids=["its own sum", "both of its sums", "another sum", "two other sums"],
)
def test_a_front_within_any_windows_is_that_of_a_visit(within: list[tuple[Quantity, Window]]) -> None:
    """Two settings of a million variants each, with a pool and without."""
    space, goals = read_space("mf294m-stages", FEW), (Objective(MADDS), Objective(PARAMS, True))
    quantities = (*(quantity for quantity, _ in within), MADDS, PARAMS)
    limits = [limits for _, limits in within]
    best_params: dict[int, int] = {}
    for chain in Question(space, quantities).every():
        for block in blocks(chain, limits):
            *_, madds, params = block.figures(block.within(limits))
            order = np.lexsort([-params, madds])
            madds, params = madds[order], params[order]
            new = np.flatnonzero(np.concatenate([[True], params[1:] > np.maximum.accumulate(params)[:-1]]))
            for one, other in zip(madds[new].tolist(), params[new].tolist(), strict=True) if len(madds) else ():
                best_params[one] = max(other, best_params.get(one, 0))
    expected, most = [], 0
    for madds, params in sorted(best_params.items()):
        if params > most:
            expected.append((madds, params))
            most = params
    assert len(expected) > 3
    with ThreadPoolExecutor(2) as pool:
        for executor in (None, pool):
            assert _figures(front(space, goals, within, executor=executor), "madds", "params") == expected


def test_a_front_of_three_quantities_is_listed_with_all_of_them() -> None:
    """The table has a column for each, and JSON their figures."""
    arguments = ["explore", "front", "tiny", "--minimize", "madds", "--minimize", "activations", "--maximize", "params"]
    listed = json.loads(run(*arguments, "--json", "--params", "90k:").stdout)
    points = {(each["madds"], each["quantities"]["activations"], -each["params"]) for each in listed}
    assert len(points) == len(listed) > 5
    assert not any(a != b and all(x <= y for x, y in zip(a, b, strict=True)) for a in points for b in points)
    done = run("plot", *arguments[1:], "-o", "front.svg")
    assert (done.returncode, done.stderr) == (
        2,
        "error: a picture has two quantities, not 3; 'mfprofile explore front' lists a front of three\n",
    )


@pytest.fixture
def visits_are_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make three windows that bind in one setting too many, however few variants it has."""
    monkeypatch.setattr("mfprofile.explore.count.STREAMED", 0)


@pytest.mark.usefixtures("visits_are_too_long")
def test_intervals_of_estimates_have_the_exact_number_as_often_as_they_say() -> None:
    """With 95 % confidence, 15 of 20 or fewer would be seen 3 times in 1,000; the seeds are fixed."""
    space = read_space("mf294m-stages", FEW)
    within = _windows(madds="290M:310M", params="9M:11M", mobile_params="3M:4M")
    counted = count_space(space, within)
    limits = [limits for _, limits in within]
    question = Question(space, tuple(quantity for quantity, _ in within))
    exact = sum(int(block.within(limits).sum()) for chain in question.every() for block in blocks(chain, limits))
    assert counted.within.lower < exact < counted.within.upper
    estimates = [estimated(space, within, counted, seed=seed, draws=2000) for seed in range(20)]
    assert sum(each.lower <= exact <= each.upper for each in estimates) > 15
    for each in estimates:
        assert counted.within.lower <= each.lower < each.within < each.upper <= counted.within.upper
    assert estimates[0] == estimated(space, within, counted, seed=0, draws=2000)


@pytest.mark.usefixtures("visits_are_too_long")
def test_an_estimate_is_labelled_and_never_exact() -> None:
    """In text it has a line of its own; in JSON it is beside the bounds."""
    arguments: list[Any] = ["explore", "count", "mf294m-stages", *(f"--set={each}" for each in FEW)]
    arguments += ["--madds=290M:310M", "--params=9M:11M", "--within=mobile.params=3M:4M", "--workers=1"]
    *_, bounds, estimate = run(*arguments).stdout.splitlines()
    assert bounds == "bounds: exact numbers need more memory than --ram, or fewer windows that bind at the same time"
    counted = json.loads(run(*arguments, "--json").stdout)
    about = counted["estimate"]
    assert (counted["exact"], counted["within"], about["confidence"], about["drawn"]) == (False, None, 0.95, 20_000)
    assert estimate == (
        f"estimate of all together: {about['within']:,} ({about['lower']:,} to {about['upper']:,} with 95 % confidence), "
        "from 20,000 fair draws"
    )
