"""The second arithmetic of the brute force, against `count` on every shipped spec that it can count.

So its judgement rests on the networks of the paper, and not only on small random ones.
"""

from __future__ import annotations

import pytest
from explore.networks import PILLARS, figures_of, network_of

from mfprofile.cost.bill import count
from mfprofile.spec import load
from mfprofile.spec.sources import shipped
from mfprofile.spec.writing import mapping

SPECS = [name for name in shipped("specs") if load(name).detector is None]


@pytest.mark.parametrize("name", SPECS)
@pytest.mark.parametrize("settings", [(), ("width=0.75",), ("input=160x96",)], ids=["as it is", "width", "input"])
def test_the_second_arithmetic_counts_a_shipped_spec_as_count_does(name: str, settings: tuple[str, ...]) -> None:
    """Multiply-adds and parameters, in total and of each pillar, also narrower and on another input."""
    bill = count(load(name, settings))
    network, keeps_rules = network_of(mapping(load(name, settings)))
    assert keeps_rules
    expected = {"madds": bill.madds, "params": bill.params}
    for pillar in PILLARS:
        total = bill.pillars.get(pillar)
        expected |= {f"{pillar}.madds": total.madds if total else 0, f"{pillar}.params": total.params if total else 0}
    assert figures_of(network) == expected


def test_most_shipped_specs_have_no_detector() -> None:
    """A detector is the only thing that the second arithmetic does not know."""
    assert set(shipped("specs")) - set(SPECS) == {name for name in shipped("specs") if name.endswith("-retinanet")}
    assert len(SPECS) >= 20
