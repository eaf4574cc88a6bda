"""Run a program by torch itself, operator by operator, on a CPU or a GPU."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from mfprofile.errors import InputError
from mfprofile.measure.programs import TorchProgram, moved
from mfprofile.measure.setup import Setup
from mfprofile.measure.sweeps import Call
from mfprofile.measure.threads import torch_threads
from mfprofile.spec.words import raised


def device_of(on: str) -> torch.device:
    """Return torch's device for a place. Raises `InputError` for a GPU that torch does not see."""
    if on == "cuda" and not torch.cuda.is_available():
        raise InputError("--on cuda: torch sees no GPU; install a torch with CUDA on a machine with one, or use cpu")
    return torch.device(on)


@contextmanager
def settings(threads: int) -> Iterator[None]:
    """Have so many threads, no gradients, and float32 without TF32 inside a with block; then restore them.

    Numbers too small for their type become 0. A part that works in place, again and again on the same tensor, would
    come to them, and a processor is slow at them.
    """
    precision = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    torch.set_flush_denormal(True)
    try:
        with (
            torch_threads(threads),
            torch.inference_mode(),
            torch.backends.cudnn.flags(enabled=True, allow_tf32=False),
        ):
            yield
    finally:
        torch.set_float32_matmul_precision(precision)
        torch.set_flush_denormal(False)  # torch's default; it has no function that says what it was


def call_of(program: TorchProgram, device: torch.device) -> Call:
    """Return a call that runs a program, after its first run. Raises `InputError` if that fails."""
    try:
        there = moved(program, device)
        module, arguments, options = there.module, there.arguments, there.options

        def call() -> None:
            module(*arguments, **options)

        call()
    except Exception as error:  # a network can raise anything
        raise InputError(f"{program.label}: cannot be run: {raised(error)}") from error
    return call


def product_of(side: int, setup: Setup, device: torch.device) -> Call:
    """Return a call that multiplies two square matrices of random values into a third."""
    generator = torch.Generator().manual_seed(0)
    one, other = (
        torch.randn(side, side, generator=generator).to(device, getattr(torch, setup.dtype)) for _ in range(2)
    )
    out = torch.empty_like(one)

    def call() -> None:
        torch.mm(one, other, out=out)

    return call
