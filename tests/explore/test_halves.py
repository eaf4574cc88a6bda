"""Sums of half chains, their bounds and ranks, against plain enumeration of paths."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
from effort import NIGHTLY
from hypothesis import given
from hypothesis import strategies as st

from mfprofile.explore.chain import Chain, Link
from mfprofile.explore.edges import Integers
from mfprofile.explore.grid import coarse_size
from mfprofile.explore.halves import Halves, bytes_needed, grid_size, kept_sums
from mfprofile.explore.join import count_within_both
from mfprofile.explore.sums import Shifted, Sums, merged, paths_from_start, paths_to_end
from mfprofile.explore.wavelet import WaveletMatrix
from mfprofile.spec.quantities import Window


def _link(source: Integers, target: Integers, states: int, costs: Integers) -> Link:
    """Return a link with one option."""
    zeros = np.zeros_like(source)
    return Link(source, target, zeros, zeros, ({},), ({},), states, costs)


@st.composite
def chains(draw: st.DrawFn) -> Chain:
    """Return a chain of one to five links with two costs; some of its widths have no path to the end."""
    states = [1, *(draw(st.integers(1, 3)) for _ in range(draw(st.integers(0, 4)))), 1]
    most = draw(st.sampled_from([3, 40, 10**6, 10**9]))
    links = []
    for before, after in pairwise(states):
        number = draw(st.integers(1, 5))
        edges = [(draw(st.integers(0, before - 1)), draw(st.integers(0, after - 1))) for _ in range(number)]
        costs = [[draw(st.integers(-most, most)) for _ in edges] for _ in range(2)]
        source, target = np.array(edges).T
        links.append(_link(source, target, after, np.array(costs, np.int64)))
    return Chain({}, {}, tuple(links))


def _all(chain: Chain) -> dict[tuple[int, ...], tuple[int, int]]:
    """Return the two sums of every path, by the path's edges; each path is followed by itself."""
    sums = {}
    for edges in product(*(range(len(link.source)) for link in chain.links)):
        steps = list(zip(chain.links, edges, strict=True))
        ends = [0, *(int(link.target[edge]) for link, edge in steps)]
        if all(int(link.source[edge]) == before for (link, edge), before in zip(steps, ends, strict=False)):
            first, second = (sum(int(link.costs[row][edge]) for link, edge in steps) for row in (0, 1))
            sums[edges] = (first, second)
    return sums


def _window(data: Any, amounts: list[int]) -> Window:
    """Return a window; each of its ends is near one of the amounts, or open."""
    near = st.sampled_from([*amounts, 0]).flatmap(lambda amount: st.integers(amount - 2, amount + 2))
    least, most = data.draw(st.none() | near), data.draw(st.none() | near)
    if least is not None and most is not None and least > most:
        least, most = most, least
    return Window(least, most)


@given(chains(), st.data())
def test_a_window_is_counted_as_by_enumeration(chain: Chain, data: Any) -> None:
    """The number is exact on a grid of size 1; on any other grid it is between the bounds."""
    every = _all(chain)
    window = _window(data, [first for first, _ in every.values()])
    within = sum(first in window for first, _ in every.values())
    assert Halves(chain, chain.costs(0)).bounds(window) == (within, within)
    lower, upper = Halves(chain, chain.costs(0), data.draw(st.integers(1, 50))).bounds(window)
    assert lower <= within <= upper
    assert paths_from_start(chain.links)[-1][0] == paths_to_end(chain.links)[0][0] == len(every)


@given(chains(), st.data())
def test_two_windows_are_counted_as_by_enumeration(chain: Chain, data: Any) -> None:
    """The join misses no path and counts no path twice."""
    every = _all(chain)
    first, second = (_window(data, [sums[row] for sums in every.values()]) for row in (0, 1))
    within = sum(one in first and other in second for one, other in every.values())
    if every:
        assert count_within_both(chain, (0, 1), (first, second), 1 << 30) == within
        assert count_within_both(chain, (0, 1), (first, second), 1) is None


@given(chains(), st.data())
def test_ranks_and_variants_are_a_bijection(chain: Chain, data: Any) -> None:
    """Different ranks have different paths, every path within has a rank, and the order of the ranks does not matter."""
    every = _all(chain)
    halves = Halves(chain, chain.costs(0), data.draw(st.sampled_from([1, 1, 7, 1000])))
    window = _window(data, [first for first, _ in every.values()])
    cells = halves.grid.possible_cells(window)
    ranks = data.draw(st.permutations(range(halves.count(cells))))
    ranked = [tuple(edges) for edges in halves.paths(cells, ranks).tolist()]
    assert len(set(ranked)) == len(ranked)
    assert set(ranked) <= set(every)
    assert {edges for edges, (first, _) in every.items() if first in window} <= set(ranked)
    if halves.grid.size == 1:
        assert all(every[edges][0] in window for edges in ranked)
    one_by_one = [tuple(halves.paths(cells, [rank])[0].tolist()) for rank in ranks[:3]]
    assert one_by_one == ranked[:3]


def _long(links: int, edges: int) -> Chain:
    """Return a chain with one width after each link, and random costs."""
    costs = np.random.default_rng(1).integers(0, 9973, edges)
    zeros = np.zeros(edges, np.int64)
    link = _link(zeros, zeros, 1, np.array([costs, costs]))
    return Chain({}, {}, (link,) * links)


