"""The limits of a space: sums beyond int64, too many settings, too many edges."""

from __future__ import annotations

from typing import Any

import pytest

from mfprofile.cost.bill import count
from mfprofile.errors import InputError
from mfprofile.explore.best import best
from mfprofile.explore.count import count_space
from mfprofile.explore.front import Objective
from mfprofile.explore.quantity import quantity_of
from mfprofile.explore.space import read_space
from mfprofile.spec import load
from mfprofile.spec.quantities import Window

MADDS = quantity_of("madds")


def _large(repeat: int) -> dict[str, Any]:
    """Return a space of two variants with the widest valid blocks: one block in the first, `repeat` in the second."""
    block = {"block": "mf", "exp": 65536, "out": 65536, "kernel": 31, "repeat": [1, repeat]}
    return {"input": 8192, "tokens": {"count": 4096, "dim": 65536}, "stem": 65536, "blocks": [block], "head": {"fc": 8}}


@pytest.mark.parametrize("query", ["madds", "params - madds", "activations - madds"])
def test_sums_beyond_int64_are_refused_and_not_wrapped(query: str) -> None:
    """A difference is refused as well if the sum of its terms could be too large."""
    variant = {**_large(100), "blocks": [{**_large(100)["blocks"][0], "repeat": 100}]}
    assert count(load(variant)).madds > 2**63
    with pytest.raises(InputError, match=r"of a variant can be [0-9,]{26,}, more than 1,152,921,504,606,"):
        best(read_space(_large(100)), Objective(quantity_of(query)))
    with pytest.raises(InputError, match="of a variant can be"):
        count_space(read_space(_large(100)), [(quantity_of(query), Window(None, 10**12))])


def test_large_sums_that_fit_into_int64_are_exact() -> None:
    """A variant with 3·10^17 multiply-adds has the same number as with `count`."""
    variant = best(read_space(_large(2)), Objective(MADDS, True))[0]
    assert variant.figures["madds"] == count(load(variant.spec())).madds > 2**58


def test_only_the_quantities_of_the_query_are_checked() -> None:
    """The size of a space and its parameters can be small numbers while its multiply-adds are too many."""
    space = read_space(_large(100))
    assert count_space(space).size == 2
    assert count_space(space, [(quantity_of("params"), Window(None, 10**12))]).within.lower == 1


def test_too_many_settings_of_the_global_choices_are_refused() -> None:
    """At once, and the message has the choices."""
    many = {"extends": "mf294m", "tokens": {"count": {"from": 1, "to": 4096}, "dim": {"from": 6, "to": 606, "step": 6}}}
    with pytest.raises(InputError, match=r"tokens.count, tokens.dim have 413,696 combinations of values, more than"):
        count_space(read_space(many))


def test_too_many_edges_are_refused() -> None:
    """At once, and the message has the block."""
    many = {"from": 8, "to": 4096, "step": 8}
    with pytest.raises(InputError, match=r"blocks.1: 512 input widths and the values of its choices are 134,217,728"):
        count_space(read_space({"extends": "mf294m", "stem": many, "blocks": {1: {"exp": many, "out": many}}}))
