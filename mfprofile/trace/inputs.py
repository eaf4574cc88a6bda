"""The inputs that are made for a network: their shapes and types, and what they hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from mfprofile.trace import SEED
from mfprofile.trace.modules import named_tensors
from mfprofile.trace.shapes import empty


class Input(NamedTuple):
    """An input that is made for a run: its shape without the batch dimension, and its dtype.

    The default dtype is the network's.
    """

    shape: tuple[int, ...]
    dtype: torch.dtype | None = None

    def of(self, model: nn.Module) -> Input:
        """Return the input with a dtype; the default is the dtype of the model's first floating point tensor."""
        tensors = (each for _, each in named_tensors(model))
        return Input(
            self.shape,
            self.dtype or next((each.dtype for each in tensors if each.is_floating_point()), torch.float32),
        )


Maker = Callable[[Input, str], Tensor]
"""A function that makes an input on a device."""


def batched(shape: Sequence[int], batch: int | None) -> tuple[int, ...]:
    """Return a shape with the batch dimension; without one if the batch is None."""
    return tuple(shape) if batch is None else (batch, *shape)


def maker(fill: str, batch: int | None = 1) -> Maker:
    """Return a function that makes inputs of zeros or of random values; each maker makes the same ones in turn.

    Random floats and complex numbers are of a standard normal distribution. Random integers are 0 or 1, so that they
    are indices of every table, and random booleans are False or True.
    """
    generator = torch.Generator().manual_seed(SEED)

    def made(wanted: Input, device: str) -> Tensor:
        shape, dtype = batched(wanted.shape, batch), wanted.dtype or torch.float32
        if device == "meta":
            return empty(shape, dtype)
        if fill == "zeros":
            return torch.zeros(shape, dtype=dtype, device=device)
        if dtype.is_floating_point or dtype.is_complex:
            drawn = torch.randn(shape, generator=generator, dtype=dtype if dtype.is_complex else torch.float32)
        else:
            drawn = torch.randint(2, shape, generator=generator)
        return drawn.to(device, dtype)

    return made
