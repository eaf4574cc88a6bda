"""Run any PyTorch network once and record each operator that runs, as an op with its cost."""

DEVICES = ("meta", "cpu")
"""The devices on which a network can be traced."""
