"""Every query against brute force, which loads and counts each variant by itself."""

from __future__ import annotations

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

import pytest
from effort import nightly_but, one_in, part_of
from explore.spaces import brute_force, space_mappings
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from odd_devices import nanoseconds, odd_device

from mfprofile.cost.bill import Bill, count
from mfprofile.cost.conventions import find_convention
from mfprofile.cost.measures import Measure
from mfprofile.cost.weights import Convention, Counting
from mfprofile.explore.best import best
from mfprofile.explore.count import count_space
from mfprofile.explore.front import Objective, front
from mfprofile.explore.nearest import nearest
from mfprofile.explore.quantity import Quantity, quantity_of
from mfprofile.explore.sample import sample_space
from mfprofile.explore.space import read_space
from mfprofile.explore.variant import Variant
from mfprofile.spec import load
from mfprofile.spec.quantities import Window
from mfprofile.view.listing import listing

QUANTITIES = [
    "madds",
    "params",
    "activations",
    "former.madds",
    "mobile.params",
    "former.madds + bridge.madds",
    "params - 2*head.params",
]
Mapping = dict[str, Any]
Windows = list[tuple[Quantity, Window]]


TIMED = [
    "latency",
    "bridge.latency",
    "mobile.latency",
    "latency + 2*former.latency - bridge.latency",
    "latency - mobile.latency",
    "madds",
    "params",
]


def _brute_force(space: Mapping, convention: Counting) -> tuple[list[Bill], int]:
    """Return the bill of every variant, and the number of combinations that the rules refuse."""
    variants, refused = brute_force(space, convention)
    return [variant.bill for variant in variants], refused


def _figure(bill: Bill, quantity: Quantity) -> int:
    return sum(times * _amount(bill, measure) for times, measure in quantity.terms)


@lru_cache(maxsize=4096)
def _amount(bill: Bill, measure: Measure) -> int:
    """Return a sum of a bill; a latency by prices that are computed by themselves, row by row."""
    if measure.quantity != "latency":
        return int(measure.of(bill.parts, bill.convention))
    assert bill.device is not None
    rows = [row for row in bill.rows if measure.pillar in (None, row.pillar)]
    return sum(nanoseconds(bill.device, row) for row in rows)


def _names(convention: Counting) -> list[str]:
    """Return the quantities of queries: those with latency if there is a latency model."""
    return QUANTITIES if find_convention(convention).device is None else TIMED


def _inside(bill: Bill, windows: Windows) -> bool:
    return all(_figure(bill, quantity) in window for quantity, window in windows)


def _windows(data: Any, bills: list[Bill], most: int, sides: tuple[str, ...] = ("both", "least", "most")) -> Windows:
    """Return some windows of different quantities; their ends are sums of variants, or differ from them by 1."""
    names = data.draw(st.lists(st.sampled_from(_names(bills[0].convention)), max_size=most, unique=True))
    windows = []
    for name in names:
        quantity = quantity_of(name)
        figures = sorted({_figure(bill, quantity) for bill in bills})
        end = st.sampled_from(figures).flatmap(lambda figure: st.integers(figure - 1, figure + 1))
        low, high = sorted([data.draw(end), data.draw(end)])
        side = data.draw(st.sampled_from(sides))
        windows.append((quantity, Window(None if side == "most" else low, None if side == "least" else high)))
    return windows


def _assert_figures(variants: list[Variant], convention: Counting) -> None:
    """Check that each variant has the same figures as its spec, loaded and counted by itself."""
    for variant in variants:
        bill = count(load(variant.spec()), convention)
        for name, figure in variant.figures.items():
            assert _figure(bill, quantity_of(name)) == figure


CONVENTIONS = st.sampled_from(["core", "paper", "fvcore"])
LATENCIES = st.sampled_from([find_convention(name).on(odd_device()) for name in ("core", "fvcore")])
"""Conventions with a latency model."""


