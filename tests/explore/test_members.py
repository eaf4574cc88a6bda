"""Which variant of a space a network is: each variant of random spaces, and networks outside them."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from random import Random

import pytest
from effort import part_of
from explore.brute import choices_of, random_space, with_values
from explore.networks import network_of

from mfprofile.explore.members import looked_up, members
from mfprofile.explore.sample import sample_space
from mfprofile.explore.space import Space, read_space
from mfprofile.explore.variant import Variant, variants_of
from mfprofile.explore.work import Question
from mfprofile.spec.content import content_of
from mfprofile.spec.layout import resolve
from mfprofile.spec.load import load


def _variants(space: Space, contents: dict[str, object]) -> dict[str, Variant]:
    paths = members(space, contents)  # type: ignore[arg-type]
    return dict(zip(paths, variants_of(Question(space, ()), list(paths.values())), strict=True))


def _compare(seeds: range, folder: Path) -> int:
    """Return the number of networks of one random space that were looked for in it or in another one."""
    compared, earlier = 0, dict[str, object]()
    for seed in seeds:
        (folder / str(seed)).mkdir()
        source = random_space(Random(seed), folder / str(seed))
        space, choices = read_space(source.file, source.settings), dict(choices_of(source.document))
        documents = [
            with_values(source.document, dict(zip(choices, values, strict=True)))
            for values in product(*choices.values())
        ]
        networks = {}
        for document in documents:
            if network_of(document)[1]:
                spec = load(document)
                networks[content_of(spec)] = resolve(spec)
        variants = _variants(space, networks)  # type: ignore[arg-type]
        assert variants.keys() == networks.keys(), f"seed {seed}"
        assert [variant.content for variant in variants.values()] == list(variants), f"seed {seed}"
        others = {content: network for content, network in earlier.items() if content not in networks}
        assert members(space, others) == {}, f"seed {seed}"  # type: ignore[arg-type]
        if networks:
            wanted = list(networks)[:: max(1, len(networks) // 5)]
            assert set(looked_up(space, wanted)) == set(wanted)
        compared += len(networks) + len(others)
        earlier = dict(networks)
    return compared


def test_each_variant_of_random_spaces_is_a_member_and_no_other_network_is(tmp_path: Path) -> None:
    """Valid combinations are those of brute force; the networks of one space are looked for in the next one."""
    assert _compare(range(25), tmp_path) > 500


@pytest.mark.slow
def test_each_variant_of_many_random_spaces_is_a_member(tmp_path: Path) -> None:
    """The same for more."""
    number = part_of(300)
    assert _compare(range(1000, 1000 + number), tmp_path) > 10 * number


def test_samples_of_a_huge_space_are_members_of_it_and_their_neighbours_are_not() -> None:
    """Nothing is listed: the space has 4·10^13 variants."""
    space = read_space("mf294m-blocks")
    variants = sample_space(space, 5, seed=3)
    networks = {variant.content: resolve(load(variant.spec())) for variant in variants}
    assert {content: each.choices for content, each in _variants(space, dict(networks)).items()} == {
        variant.content: variant.choices for variant in variants
    }
    changes = ["tokens.count=11", "classes=10", "blocks.5.kernel=5", "head.fc=1000", "blocks.12.out=248", "stem=10"]
    others = {change: resolve(load(variants[0].spec(), [change])) for change in changes}
    assert members(space, others) == {}


def test_a_space_without_a_variant_has_no_members() -> None:
    """The rules refuse all of its settings."""
    space = read_space("tiny", ["former=none"])
    assert members(space, {"x": resolve(load("mf26m"))}) == {}
    assert looked_up(space, ["x"]) == {}
