"""Scaling in every convention: the result is always the largest within the budget."""

from __future__ import annotations

import random
from functools import cache

import pytest
from effort import one_in

from mfprofile.budget.scale import scale
from mfprofile.cost.bill import Bill, count
from mfprofile.cost.conventions import CONVENTIONS
from mfprofile.errors import InputError
from mfprofile.spec.load import load

MODELS = ("mf26m", "mf294m-mlp", "mf151m-coco")


@cache
def widths(name: str) -> list[tuple[float, Bill]]:
    """Return each valid width up to 1.5 and its bill, loaded as users do."""
    bills = []
    for hundredths in range(1, 151):
        try:
            bills.append((hundredths / 100, count(load(name, [f"width={hundredths / 100}"]))))
        except InputError:
            continue
    return bills


@pytest.mark.parametrize("convention", one_in(3, CONVENTIONS))
@pytest.mark.parametrize("name", one_in(5, MODELS))
def test_no_width_within_the_budget_costs_more(name: str, convention: str) -> None:
    """By brute force. Of widths with the same cost it is the current one or the smallest."""
    costs = {width: bill.under(convention).madds for width, bill in widths(name)}
    chance = random.Random(f"{name} {convention}")
    for _ in range(8):
        budget = chance.randint(min(costs.values()), max(costs.values()))
        largest = scale(load(name), "madds", budget, "width", convention).largest
        assert largest is not None
        most = max(cost for cost in costs.values() if cost <= budget)
        equal = [width for width, cost in costs.items() if cost == most]
        assert (largest.cost, largest.value) == (most, 1 if 1 in equal else min(equal))
