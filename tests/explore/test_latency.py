"""Queries in latency on shipped spaces, and on one whose residual connections come and go, against each variant alone.

Random spaces are in `test_queries.py`.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

import pytest
import yaml
from explore.brute import Place, choices_of, merged, put
from explore.spaces import brute_force
from odd_devices import nanoseconds, odd_device
from running import ROOT

from mfprofile.cost.bill import Bill
from mfprofile.cost.conventions import find_convention
from mfprofile.cost.device import Device, Rate
from mfprofile.errors import InputError
from mfprofile.explore import pools
from mfprofile.explore.best import best
from mfprofile.explore.count import count_space
from mfprofile.explore.front import Objective, front
from mfprofile.explore.nearest import nearest
from mfprofile.explore.quantity import quantity_of
from mfprofile.explore.sample import sample_space
from mfprofile.explore.space import Space, read_space
from mfprofile.explore.variant import Variant
from mfprofile.spec.quantities import Window

DEVICE = odd_device()
CORE = find_convention("core").on(DEVICE)
LATENCY, BRIDGE, PARAMS = quantity_of("latency"), quantity_of("bridge.latency"), quantity_of("params")
Figures = tuple[int, int, int]

STAGES: Mapping[Place, Any] = {
    ("tokens", "count"): [3, 6],
    ("tokens", "dim"): [96, 192],
    ("stem",): [8, 16],
    ("blocks", 3, "out"): [32, 48],
    ("blocks", 7, "exp"): [288, 576],
    ("blocks", 9, "out"): [128, 240],
}
DEPTH: Mapping[Place, Any] = {
    ("blocks", 2, "repeat"): [0, 1, 2, 3],
    ("blocks", 7, "repeat"): [0, 2],
    ("blocks", 7, "out"): [96, 128],
    ("blocks", 10, "repeat"): [0, 4],
    ("blocks", 11, "repeat"): [0, 1],
}
RESIDUALS: Mapping[str, Any] = {
    "input": 32,
    "classes": 5,
    "stem": [8, 16],
    "tokens": {"count": 2, "dim": 8},
    "blocks": [
        {"block": "lite", "expand": 2, "out": [8, 16]},
        {"block": "mf", "expand": 2, "out": [8, 16, 24], "repeat": [0, 1, 2]},
        {"block": "mf-down", "expand": 2, "out": [16, 24]},
        {"block": "mf", "expand": 3, "out": [16, 24]},
    ],
    "head": {"fc": 5},
}


def _part_of(name: str, kept: Mapping[Place, Any]) -> dict[str, Any]:
    """Return a shipped space around mf294m with these values; all other choices have their first value."""
    files = [ROOT / "specs" / "mf294m.yaml", ROOT / "spaces" / f"mf294m-{name}.yaml"]
    base, patch = (yaml.safe_load(file.read_text(encoding="utf-8")) for file in files)
    del patch["extends"]
    document: dict[str, Any] = copy.deepcopy(merged(base, patch))
    for place, values in choices_of(document):
        put(document, place, values[0])
    for place, values in kept.items():
        put(document, place, values)
    return document


def _tiny() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "spaces" / "tiny.yaml").read_text(encoding="utf-8"))
    return document


DOCUMENTS = {
    "tiny": _tiny,
    "part of tiny": lambda: _tiny() | {"input": 64, "head": {"fc": 32}},
    "stages": lambda: _part_of("stages", STAGES),
    "depth": lambda: _part_of("depth", DEPTH),
    "residuals": lambda: dict(RESIDUALS),
}


def _figures(bill: Bill) -> Figures:
    """Return latency, the bridge's latency and params; prices row by row, in decimal arithmetic."""
    prices = [(row.pillar, nanoseconds(DEVICE, row)) for row in bill.rows]
    return sum(price for _, price in prices), sum(price for pillar, price in prices if pillar == "bridge"), bill.params


@contextmanager
def _executor(pooled: bool) -> Iterator[Executor | None]:
    if not pooled:
        yield None
        return
    with pools.workers(2) as pool:
        assert pool is not None
        yield pool


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if name in ("tiny", "depth") else []) for name in DOCUMENTS]
)
def test_every_query_in_latency_is_that_of_all_variants_each_priced_alone(name: str) -> None:
    """Count, best, front, sample and the nearest, with windows; in this process and in a pool."""
    document = DOCUMENTS[name]()
    variants, _ = brute_force(document, CORE)
    figures = sorted(_figures(variant.bill) for variant in variants)
    assert len(figures) >= 40
    space, answers = read_space(document), []
    for pooled in (False, True):
        with _executor(pooled) as executor:
            answers.append(_answers(space, figures, executor))
    assert answers[0] == answers[1]


