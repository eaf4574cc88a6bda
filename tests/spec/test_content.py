"""The content hash of specs: one for each network, however it is written. A second layout of networks is the judge."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from random import Random

import pytest
from explore.brute import choices_of, random_space, with_values
from explore.networks import Data, network_of

from mfprofile.spec.content import content_of
from mfprofile.spec.load import load
from mfprofile.spec.sources import shipped
from mfprofile.spec.width import scaled
from mfprofile.spec.writing import mapping, yaml_text

BLOCKS = [{"block": "mf", "exp": 64, "out": 16}, {"block": "mf", "expand": 4, "out": "same", "repeat": 2}]
SMALL: Data = {"input": 32, "stem": 16, "tokens": {"count": 2, "dim": 16}, "blocks": BLOCKS, "head": {"fc": 8}}


def _content(data: Data) -> str:
    return content_of(load(data))


def test_the_hash_of_a_shipped_model_never_changes() -> None:
    """Users keep hashes in files beside their results."""
    assert content_of(load("mf294m")) == "7d2f63b7aa5e09f3"


@pytest.mark.parametrize(
    "other",
    [
        {**SMALL, "mobile": {"kernel": 3}},
        {**SMALL, "input": "32x32", "width": 1.0},
        {**SMALL, "budget": {"max": {"madds": "1G"}}, "require": {"widths": "nondecreasing"}},
        {**SMALL, "blocks": [BLOCKS[0], {"block": "mf", "exp": 64, "out": 16, "kernel": 3}, BLOCKS[0]]},
        {**SMALL, "blocks": [*BLOCKS, {"block": "lite", "expand": 2, "out": 8, "repeat": 0}]},
        {**SMALL, "stem": 8, "width": 2, "blocks": [{"block": "mf", "expand": 4, "out": 8, "repeat": 3}]},
    ],
)
def test_spellings_of_one_network_have_one_hash(other: Data) -> None:
    """Defaults, rules, budgets, entries, ratios and the width multiplier are ways to write it."""
    assert _content(other) == _content(SMALL)


@pytest.mark.parametrize(
    "other",
    [
        {**SMALL, "input": 33},
        {**SMALL, "classes": 10},
        {**SMALL, "stem": 8},
        {**SMALL, "head": {"fc": 9}},
        {**SMALL, "head": "none"},
        {**SMALL, "mobile": {"kernel": 5}},
        {**SMALL, "mobile": {"activation": "relu"}},
        {**SMALL, "bridge": {"gate": False}},
        {**SMALL, "former": {"heads": 2}},
        {**SMALL, "blocks": [BLOCKS[0]]},
        {**SMALL, "blocks": [*BLOCKS[:1], {**BLOCKS[1], "block": "lite"}]},
    ],
)
def test_another_network_has_another_hash(other: Data) -> None:
    """Each change makes another network."""
    assert _content(other) != _content(SMALL)


def test_a_value_without_effect_does_not_change_the_hash() -> None:
    """MLP attention has no heads, and a network without a head has no classes."""
    mlp, no_head = {**SMALL, "attention": "mlp"}, {**SMALL, "head": "none"}
    assert _content({**mlp, "former": {"heads": 2}, "bridge": {"heads": 4}}) == _content(mlp)
    assert _content({**no_head, "classes": 10}) == _content(no_head)


def test_shipped_specs_keep_their_hash_when_they_are_written_out() -> None:
    """What `show` prints, as YAML or JSON, is the same network; all shipped networks are different."""
    contents = set()
    for name in shipped():
        spec = load(name)
        contents.add(content_of(spec))
        assert content_of(load(mapping(spec))) == content_of(scaled(spec)) == content_of(spec)
        assert yaml_text(scaled(spec))
    assert len(contents) == len(shipped())


def test_hashes_of_random_spaces_are_equal_where_the_networks_are(tmp_path: Path) -> None:
    """Brute force lays out each combination of 40 random spaces; entries of `blocks` are only a way to write blocks."""
    networks: dict[object, str] = {}
    for seed in range(40):
        (folder := tmp_path / str(seed)).mkdir()
        document = random_space(Random(seed), folder).document
        choices = dict(choices_of(document))
        for values in product(*choices.values()):
            data = with_values(document, dict(zip(choices, values, strict=True)))
            network, keeps_rules = network_of(data)
            if keeps_rules:
                flat = (network.sides, network.stem, tuple(network.blocks), network.head, network.settings)
                assert networks.setdefault(flat, _content(data)) == _content(data)
    assert len(set(networks.values())) == len(networks) > 500
