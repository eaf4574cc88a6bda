"""Sums of half chains: counted, bounded and named, against plain enumeration of paths."""

from __future__ import annotations

from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfprofile.explore.chain import Chain, Link
from mfprofile.explore.halves import Halves, coarse_size, grid_size, kept_sums
from mfprofile.explore.join import within_both
from mfprofile.explore.sums import Sums, merged, paths, paths_onward
from mfprofile.explore.wavelet import WaveletMatrix
from mfprofile.spec.quantities import Window


@st.composite
def chains(draw: st.DrawFn) -> Chain:
    """Return a chain of one to five links with two costs, some of its widths without a way on."""
    states = [1, *(draw(st.integers(1, 3)) for _ in range(draw(st.integers(0, 4)))), 1]
    most = draw(st.sampled_from([3, 40, 10**6, 10**9]))
    links = []
    for before, after in pairwise(states):
        number = draw(st.integers(1, 5))
        edges = [(draw(st.integers(0, before - 1)), draw(st.integers(0, after - 1))) for _ in range(number)]
        costs = [[draw(st.integers(-most, most)) for _ in edges] for _ in range(2)]
        source, target = np.array(edges).T
        options = np.arange(number)
        links.append(Link(source, target, options, tuple({} for _ in edges), after, np.array(costs, np.int64)))
    return Chain({}, tuple(links))


def _all(chain: Chain) -> dict[tuple[int, ...], tuple[int, int]]:
    """Return every path's edges with its two sums, one path at a time."""
    found = {}
    for edges in product(*(range(len(link.source)) for link in chain.links)):
        steps = list(zip(chain.links, edges, strict=True))
        ends = [0, *(int(link.target[edge]) for link, edge in steps)]
        if all(int(link.source[edge]) == before for (link, edge), before in zip(steps, ends, strict=False)):
            first, second = (sum(int(link.costs[row][edge]) for link, edge in steps) for row in (0, 1))
            found[edges] = (first, second)
    return found


def _window(data: Any, amounts: list[int]) -> Window:
    """Return a window whose ends are near sums that occur, or open."""
    near = st.sampled_from([*amounts, 0]).flatmap(lambda amount: st.integers(amount - 2, amount + 2))
    least, most = data.draw(st.none() | near), data.draw(st.none() | near)
    if least is not None and most is not None and least > most:
        least, most = most, least
    return Window(least, most)


@given(chains(), st.data())
def test_a_window_is_counted_as_by_enumeration(chain: Chain, data: Any) -> None:
    """Exactly on a grid of size 1; on any other the bounds hold the number between them."""
    every = _all(chain)
    window = _window(data, [first for first, _ in every.values()])
    within = sum(first in window for first, _ in every.values())
    assert Halves(chain, chain.costs(0)).bounds(window) == (within, within)
    lower, upper = Halves(chain, chain.costs(0), data.draw(st.integers(1, 50))).bounds(window)
    assert lower <= within <= upper
    assert paths(chain.links)[-1][0] == paths_onward(chain.links)[0][0] == len(every)


@given(chains(), st.data())
def test_two_windows_are_counted_as_by_enumeration(chain: Chain, data: Any) -> None:
    """The dominance join misses nobody and counts nobody twice."""
    every = _all(chain)
    first, second = (_window(data, [sums[row] for sums in every.values()]) for row in (0, 1))
    within = sum(one in first and other in second for one, other in every.values())
    if every:
        assert within_both(chain, (0, 1), (first, second), 1 << 30) == within
        assert within_both(chain, (0, 1), (first, second), 1) is None


@given(chains(), st.data())
def test_ranks_and_variants_are_a_bijection(chain: Chain, data: Any) -> None:
    """Each rank within has a path of its own, each path that may be within a rank, in whatever order they are asked."""
    every = _all(chain)
    halves = Halves(chain, chain.costs(0), data.draw(st.sampled_from([1, 1, 7, 1000])))
    window = _window(data, [first for first, _ in every.values()])
    cells = halves.grid.possibly(window)
    ranks = data.draw(st.permutations(range(halves.within(cells))))
    found = [tuple(edges) for edges in halves.paths(cells, ranks).tolist()]
    assert len(set(found)) == len(found)
    assert set(found) <= set(every)
    assert {edges for edges, (first, _) in every.items() if first in window} <= set(found)
    if halves.grid.size == 1:
        assert all(every[edges][0] in window for edges in found)
    one_by_one = [tuple(halves.paths(cells, [rank])[0].tolist()) for rank in ranks[:3]]
    assert one_by_one == found[:3]


