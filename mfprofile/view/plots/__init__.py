"""Pictures: each a function of a `Look` that returns a `Picture`, which carries the numbers it was drawn from."""
