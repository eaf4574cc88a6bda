"""Weights made by a rule from their released names, with which the logits of the released code are recorded."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

DATA = Path(__file__).parent / "data"


def rule_made(shapes: Mapping[str, Sequence[int]]) -> dict[str, Any]:
    """Return a whole state from names and shapes."""
    import torch

    return {
        name: torch.tensor(0) if name.endswith("num_batches_tracked") else torch.from_numpy(weights(name, shape))
        for name, shape in shapes.items()
    }


def weights(key: str, shape: Sequence[int]) -> Any:
    """Return the weights of a released name: random, but the same each time."""
    x = np.random.default_rng(zlib.crc32(key.encode())).standard_normal(shape)
    if key.endswith("running_var"):
        return 1 + 0.1 * np.abs(x)
    if key.endswith("running_mean"):
        return 0.1 * x
    if len(shape) == 1:
        return 1 + 0.1 * x if key.endswith("weight") else 0.1 * x
    if key == "tokens.weight":
        return x
    return x / np.sqrt(np.prod(shape[1:]))