def _long(links: int, edges: int) -> Chain:
    """Return a chain of one width, with costs that spread."""
    costs = np.random.default_rng(1).integers(0, 9973, edges)
    zeros = np.zeros(edges, np.int64)
    link = Link(zeros, zeros, zeros, ({},), 1, np.array([costs, costs]))
    return Chain({}, (link,) * links)


def test_numbers_beyond_an_int64_are_exact() -> None:
    """10^40 variants are counted in Python's integers, all of them and by halves that sum up to all."""
    chain = _long(40, 10)
    halves = Halves(chain, chain.costs(0))
    window = Window(None, 200_000)
    (below, _), (above, _) = halves.bounds(window), halves.bounds(Window(200_001, None))
    assert below + above == 10**40
    assert below > 2**63
    paths_found = halves.paths(halves.grid.possibly(window), [0, below - 1, below // 3])
    assert all(int(chain.links[0].costs[0][edges].sum()) in window for edges in paths_found)


def test_what_does_not_fit_in_memory_is_bounded() -> None:
    """On a grid that leaves few in doubt, and not more than a few percent of the window."""
    chain = _long(12, 10)
    window = Window(40_000, 60_000)
    assert grid_size(chain, 0, window, 1 << 30) == 1
    size = grid_size(chain, 0, window, 1000)
    assert size == coarse_size(chain, 0, window) > 1
    exact, _ = Halves(chain, chain.costs(0)).bounds(window)
    lower, upper = Halves(chain, chain.costs(0), size).bounds(window)
    assert lower < exact < upper
    assert upper - lower < exact // 20


def test_what_is_kept_is_no_more_than_was_foreseen() -> None:
    """Sums at every width on the way count, not only those at the cut: few at both ends may be many between."""
    rng, wide, zeros = np.random.default_rng(1), 50, np.zeros(50, np.int64)
    every, one = np.arange(wide), np.zeros((1, wide), np.int64)
    between = [array.ravel() for array in np.meshgrid(every, every)]
    costs = rng.integers(0, 20, (1, wide * wide))
    links = (
        Link(zeros, every, zeros, ({},), wide, one),
        Link(between[0], between[1], np.zeros_like(between[0]), ({},), wide, costs),
        Link(every, zeros, zeros, ({},), 1, one),
    )
    chain = Chain({}, links)
    halves = Halves(chain, chain.costs(0))
    kept = sum(len(sums.values) for level in (*halves.before, *halves.after) for sums in level)
    assert 500 < kept <= kept_sums(chain, chain.costs(0))


@pytest.mark.parametrize("side", [10**40, -(10**40), 2**63, -(2**63)])
def test_a_window_may_end_beyond_an_int64(side: int) -> None:
    """What no sum comes to bounds nothing, or leaves nothing."""
    chain = _long(4, 5)
    windows = Window(None, side), Window(side, None)
    within = [5**4 if side > 0 else 0, 0 if side > 0 else 5**4]
    assert [Halves(chain, chain.costs(0)).bounds(window) for window in windows] == [(one, one) for one in within]
    assert [within_both(chain, (0, 1), (window, windows[0]), 1 << 30) for window in windows] == [within[0], 0]


@pytest.mark.parametrize("spread", [1, 1000])
def test_merged_sums_are_those_of_the_pieces(spread: int) -> None:
    """Added up in place where they lie close, sorted where they are far apart."""
    pieces = [
        Sums(np.array([0, 2, 5]) * spread, np.array([1, 2, 3])),
        Sums(np.array([2, 3]) * spread, np.array([10, 20])),
    ]
    found = merged(pieces, exact=True)
    kept = {value: count for value, count in zip(found.values.tolist(), found.counts.tolist(), strict=True) if count}
    assert kept == {0: 1, 2 * spread: 12, 3 * spread: 20, 5 * spread: 3}


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5)), min_size=1, max_size=30), st.data())
def test_the_wavelet_matrix_weighs_any_range(items: list[tuple[int, int]], data: Any) -> None:
    """As by looking at each item."""
    numbers, weights = (np.array(column) for column in zip(*items, strict=True))
    tree = WaveletMatrix(numbers, weights)
    first = data.draw(st.integers(0, len(items)))
    last = data.draw(st.integers(first, len(items)))
    bound = data.draw(st.integers(0, 40))
    wanted = sum(weight for number, weight in items[first:last] if number < bound)
    assert tree.below(np.array([first]), np.array([last]), np.array([bound])).tolist() == [wanted]
