"""Pictures. Each is a function of a `Look` that returns a `Picture`, which contains the numbers that it shows."""
