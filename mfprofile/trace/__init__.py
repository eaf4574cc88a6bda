"""Any PyTorch network, run once: each operator that it runs, as an op with its cost."""

DEVICES = ("meta", "cpu")
"""Where a network can be traced."""
