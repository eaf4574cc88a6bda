"""Distributions over spaces: bins, shares and quantiles, against every variant of random spaces."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil
from pathlib import Path
from random import Random
from typing import Any

import pytest
from effort import nightly_but, one_in, part_of
from explore.brute import random_space, variants_of
from explore.spaces import brute_force, space_mappings
from explore.test_brute_force import SUMS
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_devices import odd_device

from mfprofile.cost.conventions import find_convention
from mfprofile.errors import InputError
from mfprofile.explore import cumulative, pools, ranks
from mfprofile.explore.count import count_space
from mfprofile.explore.histogram import Histogram, histogram, round_edges
from mfprofile.explore.quantity import quantity_of
from mfprofile.explore.space import read_space
from mfprofile.spec.quantities import Window, window

SHARES = tuple(map(Fraction, ("0", "5", "33.3", "50", "99.9", "100")))
MADDS, PARAMS = quantity_of("madds"), quantity_of("params")


def _is_right(answer: Histogram, sums: Sequence[int]) -> None:
    """Compare a histogram with all sums, in order; each number is exact, or between its bounds."""
    assert answer.size.lower <= len(sums) <= answer.size.upper
    for over, up_to, number, so_far in answer.bins:
        inside = sum((over is None or each > over) and (up_to is None or each <= up_to) for each in sums)
        assert number.lower <= inside <= number.upper
        assert so_far.lower <= sum(up_to is None or each <= up_to for each in sums) <= so_far.upper
    for amount, number in answer.below:
        assert number.lower <= sum(each <= amount for each in sums) <= number.upper
    for share, amount in answer.quantiles:
        assert amount.lower <= sums[max(0, ceil(share * len(sums) / 100) - 1)] <= amount.upper


def _checked(rng: Random, sums: Sequence[int]) -> dict[str, Any]:
    """Return edges or a number of bins, and amounts, some of them sums."""
    amounts = [rng.choice(sums) + rng.randint(-1, 1) for _ in range(4)] if sums else [1, 2]
    return {"edges": rng.choice([rng.randint(1, 30), amounts]), "below": amounts, "quantiles": SHARES}


def _compare(seeds: range, folder: Path, memory: int = 1 << 30) -> int:
    """Return the number of exact histograms of random spaces that were compared."""
    compared = 0
    for seed in seeds:
        rng = Random(seed)
        (folder / str(seed)).mkdir()
        source = random_space(rng, folder / str(seed))
        space, variants = read_space(source.file, source.settings), variants_of(source.document).figures.values()
        for number in range(3 if variants else 1):
            name, *others = rng.sample(list(SUMS), 1 + number)
            of = {each: [sum(k * v[part] for part, k in SUMS[each].items()) for v in variants] for each in SUMS}
            windows = []
            for each in [name, *others][rng.randint(0, 1) :] if variants else ():
                low, high = sorted(rng.choice(of[each]) + rng.randint(-1, 1) for _ in range(2))
                windows.append((each, Window(rng.choice([low, None]), rng.choice([high, None]))))
            kept = [at for at in range(len(variants)) if all(of[each][at] in limits for each, limits in windows)]
            sums = sorted(of[name][at] for at in kept)
            limits = [(quantity_of(each), inside) for each, inside in windows]
            answer = histogram(space, quantity_of(name), windows=limits, memory=memory, **_checked(rng, sums))
            if memory:
                assert answer.exact, f"seed {seed}"
                assert bool(answer.bins) == bool(answer.quantiles) == bool(sums), f"seed {seed}"
            _is_right(answer, sums)
            compared += bool(sums)
    return compared


def test_distributions_of_random_spaces_are_those_of_all_their_variants(tmp_path: Path) -> None:
    """Within up to three windows: sums of spaces of this size are listed."""
    assert _compare(range(10), tmp_path) > 15


@pytest.mark.parametrize("first", nightly_but(2, range(1000, 1400, 100)))
def test_distributions_of_many_random_spaces_are_those_of_all_their_variants(first: int, tmp_path: Path) -> None:
    """The same for 100 spaces at a time, or a part of them."""
    number = part_of(100)
    assert _compare(range(first, first + number), tmp_path) > number


def test_bounds_of_random_spaces_hold_what_their_variants_have(tmp_path: Path) -> None:
    """Without memory, all sums are on grids; the answers say so, or are exact by chance."""
    assert _compare(range(4), tmp_path, memory=0) > 5


@pytest.mark.parametrize("few", one_in(2, [0, 3]))
def test_halves_and_pairs_of_halves_give_the_same_distributions(
    few: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in large spaces, one window on another quantity is joined, and quantiles are searched; several can be refused."""
    monkeypatch.setattr(cumulative, "LISTED", 0)
    monkeypatch.setattr(ranks, "FEW", few)
    compared = 0
    for seed in range(8):
        try:
            (folder := tmp_path / str(seed)).mkdir()
            compared += _compare(range(seed, seed + 1), folder)
        except InputError as error:
            assert "within at most one window on another quantity, not 2; remove windows" in str(error)
    assert compared > 4


