"""Budgets: limits and checks, what each knob is worth, scaling to a budget, the difference of two bills."""
