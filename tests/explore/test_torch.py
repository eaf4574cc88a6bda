"""The counts of variants that queries return, against torch's own counter on the same networks."""

from __future__ import annotations

import pytest
from effort import one_in

from mfprofile.explore.best import best
from mfprofile.explore.front import Objective, front
from mfprofile.explore.quantity import quantity_of
from mfprofile.explore.sample import sample_space
from mfprofile.explore.space import read_space
from mfprofile.explore.variant import Variant
from mfprofile.spec import load
from mfprofile.spec.quantities import Window
from mfprofile.verify.verify import verify

MADDS, PARAMS = quantity_of("madds"), quantity_of("params")


def _variants() -> dict[str, Variant]:
    """Return a variant from each query."""
    tiny, large = read_space("tiny"), read_space("mf294m-stages")
    points = front(tiny, (Objective(MADDS), Objective(PARAMS, True)))
    return {
        "sampled": sample_space(tiny, 1, 3, [(MADDS, Window(2_000_000, 4_000_000))])[0],
        "front": points[len(points) // 2],
        "best": best(tiny, Objective(PARAMS, True), [(MADDS, Window(None, 4_000_000))])[0],
        "best of 10^10": best(large, Objective(PARAMS, True), [(MADDS, Window(None, 200_000_000))])[0],
    }


@pytest.mark.parametrize("name", one_in(3, ["sampled", "front", "best", "best of 10^10"]))
def test_torch_counts_the_same(name: str) -> None:
    """Multiply-adds by FlopCounterMode, 2 FLOPs each, at every module path; parameters from torch's tensors."""
    variant = _variants()[name]
    verification = verify(load(variant.spec()), ["torch"])
    assert verification.holds
    assert verification.bill.madds == variant.figures["madds"]
    assert verification.bill.params == variant.figures["params"]
