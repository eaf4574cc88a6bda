"""Run other people's counters on a model and explain their totals from our rows; build and recount the baselines."""