def a_space_is_counted_as_by_brute_force(space: Mapping, data: Any, convention: Counting) -> None:
    """Its size, its invalid combinations, and the variants within up to three windows, together and alone."""
    bills, refused = _brute_force(space, convention)
    counts = count_space(read_space(space), [], convention)
    assert (counts.size, counts.skipped, counts.within.lower) == (len(bills), refused, len(bills))
    assume(bills)
    windows = _windows(data, bills, 3)
    counts = count_space(read_space(space), windows, convention)
    within = sum(_inside(bill, windows) for bill in bills)
    assert (counts.within.lower, counts.within.upper) == (within, within)
    for quantity, window in windows:
        alone = sum(_figure(bill, quantity) in window for bill in bills)
        assert (counts.alone[quantity.name].lower, counts.alone[quantity.name].upper) == (alone, alone)
    coarse = count_space(read_space(space), windows, convention, memory=1)
    assert coarse.within.lower <= within <= coarse.within.upper


def samples_are_variants_within(space: Mapping, data: Any, convention: Counting) -> None:
    """They are different, within the windows, and as many as requested, or all if more are requested."""
    bills, _ = _brute_force(space, convention)
    assume(bills)
    windows = _windows(data, bills, 2)
    within = sum(_inside(bill, windows) for bill in bills)
    number = data.draw(st.integers(1, 300))
    variants = sample_space(read_space(space), number, data.draw(st.integers(0, 9)), windows, convention)
    assert len(variants) == min(number, within)
    assert len({repr(variant.assignment) for variant in variants}) == len(variants)
    assert all(variant.figures[quantity.name] in window for variant in variants for quantity, window in windows)
    _assert_figures(variants[:5], convention)


def _aim(data: Any, convention: Counting) -> Objective:
    return Objective(quantity_of(data.draw(st.sampled_from(_names(convention)))), data.draw(st.booleans()))


def the_best_is_that_of_brute_force(space: Mapping, data: Any, convention: Counting) -> None:
    """For the most or the least of any sum within up to three windows; no variant if none is within."""
    bills, _ = _brute_force(space, convention)
    assume(bills)
    windows, objective = _windows(data, bills, 3), _aim(data, convention)
    figures = sorted(
        (_figure(bill, objective.quantity) for bill in bills if _inside(bill, windows)), reverse=objective.most
    )
    variants = best(read_space(space), objective, windows, 1, convention)
    assert [variant.figures[objective.quantity.name] for variant in variants] == figures[:1]
    _assert_figures(variants, convention)
    assert all(variant.figures[quantity.name] in window for variant in variants for quantity, window in windows)
    several = best(read_space(space), objective, windows, 7, convention)
    assert [variant.figures[objective.quantity.name] for variant in several] == figures[:7]
    assert len({repr(variant.assignment) for variant in several}) == len(several)


def the_front_is_that_of_brute_force(space: Mapping, data: Any, convention: Counting) -> None:
    """Every point that no other dominates is there once, with one of its variants, within any windows."""
    bills, _ = _brute_force(space, convention)
    assume(bills)
    objectives = [_aim(data, convention) for _ in range(data.draw(st.sampled_from([2, 2, 3])))]
    windows = _windows(data, bills, 3)
    points = {
        tuple(objective.sign * _figure(bill, objective.quantity) for objective in objectives)
        for bill in bills
        if _inside(bill, windows)
    }
    undominated = {
        point
        for point in points
        if not any(other != point and all(a <= b for a, b in zip(other, point, strict=True)) for other in points)
    }
    variants = front(read_space(space), objectives, windows, convention)
    on_front = [
        tuple(objective.sign * variant.figures[objective.quantity.name] for objective in objectives)
        for variant in variants
    ]
    assert sorted(on_front) == sorted(undominated)
    _assert_figures(variants[:5], convention)