def _answers(space: Space, figures: Sequence[Figures], executor: Executor | None) -> list[Any]:
    """Return the variants of all queries, after comparing them with the figures of all variants."""
    middle = figures[len(figures) // 2][0]
    narrow = sorted(bridge for _, bridge, _ in figures)[2 * len(figures) // 3]
    windows = [(LATENCY, Window(middle // 2, middle)), (BRIDGE, Window(None, narrow))]
    within = [each for each in figures if middle // 2 <= each[0] <= middle and each[1] <= narrow]
    counted = count_space(space, windows, CORE, executor=executor)
    assert (counted.size, counted.within.lower, counted.within.upper) == (len(figures), len(within), len(within))

    fastest = best(space, Objective(LATENCY), windows, 5, CORE, executor=executor)
    assert [_of(variant)[0] for variant in fastest] == [each[0] for each in within[:5]]
    largest = best(space, Objective(PARAMS, True), windows, 1, CORE, executor=executor)
    assert _of(largest[0])[2] == max(each[2] for each in within)

    points = front(space, (Objective(LATENCY), Objective(PARAMS, True)), windows[1:], CORE, executor=executor)
    narrow_ones = [each for each in figures if each[1] <= narrow]
    assert [(_of(each)[0], _of(each)[2]) for each in points] == _undominated(narrow_ones)

    drawn = sample_space(space, 9, 1, windows, CORE, executor)
    everything = sample_space(space, len(within) + 1, 1, windows, CORE, executor)
    assert len(drawn) == min(9, len(within))
    assert sorted(map(_of, everything)) == within
    near = nearest(space, [(LATENCY, Window(None, figures[0][0] - 1))], CORE, executor=executor)["latency"].above
    assert near is not None
    assert _of(near)[0] == figures[0][0]
    answers = [*fastest, *largest, *points, *drawn]
    return [(variant.choices, _of(variant)) for variant in answers]


def _of(variant: Variant) -> Figures:
    named = variant.figures
    return named["latency"], named["bridge.latency"], named["params"]


def _undominated(figures: Sequence[Figures]) -> list[tuple[int, int]]:
    """Return the points that are fastest for their parameters, from the fastest on."""
    points: list[tuple[int, int]] = []
    for latency, _, params in sorted(figures, key=lambda each: (each[0], -each[2])):
        if not points or params > points[-1][1]:
            points.append((latency, params))
    return points


def test_a_residual_connection_that_a_variant_does_not_have_costs_no_call() -> None:
    """With a price for calls of additions only, latency counts the additions of each variant."""
    device = Device("calls", {("add", "*"): Rate(call=10**6)}, allows_unpriced=True)
    convention = find_convention("core").on(device)
    variants, _ = brute_force(dict(RESIDUALS), convention)
    additions = sorted(sum(row.kind == "add" for row in variant.bill.rows) for variant in variants)
    space = read_space(dict(RESIDUALS))
    listed = sample_space(space, 1000, 0, [], convention)
    assert sorted(variant.figures["latency"] for variant in listed) == additions
    assert len(set(additions)) > 5


def test_a_kind_without_a_price_is_refused_before_any_answer() -> None:
    """Neither 0, nor an answer of the other ops."""
    without = find_convention("core").on(odd_device(without=("gelu",)))
    with pytest.raises(InputError, match="'abacus' never saw ops of kind gelu"):
        count_space(read_space("tiny"), [(LATENCY, Window(None, 10**6))], without)
    with pytest.raises(InputError, match="latency"):
        count_space(read_space("tiny"), [(LATENCY, Window(None, 10**6))])


def test_a_space_whose_femtoseconds_could_wrap_is_refused() -> None:
    """Latencies are femtoseconds before they are rounded, so they must stay below 2⁶³ of them."""
    slow = find_convention("core").on(Device("slow", {("linear", "*"): Rate(call=10**15)}, allows_unpriced=True))
    assert count_space(read_space("tiny"), [(LATENCY, Window(None, 10**12))], slow).within.lower > 0
    slower = Device("slower", {("linear", "*"): Rate(product=10**15)}, allows_unpriced=True)
    with pytest.raises(InputError, match=r"latency of a variant can be [0-9,]+ ns, more than 1,152,921,504,606; "):
        count_space(read_space("tiny"), [(LATENCY, Window(None, 10**12))], find_convention("core").on(slower))
