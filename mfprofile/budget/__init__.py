"""Budgets: limits and checks, the effect of each knob, scaling to a budget, and the difference of two bills."""