def the_list_is_that_of_brute_force(space: Mapping, data: Any, convention: Counting) -> None:
    """Each variant within the windows has one line, with its choices and its costs."""
    bills, _ = _brute_force(space, convention)
    assume(bills)
    windows = _windows(data, bills, 2)
    text = "".join(listing(read_space(space), windows, convention))
    lines = list(csv.DictReader(io.StringIO(text)))
    names = ["madds", "params", "former.params", "head.madds", *(quantity.name for quantity, _ in windows)]
    expected = [[str(_figure(bill, quantity_of(name))) for name in names] for bill in bills if _inside(bill, windows)]
    assert sorted([line[name] for name in names] for line in lines) == sorted(expected)
    assert len({repr(line) for line in lines}) == len(lines)


def if_nothing_fits_the_nearest_are_those_of_brute_force(space: Mapping, data: Any, convention: Counting) -> None:
    """On both sides of each window, and within all other windows that are not left open."""
    bills, _ = _brute_force(space, convention)
    assume(bills)
    quantity = quantity_of(data.draw(st.sampled_from(_names(convention))))
    figures = sorted({_figure(bill, quantity) for bill in bills})
    at = data.draw(st.integers(0, len(figures)))
    low = figures[at - 1] + 1 if at else figures[0] - 9
    high = figures[at] - 1 if at < len(figures) else figures[-1] + 9
    assume(low <= high)
    others = [(other, window) for other, window in _windows(data, bills, 1) if other.terms != quantity.terms]
    windows = [(quantity, Window(low, high)), *others]
    sides_by_name = nearest(read_space(space), windows, convention)
    for at, (quantity, window) in enumerate(windows):
        sides = sides_by_name[quantity.name]
        others = [other for other in (*windows[:at], *windows[at + 1 :]) if other[0].name not in sides.left_open]
        figures = [_figure(bill, quantity) for bill in bills if _inside(bill, others)]
        below = max((figure for figure in figures if window.least is not None and figure < window.least), default=None)
        above = min((figure for figure in figures if window.most is not None and figure > window.most), default=None)
        assert [None if side is None else side.figures[quantity.name] for side in (sides.below, sides.above)] == [
            below,
            above,
        ]


def answers_do_not_depend_on_the_executor(space: Mapping, data: Any, convention: Counting) -> None:
    """Get the same variants from an executor as from this process, in the same order."""
    bills, _ = _brute_force(space, convention)
    assume(bills)
    windows, objective = _windows(data, bills, 2), _aim(data, convention)
    read = read_space(space)
    with ThreadPoolExecutor(2) as pool:
        for executor in (None, pool):
            variants = [
                sample_space(read, 5, 1, windows, convention, executor),
                best(read, objective, windows, 1, convention, executor=executor),
                front(
                    read, (objective, Objective(quantity_of("params"), True)), windows, convention, executor=executor
                ),
            ]
            answers = [[(variant.assignment, variant.figures) for variant in part] for part in variants]
            if executor is None:
                serial = answers
        assert answers == serial


PROPERTIES = [
    a_space_is_counted_as_by_brute_force,
    samples_are_variants_within,
    the_best_is_that_of_brute_force,
    the_front_is_that_of_brute_force,
    the_list_is_that_of_brute_force,
    if_nothing_fits_the_nearest_are_those_of_brute_force,
    answers_do_not_depend_on_the_executor,
]
each_query = pytest.mark.parametrize("holds", PROPERTIES, ids=lambda holds: holds.__name__)
a_part_of_the_queries = pytest.mark.parametrize("holds", nightly_but(2, PROPERTIES), ids=lambda holds: holds.__name__)


@each_query
@settings(max_examples=4, suppress_health_check=list(HealthCheck))
@given(space_mappings(), st.data(), CONVENTIONS)
def test_each_query_is_answered_as_by_brute_force(holds: Any, space: Mapping, data: Any, convention: Counting) -> None:
    """On some small spaces with all kinds of choices, in several conventions."""
    holds(space, data, convention)


