"""The best variants, best first, against all paths of random spaces, and on spaces that are too large to visit."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest
from effort import nightly_but, one_in, part_of
from explore.brute import random_space
from odd_devices import odd_device

from mfprofile.cost.conventions import find_convention
from mfprofile.cost.weights import Counting
from mfprofile.errors import InputError
from mfprofile.explore import both_ends, leaders, paths, pools
from mfprofile.explore.best import best
from mfprofile.explore.chain import Chain
from mfprofile.explore.count import count_space
from mfprofile.explore.front import Objective
from mfprofile.explore.leaders import Leading, leading_paths
from mfprofile.explore.quantity import quantity_of
from mfprofile.explore.space import Space, read_space
from mfprofile.explore.work import Question
from mfprofile.spec.quantities import Window

OPEN = Window(None, None)
MEMORY = 1 << 28
SUMS = ("madds", "params", "former.madds", "mobile.params", "head.params", "params - 2*head.params")
LATENCIES = ("latency", "bridge.latency", "madds", "params", "activations")

Listed = tuple[int, tuple[int, ...], tuple[int, ...]]
"""A path: the index of its setting, its edges, and its sums."""


def _listed(question: Question) -> list[Listed]:
    """Return all paths of a question's chains in their order."""
    chains = question.chains()
    each = enumerate(chains.each(chains.settings))
    return [(at, *path) for at, chain in each if chain is not None for path in _continued(chain, 0, (), question)]


def _continued(
    chain: Chain, state: int, edges: tuple[int, ...], question: Question
) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Return the edges and the sums of the paths that begin with some edges."""
    if len(edges) == len(chain.links):
        costs = [link.costs[:, edge].tolist() for link, edge in zip(chain.links, edges, strict=True)]
        return [(edges, tuple(sum(cost[row] for cost in costs) for row in range(len(question.quantities))))]
    link = chain.links[len(edges)]
    return [
        path
        for edge, (source, target) in enumerate(zip(link.source.tolist(), link.target.tolist(), strict=True))
        if source == state
        for path in _continued(chain, target, (*edges, edge), question)
    ]


def _window(rng: Random, sums: list[int], is_needed: bool) -> Window:
    """Return a window with random sides; some of them bind, some do not, and some are far outside."""
    low, high = sorted(rng.choice(sums) + rng.randint(-1, 1) for _ in range(2))
    low = rng.choice([low, low, min(sums), -(10**30)])
    high = rng.choice([high, high, max(sums), 10**30])
    sides = [Window(low, high), Window(low, None), Window(None, high)]
    return rng.choice(sides if is_needed else [OPEN, OPEN, *sides])


def _comparisons(seed: int, folder: Path, names: tuple[str, ...] = SUMS, convention: Counting = "core") -> int:
    """Compare the leaders of one random space with its listed variants, in random windows, and return how often."""
    rng, comparisons = Random(seed), 0
    source = random_space(rng, folder)
    space = read_space(source.file, source.settings)
    for windowed in (0, 1, 2, 3):
        question = Question(space, tuple(map(quantity_of, rng.sample(names, windowed + 1))), convention)
        listed = _listed(question)
        if not listed:
            continue
        sums = [[each[row] for *_, each in listed] for row in range(windowed + 1)]
        windows = tuple(_window(rng, column, row > 0) for row, column in enumerate(sums))
        most = rng.random() < 0.5
        within = [
            (-figures[0] if most else figures[0], at, edges)
            for at, edges, figures in listed
            if all(figure in window for figure, window in zip(figures, windows, strict=True))
        ]
        expected = [(at, edges) for _, at, edges in sorted(within)]
        for number in (1, 2, rng.randint(3, len(listed) + 3), len(listed) + 3):
            answer = leading_paths(question, Leading(most, windows, number, MEMORY))
            assert answer == expected[:number], (seed, windows, most, number)
            comparisons += 1
    return comparisons


def _narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let searches be cut off and extended in pieces as in large spaces."""
    monkeypatch.setattr(leaders, "_WIDTH", 1)
    monkeypatch.setattr(both_ends, "_MANY", 0)
    monkeypatch.setattr(paths, "_AT_A_TIME", 3)


