"""Seed all random numbers for a while, so that making and running a network can be repeated."""

from __future__ import annotations

import contextlib
import importlib
import random
import sys
from collections.abc import Iterator
from typing import Any

import torch

from mfprofile.trace import SEED


@contextlib.contextmanager
def seeded() -> Iterator[None]:
    """Seed the random numbers of Python, numpy and torch inside a with block; at its end, restore their states.

    numpy is seeded only if it is already imported. Generators that a network makes for itself are not.
    """
    numpy: Any = importlib.import_module("numpy.random") if "numpy" in sys.modules else None
    of_python, of_numpy = random.getstate(), None if numpy is None else numpy.get_state()
    with torch.random.fork_rng(devices=[]):
        random.seed(SEED)
        torch.default_generator.manual_seed(SEED)
        if numpy is not None:
            numpy.seed(SEED)
        try:
            yield
        finally:
            random.setstate(of_python)
            if numpy is not None:
                numpy.set_state(of_numpy)
