"""What a space may not hold: sums beyond int64, more settings or edges than can be gone through."""

from __future__ import annotations

from typing import Any

import pytest

from mfprofile.cost.bill import count
from mfprofile.explore.best import best
from mfprofile.explore.count import count_space
from mfprofile.explore.front import Aim
from mfprofile.explore.quantity import quantity_of
from mfprofile.explore.space import read_space
from mfprofile.spec import load
from mfprofile.spec.problems import InputError
from mfprofile.spec.quantities import Window

MADDS = quantity_of("madds")


def _large(repeat: int) -> dict[str, Any]:
    """Return a space of two, of the widest blocks that a spec may have, so many of them in the second."""
    block = {"block": "mf", "exp": 65536, "out": 65536, "kernel": 31, "repeat": [1, repeat]}
    return {"input": 8192, "tokens": {"count": 4096, "dim": 65536}, "stem": 65536, "blocks": [block], "head": {"fc": 8}}


@pytest.mark.parametrize("query", ["madds", "params - madds", "activations - madds"])
def test_sums_that_int64_may_not_hold_are_refused_and_not_wrapped(query: str) -> None:
    """Since one variant has so many multiply-adds, or might, if what is subtracted were added."""
    variant = {**_large(100), "blocks": [{**_large(100)["blocks"][0], "repeat": 100}]}
    assert count(load(variant)).madds > 2**63
    with pytest.raises(InputError, match=r"of a variant may come to [0-9,]{26,}, more than the 1,152,921,504,606,"):
        best(read_space(_large(100)), Aim(quantity_of(query)))
    with pytest.raises(InputError, match="may come to"):
        count_space(read_space(_large(100)), [(quantity_of(query), Window(None, 10**12))])


def test_sums_that_int64_holds_are_exact_up_to_its_order() -> None:
    """A variant of 3·10^17 multiply-adds has just the figures of count."""
    found = best(read_space(_large(2)), Aim(MADDS, True))[0]
    assert found.figures["madds"] == count(load(found.spec())).madds > 2**58


def test_only_what_is_asked_is_checked() -> None:
    """The size of a space, and its parameters, are small numbers even where multiply-adds are not."""
    space = read_space(_large(100))
    assert count_space(space).size == 2
    assert count_space(space, [(quantity_of("params"), Window(None, 10**12))]).within.lower == 1


def test_more_settings_of_the_globals_than_can_be_gone_through_are_refused() -> None:
    """At once, with the choices that have them."""
    many = {"extends": "mf294m", "tokens": {"count": {"from": 1, "to": 4096}, "dim": {"from": 6, "to": 606, "step": 6}}}
    with pytest.raises(InputError, match=r"tokens.count, tokens.dim have 413,696 combinations of values, more than"):
        count_space(read_space(many))


def test_more_edges_than_can_be_gone_through_are_refused() -> None:
    """At once, with the block that has them."""
    many = {"from": 8, "to": 4096, "step": 8}
    with pytest.raises(InputError, match=r"blocks.1: the 512 widths before it and its own choices have 134,217,728"):
        count_space(read_space({"extends": "mf294m", "stem": many, "blocks": {1: {"exp": many, "out": many}}}))