@pytest.mark.parametrize("seed", one_in(2, range(4)))
def test_the_leaders_are_those_of_all_variants_with_ties_in_the_order_of_the_values(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also more of them than there are variants."""
    _narrow(monkeypatch)
    assert _comparisons(seed, tmp_path) in (0, 16)


@pytest.mark.parametrize("seed", [50])
def test_the_leaders_by_latency_are_those_of_all_variants(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Latency is one more sum; windows are in nanoseconds."""
    _narrow(monkeypatch)
    assert _comparisons(seed, tmp_path, LATENCIES, find_convention("core").on(odd_device())) in (0, 16)


@pytest.mark.parametrize("first", nightly_but(3, range(100, 200, 20)))
def test_the_leaders_of_many_random_spaces_are_those_of_all_variants(
    first: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of them are searched as large spaces are."""
    comparisons = 0
    number = part_of(20)
    for seed in range(first, first + number):
        (tmp_path / str(seed)).mkdir()
        with monkeypatch.context() as patch:
            if seed % 2:
                _narrow(patch)
            comparisons += _comparisons(seed, tmp_path / str(seed))
    assert comparisons > 10 * number


def test_equally_good_variants_are_in_the_order_of_their_values() -> None:
    """All sums are 0 here, so the first variants of the space are the best, and no variant is returned twice."""
    question = Question(read_space("tiny"), (quantity_of("params - params"), quantity_of("madds")))
    listed = [(at, edges) for at, edges, sums in _listed(question) if 2_000_000 <= sums[1] <= 4_000_000]
    window = Window(2_000_000, 4_000_000)
    for number in (10, 300, 2000):
        assert leading_paths(question, Leading(True, (OPEN, window), number, MEMORY)) == listed[:number]


def _each_better(space: Space, windows: list[tuple[str, Window]], most: bool, variants: list[Any]) -> list[int]:
    """Return, for each variant, how many variants of the space are as good or better, counted in another way."""
    numbers = []
    for variant in variants:
        figure = variant.figures["params"]
        better = Window(figure, None) if most else Window(None, figure)
        limits = [("params", better), *windows]
        counted = count_space(space, [(quantity_of(name), window) for name, window in limits])
        assert counted.within.exact
        numbers.append(counted.within.lower)
    return numbers


def _check_large(name: str, windows: list[tuple[str, Window]], most: bool) -> None:
    """Compare the ten best variants by parameters with the numbers of variants that are as good."""
    space = read_space(name)
    limits = [(quantity_of(each), window) for each, window in windows]
    variants = best(space, Objective(quantity_of("params"), most), limits, 10)
    assert len({repr(variant.choices) for variant in variants}) == 10
    assert all(variant.figures[each] in window for variant in variants for each, window in windows)
    figures = [variant.figures["params"] for variant in variants]
    assert figures == sorted(figures, reverse=most)
    first, last = _each_better(space, windows, most, [variants[0], variants[-1]])
    assert first == figures.count(figures[0])
    assert last - figures.count(figures[-1]) < 10 <= last


def test_the_ten_best_of_some_hundred_million_variants() -> None:
    """The figures were found by a visit of every variant; the counts are those of a join."""
    space, madds = read_space("mf294m-depth"), (quantity_of("madds"), Window(None, 300_000_000))
    variants = best(space, Objective(quantity_of("params"), True), [madds], 10)
    assert [variants[at].figures["params"] for at in (0, 1, 9)] == [16_540_696, 16_472_440, 16_380_344]
    _check_large("mf294m-depth", [("madds", Window(None, 300_000_000))], most=True)


@pytest.mark.parametrize(("name", "most"), nightly_but(2, [("mf294m-stages", False), ("mf294m-blocks", True)]))
def test_the_ten_best_of_spaces_that_cannot_be_visited(name: str, most: bool) -> None:
    """Up to 4·10^13 variants, with a window that excludes the best on either side."""
    _check_large(name, [("madds", Window(290_000_000, 300_000_000))], most)


def test_the_first_variants_above_an_amount() -> None:
    """The objective has a lower limit of its own, and many variants have exactly this sum."""
    space, madds = read_space("mf294m-depth"), quantity_of("madds")
    window = (madds, Window(290_000_000, 300_000_000))
    assert {each.figures["madds"] for each in best(space, Objective(madds), [window], 10)} == {290_000_000}
    assert count_space(space, [(madds, Window(290_000_000, 290_000_000))]).within.lower >= 10


NAMES = ("activations", "madds", "params")
BOUNDS = (OPEN, Window(2_000_000, 4_000_000), Window(40_000, 60_000))
"""A question for which some chains of `tiny` need a second search, if few paths are kept in the first one."""


def test_a_pool_gives_the_same_leaders() -> None:
    """In a pool, the workers keep more paths than here, and the answer is the same."""
    space, goal = read_space("tiny"), Objective(quantity_of(NAMES[0]))
    windows = [(quantity_of(name), window) for name, window in zip(NAMES[1:], BOUNDS[1:], strict=True)]
    with pools.workers(2) as pool:
        shared, alone = (best(space, goal, windows, 12, executor=executor) for executor in (pool, None))
    assert [each.choices for each in shared] == [each.choices for each in alone]
    assert len(alone) == 12


def test_progress_ends_with_all_of_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a second search is needed, its chains are counted again."""
    _narrow(monkeypatch)
    question = Question(read_space("tiny"), tuple(map(quantity_of, NAMES)))
    calls: list[tuple[int, int]] = []
    leading_paths(question, Leading(False, BOUNDS, 12, MEMORY), None, lambda done, of: calls.append((done, of)))
    assert calls[-1][0] == calls[-1][1] > 0
    assert len({of for _, of in calls}) == 2


def test_a_search_beyond_the_memory_is_refused_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is guessed."""
    _narrow(monkeypatch)
    monkeypatch.setattr(leaders, "_LEAST_MEMORY", 0)
    question = Question(read_space("tiny"), tuple(map(quantity_of, NAMES)))
    with pytest.raises(InputError, match=r"^tiny: the 12 best need more memory than --ram; give more --ram, fewer "):
        leading_paths(question, Leading(False, BOUNDS, 12, 1000))


@pytest.mark.parametrize("seed", range(300, 306))
def test_the_best_is_the_first_of_three_where_many_are_equally_good(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Former's part, or nothing at all, is the same in many variants; no setting is small here."""
    _narrow(monkeypatch)
    rng = Random(seed)
    source = random_space(rng, tmp_path)
    space = read_space(source.file, source.settings)
    for name in ("former.params", "params - params"):
        question = Question(space, tuple(map(quantity_of, (name, "madds", "mobile.params"))))
        sums = [each for *_, each in _listed(question)]
        windows = [
            (quantity, _window(rng, [each[row] for each in sums], is_needed=True))
            for row, quantity in enumerate(question.quantities[1:], start=1)
            if sums
        ]
        for most in (False, True):
            one, three = (best(space, Objective(question.quantities[0], most), windows, number) for number in (1, 3))
            assert [each.choices for each in one] == [each.choices for each in three[:1]]


def test_where_prices_need_too_much_memory_the_other_search_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """No search by prices has room here; without room for the other one, the question is refused."""
    _narrow(monkeypatch)
    space, goal = read_space("tiny"), Objective(quantity_of(NAMES[0]))
    windows = [(quantity_of(name), window) for name, window in zip(NAMES[1:], BOUNDS[1:], strict=True)]
    expected = best(space, goal, windows)
    monkeypatch.setattr(leaders, "_SHORT", 0)
    (answer,) = best(space, goal, windows, memory=0)
    assert answer.choices == expected[0].choices
    monkeypatch.setattr(leaders, "_LEAST_MEMORY", 0)
    with pytest.raises(InputError, match=r"^tiny: the best variant within these windows needs more memory than --ram"):
        best(space, goal, windows, memory=0)
