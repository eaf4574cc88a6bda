"""The chains of a space against plain enumeration: each variant is there once, with the counts of `count`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from devices import odd_device
from explore.brute import with_values
from explore.networks import Network, network_of
from explore.spaces import brute_force, space_mappings
from hypothesis import event, given, settings

from mfprofile.cost.conventions import find_convention
from mfprofile.explore.chain import Chain, Chains
from mfprofile.explore.quantity import quantity_of
from mfprofile.explore.space import read_space
from mfprofile.spec.names import SUMS

QUANTITIES = [quantity_of(name) for name in SUMS]
CORE = find_convention("core").on(odd_device())


def _paths(chain: Chain, at: int = 0, state: int = 0) -> Iterator[tuple[list[int], list[int]]]:
    """Yield the edges of each path, and its sum for each quantity, link by link."""
    if at == len(chain.links):
        yield [], [0] * len(QUANTITIES)
        return
    link = chain.links[at]
    for edge in range(len(link.source)):
        if link.source[edge] == state:
            for edges, sums in _paths(chain, at + 1, int(link.target[edge])):
                costs = link.costs[:, edge].tolist()
                yield [edge, *edges], [cost + rest for cost, rest in zip(costs, sums, strict=True)]


@settings(max_examples=60)
@given(space_mappings())
def test_the_paths_of_the_chains_are_the_valid_variants_with_the_counts_of_count(mapping: dict[str, Any]) -> None:
    """Every network is exactly one path, and has the same value of every measure as with `count`."""
    expected, _ = brute_force(mapping, CORE)
    event(f"{10 ** len(str(len(expected))) // 10 if expected else 0} or more variants")
    space = read_space(mapping)
    chains = Chains(space, QUANTITIES, CORE)
    paths: list[tuple[Network, list[int]]] = []
    for setting in chains.settings:
        chain = chains.chain(setting)
        for edges, sums in _paths(chain) if chain else ():
            paths.append((network_of(with_values(mapping, chain.all_values(edges)))[0], sums))
    assert len({network for network, _ in paths}) == len(paths)
    counted = {
        variant.network: [quantity.of(variant.bill.parts, variant.bill.convention) for quantity in QUANTITIES]
        for variant in expected
    }
    assert dict(paths) == counted
