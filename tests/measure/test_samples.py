"""The networks of a calibration: drawn from spaces, and beside them."""

from __future__ import annotations

from mfprofile.cost.bill import count
from mfprofile.explore.space import read_space
from mfprofile.measure.samples import networks

STAGES = "mf294m-stages"


def test_half_are_variants_and_half_have_other_depths_and_sizes() -> None:
    """Inside the space, the number of blocks and the input never vary."""
    specs = networks([read_space(STAGES)], 10, 0)
    assert [spec.name for spec in specs] == [f"{STAGES}-{at}" for at in range(1, 11)]
    assert all(spec.width == 1 and {block.repeat for block in spec.blocks} == {1} for spec in specs[:5])
    assert any(block.repeat != 1 for spec in specs[5:] for block in spec.blocks)
    assert len({len(count(spec).rows) for spec in specs[5:]}) > 1


def test_a_seed_gives_the_same_networks() -> None:
    """In each run; another seed gives others."""
    space = read_space("tiny")
    assert networks([space], 8, 3) == networks([space], 8, 3) != networks([space], 8, 4)


def test_several_spaces_share_the_number() -> None:
    """The first ones get what cannot be divided."""
    names = [spec.name.rpartition("-")[0] for spec in networks([read_space("tiny"), read_space(STAGES)], 7, 0)]
    assert names == ["tiny"] * 4 + [STAGES] * 3


def test_a_spec_is_one_network_and_the_others_are_beside_it() -> None:
    """A spec is a space with one variant, which keeps its name."""
    specs = networks([read_space("mf26m")], 4, 0)
    assert [spec.name for spec in specs] == ["mf26m", "mf26m-2", "mf26m-3", "mf26m-4"]
    assert count(specs[0]).madds == count("mf26m").madds
    assert len({count(spec).madds for spec in specs}) == 4
