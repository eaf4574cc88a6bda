"""Named quantities are sums over the same ops as the bill's."""

from __future__ import annotations

import pytest
from devices import nanoseconds, odd_device
from hypothesis import given
from strategies import spec_mappings

from mfprofile.cost.bill import count
from mfprofile.cost.measures import measure
from mfprofile.cost.ops import activations
from mfprofile.errors import InputError
from mfprofile.spec.names import SUMS


@given(spec_mappings())
def test_measures_are_the_bills_sums(mapping: dict[str, object]) -> None:
    """Each equals the sum of the rows, for the whole network and for each pillar."""
    device = odd_device()
    bill = count(mapping, "paper", device=device)
    for each in map(measure, SUMS):
        rows = [(row, madds) for row, madds in zip(bill.rows, bill.row_madds, strict=True)]
        chosen = [(row, madds) for row, madds in rows if each.pillar in (None, row.pillar)]
        expected = {
            "madds": sum(madds for _, madds in chosen),
            "params": sum(row.params for row, _ in chosen),
            "activations": sum(activations(row.cost) for row, _ in chosen),
            "latency": sum(nanoseconds(device, row) for row, _ in chosen),
        }
        assert each.of(bill.parts, bill.convention) == expected[each.quantity]


def test_an_unknown_quantity_is_refused_with_the_most_similar_name() -> None:
    """The remedy for a typo is the right name."""
    with pytest.raises(InputError, match=r"did you mean 'former\.madds'"):
        measure("former.mads")
