"""Other counters on a model, each explained from our rows; the recipes of the recounted baselines."""