@a_part_of_the_queries
@settings(max_examples=part_of(200), suppress_health_check=list(HealthCheck))
@given(space_mappings(), st.data(), CONVENTIONS)
def test_each_query_is_answered_as_by_brute_force_on_many(
    holds: Any, space: Mapping, data: Any, convention: str
) -> None:
    """On hundreds of spaces, with about 10⁵ variants in total."""
    holds(space, data, convention)


@each_query
@settings(max_examples=3, suppress_health_check=list(HealthCheck))
@given(space_mappings(), st.data(), LATENCIES)
def test_each_query_of_latency_is_answered_as_by_brute_force(
    holds: Any, space: Mapping, data: Any, convention: Convention
) -> None:
    """With windows and objectives in latency, whose prices are computed for each row of each variant."""
    holds(space, data, convention)


@a_part_of_the_queries
@settings(max_examples=part_of(100), suppress_health_check=list(HealthCheck))
@given(space_mappings(), st.data(), LATENCIES)
def test_each_query_of_latency_is_answered_as_by_brute_force_on_many(
    holds: Any, space: Mapping, data: Any, convention: Convention
) -> None:
    """On hundreds of spaces."""
    holds(space, data, convention)


@pytest.mark.slow
def test_samples_are_uniform() -> None:
    """100 of some hundreds of variants are drawn 60 times; χ² over the variants is as in fair draws."""
    space = read_space("tiny")
    window = (quantity_of("madds"), Window(2_000_000, 4_000_000))
    drawn: dict[str, int] = {}
    rounds, number = 60, 100
    for seed in range(rounds):
        for variant in sample_space(space, number, seed, [window]):
            drawn[repr(variant.assignment)] = drawn.get(repr(variant.assignment), 0) + 1
    within = count_space(space, [window]).within.lower
    expected = rounds * number / within
    chi = sum((times - expected) ** 2 / expected for times in drawn.values()) + expected * (within - len(drawn))
    # A sample has each variant at most once, so χ² has the mean (within - 1) · (1 - number / within). Its standard
    # deviation is about √(2·within). Fair draws exceed six of them once in 10⁹ runs, and the seeds are fixed.
    mean = (within - 1) * (1 - number / within)
    assert abs(chi - mean) < 6 * (2 * within) ** 0.5


@pytest.mark.parametrize("seed", one_in(2, [0, 1]))
def test_a_seed_gives_the_same_variants_everywhere(seed: int) -> None:
    """The expected values are written here, so the test fails on a machine or Python version that differs."""
    figures = {
        0: [(299163328, 9432036), (291277104, 10749676), (297550224, 9087712)],
        1: [(290227552, 11268884), (292414912, 9753032), (298382704, 6989064)],
    }
    window = (quantity_of("madds"), Window(290_000_000, 300_000_000))
    variants = sample_space(read_space("mf294m-blocks"), 3, seed, [window])
    assert [(variant.figures["madds"], variant.figures["params"]) for variant in variants] == figures[seed]


def test_widths_without_a_path_to_the_end_are_skipped() -> None:
    """The best variants are correct if the widest value of a block is too wide for all blocks after it."""
    later = [{"block": "mf", "expand": [2, 3, 4, 5], "out": [40, 44, 48]} for _ in range(4)]
    space = read_space(
        {
            "input": 32,
            "classes": 10,
            "tokens": {"count": 2, "dim": 16},
            "stem": 8,
            "require": {"widths": "nondecreasing"},
            "blocks": [{"block": "mf-down", "expand": [2, 3], "out": [12, 400]}, *later],
            "head": {"fc": 8},
        }
    )
    params = Objective(quantity_of("params"), True)
    assert count_space(space).size > 4096
    variants = best(space, params, number=3)
    assert [variant.choices["blocks.1.out"] for variant in variants] == [12, 12, 12]
    assert variants[0].figures == best(space, params)[0].figures
