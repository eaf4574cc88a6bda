"""Whether an ONNX file computes what the torch network does, in ONNX Runtime on the CPU."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mfprofile.errors import InputError
from mfprofile.measure.export import outputs_of
from mfprofile.spec.words import in_one_line

if TYPE_CHECKING:
    from torch import Tensor, nn

SHARES: Mapping[str, float] = MappingProxyType({"float32": 1e-4, "float16": 1e-2})
"""The largest difference allowed, as a share of the largest value of an output, by type.

Both runtimes compute the same sums in another order. Each rounding changes a value by up to 6e-8 of itself in float32,
and 5e-4 in float16. So these shares are some 1,700 and 20 roundings. Networks differ by less: by about 1e-6 in float32,
and 3e-3 in float16. A wrong operator changes more."""
SEED = 0
"""The seed of the images on which the outputs are compared."""


@dataclass(frozen=True)
class Agreement:
    """How far an output of a file is from torch's: the largest difference, and the largest value of torch's output.

    Both are infinite or NaN if values are. `allowed` is the largest difference with which the outputs agree.
    """

    output: str
    difference: float
    largest: float
    allowed: float

    @property
    def holds(self) -> bool:
        """Return whether the difference is allowed; one that is not a number never is."""
        return self.difference <= self.allowed


def compared(model: nn.Module, content: bytes, names: Sequence[str], images: Sequence[Tensor]) -> list[Agreement]:
    """Return how far each named output of a file is from that of the torch network, over all batches of images.

    Raises `InputError` if ONNX Runtime cannot run the file.
    """
    batches = [
        _of_batch(model, outputs, names, each) for each, outputs in zip(images, _run(content, images), strict=True)
    ]
    return [max(each, key=_excess) for each in zip(*batches, strict=True)]


def _excess(agreement: Agreement) -> float:
    """Return by how much a difference is larger than allowed, or infinity if it is not a number."""
    excess = agreement.difference - agreement.allowed
    return excess if excess < float("inf") else float("inf")


def _run(content: bytes, images: Sequence[Tensor]) -> list[list[Any]]:
    """Return the outputs of a file with one input, for each batch of images."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors
    options.intra_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        (given,) = session.get_inputs()
        return [session.run(None, {given.name: image.numpy()}) for image in images]
    except Exception as error:  # its exceptions have no common class
        why = in_one_line(str(error))
        raise InputError(f"ONNX Runtime {onnxruntime.__version__} cannot run the exported network: {why}") from error


def _of_batch(model: nn.Module, outputs: Sequence[Any], names: Sequence[str], image: Tensor) -> list[Agreement]:
    expected = outputs_of(model, [image])
    return [_agreement(*each) for each in zip(names, outputs, expected, strict=True)]


def _agreement(name: str, output: Any, expected: Tensor) -> Agreement:
    import torch

    limits = torch.finfo(expected.dtype)
    share = SHARES[str(expected.dtype).removeprefix("torch.")]
    largest = float(expected.abs().max())
    allowed = share * max(largest, limits.smallest_normal)  # below that, values lose digits
    if output.shape != tuple(expected.shape):
        return Agreement(name, float("inf"), largest, allowed)
    difference = torch.from_numpy(output).double() - expected.double()
    return Agreement(name, float(difference.abs().max()), largest, allowed)
