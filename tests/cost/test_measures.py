"""Named quantities: sums over the same ops as the bill's."""

from __future__ import annotations

import pytest
from hypothesis import given
from strategies import spec_mappings

from mfprofile.cost.bill import count
from mfprofile.cost.measures import measure
from mfprofile.cost.ops import activations
from mfprofile.spec.names import SUMS
from mfprofile.spec.problems import InputError


@given(spec_mappings())
def test_measures_are_the_bills_sums(mapping: dict[str, object]) -> None:
    """Whole and by pillar, each equals what the rows sum to."""
    bill = count(mapping, "paper")
    for found in map(measure, SUMS):
        rows = [(row, madds) for row, madds in zip(bill.rows, bill.row_madds, strict=True)]
        chosen = [(row, madds) for row, madds in rows if found.pillar in (None, row.pillar)]
        wanted = {
            "madds": sum(madds for _, madds in chosen),
            "params": sum(row.params for row, _ in chosen),
            "activations": sum(activations(row.cost) for row, _ in chosen),
        }
        assert found.of(bill.parts, bill.convention) == wanted[found.quantity]


def test_a_quantity_that_does_not_exist_is_answered_with_the_nearest() -> None:
    """A slip of the keyboard gets its remedy."""
    with pytest.raises(InputError, match=r"did you mean 'former\.madds'"):
        measure("former.mads")
