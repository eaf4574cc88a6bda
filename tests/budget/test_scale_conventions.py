"""Scaling in every convention: what is counted differs, the largest within a budget is the largest all the same."""

from __future__ import annotations

import random
from functools import cache

import pytest

from mfprofile.budget.scale import scale
from mfprofile.cost.bill import Bill, count
from mfprofile.cost.conventions import CONVENTIONS
from mfprofile.spec.load import load
from mfprofile.spec.problems import InputError

MODELS = ("mf26m", "mf294m-mlp", "mf151m-coco")


@cache
def widths(name: str) -> list[tuple[float, Bill]]:
    """Return each width up to 1.5 that the rules allow, and its bill, loaded as users do."""
    found = []
    for hundredths in range(1, 151):
        try:
            found.append((hundredths / 100, count(load(name, [f"width={hundredths / 100}"]))))
        except InputError:
            continue
    return found


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("name", MODELS)
def test_no_width_within_the_budget_costs_more(name: str, convention: str) -> None:
    """By brute force; of widths that cost the same it is the present one or the smallest."""
    costs = {width: bill.under(convention).madds for width, bill in widths(name)}
    chance = random.Random(f"{name} {convention}")
    for _ in range(8):
        budget = chance.randint(min(costs.values()), max(costs.values()))
        found = scale(load(name), "madds", budget, "width", convention).largest
        assert found is not None
        most = max(cost for cost in costs.values() if cost <= budget)
        alike = [width for width, cost in costs.items() if cost == most]
        assert (found.cost, found.value) == (most, 1 if 1 in alike else min(alike))
