"""What is measured: a spec, a network in code or an ONNX file, each with its bill and the program that runs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mfprofile.cost.bill import Bill, count
from mfprofile.measure.setup import Setup
from mfprofile.spec.layout import resolve
from mfprofile.spec.model import Spec
from mfprofile.spec.network import Network

if TYPE_CHECKING:
    from torch import nn

    from mfprofile.measure.runtimes import Program
    from mfprofile.trace.parse import Inputs
    from mfprofile.trace.result import Trace

SEED = 0
"""The seed of a spec's weights and of its images."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A network that is measured: its bill, how many such inputs its program runs at once, and the program."""

    bill: Bill
    images: int
    program: Program

    @property
    def name(self) -> str:
        """Return the network's name."""
        return self.bill.name

    @property
    def madds(self) -> int:
        """Return the multiply-adds of a run of its program."""
        return self.images * self.bill.madds


def of_spec(spec: Spec | Network, setup: Setup) -> Subject:
    """Return a spec with random weights, the same each time, on a batch of random images. It needs torch."""
    import torch

    from mfprofile.measure.programs import TorchProgram
    from mfprofile.nn import build

    network = spec if isinstance(spec, Network) else resolve(spec)
    batch = 1 if setup.batch is None else setup.batch
    generator = torch.Generator().manual_seed(SEED)
    dtype: Any = getattr(torch, setup.stored)
    images = torch.randn(batch, 3, network.height, network.width, generator=generator).to(dtype)
    model = build(network, seed=SEED).eval().to(dtype)
    return Subject(count(network), batch, TorchProgram(network.name, model, [images]))


def of_code(name: str, model: nn.Module, inputs: Inputs, bill: Bill, setup: Setup) -> Subject:
    """Return a network in code in the setup's type, with its inputs.

    The model itself is changed. Lazy layers get their shapes by a run.
    """
    import torch

    from mfprofile.measure.programs import TorchProgram
    from mfprofile.trace.audit import accepted_inputs, arguments_of
    from mfprofile.trace.copies import shapeless
    from mfprofile.trace.modules import to_eval

    model = to_eval(model).to(getattr(torch, setup.stored))
    ordered, named = arguments_of(model, accepted_inputs(model, inputs))
    if next(shapeless(model), None) is not None:
        with torch.no_grad():
            model(*ordered, **named)
    return Subject(bill, 1, TorchProgram(name, model, ordered, named))


def of_file(path: str, trace: Trace) -> Subject:
    """Return the network in an ONNX file, with inputs of random values."""
    from mfprofile.measure.model_files import model_in_file

    return Subject(trace.bill(), 1, model_in_file(path, trace.inputs))
