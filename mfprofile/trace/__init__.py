"""Run any PyTorch network once and record each operator that runs, as an op with its cost."""

DEVICES = ("meta", "cpu")
"""The devices on which a network can be traced."""

FILLS = ("zeros", "random")
"""What the inputs that are made for a network can hold."""

SEED = 0
"""The seed of a network's weights, of its run, and of random inputs."""