@settings(max_examples=10, deadline=None)
@given(space_mappings(), st.randoms(use_true_random=False))
def test_latencies_of_random_spaces_are_distributed_as_those_of_their_variants(mapping: Any, rng: Random) -> None:
    """Each variant alone has the latency of its bill; a window on params is joined or listed."""
    convention = find_convention("core").on(odd_device())
    variants, _ = brute_force(mapping, convention)
    least = rng.choice([variant.bill.params for variant in variants] or [0])
    sums = sorted(variant.bill.latency for variant in variants if variant.bill.params >= least)
    limits = [(PARAMS, Window(least, None))]
    answer = histogram(
        read_space(mapping), quantity_of("latency"), windows=limits, convention=convention, **_checked(rng, sums)
    )
    assert answer.exact
    _is_right(answer, sums)


def test_bounds_hold_the_exact_numbers() -> None:
    """Sums on a grid give a lower and an upper bound of each number and of each quantile."""
    space, amounts = read_space("mf294m-stages", ["tokens.count=3"]), [250_000_000, 300_000_000]
    exact, bounds = (
        histogram(space, MADDS, amounts, [(MADDS, window("200M:"))], (5, 50), amounts, memory=memory)
        for memory in (1 << 30, 1 << 20)
    )
    assert (exact.exact, bounds.exact) == (True, False)
    pairs = [
        (exact.size, bounds.size),
        *zip((b.number for b in exact.bins), (b.number for b in bounds.bins), strict=True),
    ]
    for one, other in ((exact.below, bounds.below), (exact.quantiles, bounds.quantiles)):
        pairs += [(number, bound) for (_, number), (_, bound) in zip(one, other, strict=True)]
    assert all(bound.lower <= number.lower <= bound.upper for number, bound in pairs)
    assert exact.below[1][1] == count_space(space, [(MADDS, window("200M:300M"))]).within


def test_a_pool_gives_the_same_distribution() -> None:
    """Workers do the settings, and their answers are added up."""
    space = read_space("tiny")
    with pools.workers(2) as executor:
        shared = histogram(space, MADDS, 10, [(PARAMS, window("40k:"))], SHARES, [3_000_000], executor=executor)
    alone = histogram(space, MADDS, 10, [(PARAMS, window("40k:"))], SHARES, [3_000_000])
    assert (shared.bins, shared.below, shared.quantiles) == (alone.bins, alone.below, alone.quantiles)


def test_edges_are_round_and_hold_all_amounts() -> None:
    """Also where all variants have one amount, and for amounts below 0."""
    assert round_edges(5, 5, 10) == [4, 5]
    assert round_edges(-25, 24, 5) == [-30, -20, -10, 0, 10, 20, 30]
    for least, greatest, bins in ((1, 10**12, 1), (7, 8, 3), (-(10**9), -5, 20), (218_670_272, 402_000_001, 7)):
        edges = round_edges(least, greatest, bins)
        assert edges[0] < least <= greatest <= edges[-1]
        assert len(edges) - 1 <= bins + 1


def test_a_quantile_beyond_all_variants_is_refused() -> None:
    """It is a percentage."""
    with pytest.raises(InputError, match="a quantile must be a percentage from 0 to 100"):
        histogram(read_space("tiny"), MADDS, quantiles=[101])