def test_numbers_beyond_an_int64_are_exact() -> None:
    """10^40 variants are counted with Python's integers; the numbers below and above a limit sum up to all."""
    chain = _long(40, 10)
    halves = Halves(chain, chain.costs(0))
    window = Window(None, 200_000)
    (below, _), (above, _) = halves.bounds(window), halves.bounds(Window(200_001, None))
    assert below + above == 10**40
    assert below > 2**63
    paths = halves.paths(halves.grid.possible_cells(window), [0, below - 1, below // 3])
    assert all(int(chain.links[0].costs[0][edges].sum()) in window for edges in paths)


def test_a_count_that_does_not_fit_in_memory_has_bounds() -> None:
    """The difference of the bounds is at most a few percent of the variants in the window."""
    chain = _long(12, 10)
    window = Window(40_000, 60_000)
    assert grid_size(chain, 0, window, 1 << 30) == 1
    size = grid_size(chain, 0, window, 1000)
    assert size == coarse_size(chain, 0, window) > 1
    exact, _ = Halves(chain, chain.costs(0)).bounds(window)
    lower, upper = Halves(chain, chain.costs(0), size).bounds(window)
    assert lower < exact < upper
    assert upper - lower < exact // 20


def test_kept_sums_is_an_upper_bound_of_the_sums_in_memory() -> None:
    """It includes the sums at all widths, not only at the cut: there can be more of them between start and end."""
    rng, wide, zeros = np.random.default_rng(1), 50, np.zeros(50, np.int64)
    every, one = np.arange(wide), np.zeros((1, wide), np.int64)
    between = [array.ravel() for array in np.meshgrid(every, every)]
    costs = rng.integers(0, 20, (1, wide * wide))
    links = (
        _link(zeros, every, wide, one),
        _link(between[0], between[1], wide, costs),
        _link(every, zeros, 1, one),
    )
    chain = Chain({}, {}, links)
    halves = Halves(chain, chain.costs(0))
    kept = sum(len(sums.values) for level in (*halves.prefixes, *halves.suffixes) for sums in level)
    assert 500 < kept <= kept_sums(chain, chain.costs(0))


@pytest.mark.parametrize(
    ("links", "edges", "unit"), [(4, 1000, 1), (20, 120, 40), pytest.param(20, 1000, 40, marks=NIGHTLY)]
)
def test_the_needed_bytes_are_an_upper_bound_of_the_memory(links: int, edges: int, unit: int) -> None:
    """Also with a thousand edges to one width, and with counts that do not fit into an int64."""
    chain = _long(links, edges)
    costs = [cost // unit for cost in chain.costs(0)]
    tracemalloc.start()
    try:
        halves = Halves(chain, costs)
        assert tracemalloc.get_traced_memory()[1] < bytes_needed(chain, costs)
    finally:
        tracemalloc.stop()
    assert halves.fits_int64 == (links == 4)


def test_bounds_keep_to_the_memory_as_well() -> None:
    """The grid is coarser where its sums would need more."""
    chain, window = _long(30, 300), Window(500_000, 500_010)
    fine, coarse = (grid_size(chain, 0, window, 0, memory) for memory in (1 << 40, 1 << 20))
    assert fine == coarse_size(chain, 0, window) < coarse
    assert bytes_needed(chain, chain.costs(0), coarse) <= 1 << 20


@pytest.mark.parametrize("side", [10**40, -(10**40), 2**63, -(2**63)])
def test_a_window_can_end_beyond_an_int64(side: int) -> None:
    """An end that no sum reaches excludes either nothing or everything."""
    chain = _long(4, 5)
    windows = Window(None, side), Window(side, None)
    within = [5**4 if side > 0 else 0, 0 if side > 0 else 5**4]
    assert [Halves(chain, chain.costs(0)).bounds(window) for window in windows] == [(one, one) for one in within]
    assert [count_within_both(chain, (0, 1), (window, windows[0]), 1 << 30) for window in windows] == [within[0], 0]


@pytest.mark.parametrize("spread", [1, 1000])
def test_merged_sums_are_those_of_the_pieces(spread: int) -> None:
    """Values that are close are added up in a dense array; values that are far apart are sorted."""
    pieces = [
        Sums(np.array([0, 2, 5]) * spread, np.array([1, 2, 3])),
        Sums(np.array([2, 3]) * spread, np.array([10, 20])),
    ]
    sums = merged([Shifted(piece, 0) for piece in pieces], fits_int64=True)
    shifted = merged([Shifted(piece, 7) for piece in pieces], fits_int64=True)
    assert shifted.values.tolist() == [value + 7 for value in sums.values.tolist()]
    assert shifted.counts.tolist() == sums.counts.tolist()
    counts = {value: count for value, count in zip(sums.values.tolist(), sums.counts.tolist(), strict=True) if count}
    assert counts == {0: 1, 2 * spread: 12, 3 * spread: 20, 5 * spread: 3}


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5)), min_size=1, max_size=30), st.data())
def test_the_wavelet_matrix_weighs_any_range(items: list[tuple[int, int]], data: Any) -> None:
    """The weight is the same as by a loop over all items."""
    numbers, weights = (np.array(column) for column in zip(*items, strict=True))
    matrix = WaveletMatrix(numbers, weights)
    first = data.draw(st.integers(0, len(items)))
    last = data.draw(st.integers(first, len(items)))
    bound = data.draw(st.integers(0, 40))
    expected = sum(weight for number, weight in items[first:last] if number < bound)
    assert matrix.weight_below(np.array([first]), np.array([last]), np.array([bound])).tolist() == [expected]
