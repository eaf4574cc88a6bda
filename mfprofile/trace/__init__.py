"""Any PyTorch network, run once: each operator that it runs, as an op with its cost."""
