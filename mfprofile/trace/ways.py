"""The ways to run a network, what a failed run says, and which way to try after it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor, nn

from mfprofile.spec.words import raised
from mfprofile.trace.copies import blank, copied, real
from mfprofile.trace.mode import PLAIN, Mode
from mfprofile.trace.modules import named_tensors, to_eval, to_train
from mfprofile.trace.places import place

_GRADIENTS = re.compile(r"requires?[ _]grad|grad_fn|inference ?(tensor|mode)|differentiated", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Way:
    """A way to run a network: the device, how its tensors are copied, and torch's default device during the run.

    If `copy_tensor` is None, the network itself runs, not a copy. `gradients` is for a forward that differentiates.
    `mode` says how the network is counted; for training, it runs in training mode.
    """

    device: str
    copy_tensor: Callable[[Tensor], Tensor] | None
    default_device: str | None = None
    gradients: bool = False
    mode: Mode = PLAIN

    @property
    def copy_input(self) -> Callable[[Tensor], Tensor] | None:
        """Return the function that copies a tensor of the inputs; for training, its copy may need a gradient too."""
        copy_tensor = self.copy_tensor
        if copy_tensor is None or not self.mode.training:
            return copy_tensor
        return lambda tensor: copy_tensor(tensor).requires_grad_(tensor.requires_grad)


WAYS = (Way("meta", blank), Way("meta", blank, "meta"), Way("cpu", real))
"""The ways to try, in this order. The second is for networks that make tensors without the device of their inputs."""


class Failure(NamedTuple):
    """The exception of a run, the path of the module that raised it, and the action that failed.

    It is `final` if every other way would fail too, and `needs_original` if only a run without a copy could succeed.
    """

    error: BaseException
    path: str
    action: str = "run"
    final: bool = False
    needs_original: bool = False

    @property
    def reason(self) -> str:
        """Return why another way was tried."""
        return f"{'it cannot be copied' if self.needs_original else 'it cannot run on meta tensors'}: {self}"

    @property
    def where(self) -> str:
        """Return the module and the line of the user's code that raised the exception, or ''."""
        line = place(self.error)
        return f"{f'in {self.path} ' if self.path else ''}{f'at {line} ' if line else ''}"

    def __str__(self) -> str:
        return raised(self.error)


def with_gradients(way: Way, failure: Failure) -> Way | None:
    """Return the same way with gradients if a run failed because it had none, else None."""
    asserts = isinstance(failure.error, AssertionError)  # a network can demand gradients by an assertion
    wanted = asserts or _GRADIENTS.search(str(failure)) is not None
    return replace(way, gradients=True) if wanted and not way.gradients and not failure.final else None


def way_of_original(model: nn.Module) -> Way:
    """Return the way to run the network itself, on the device of its tensors."""
    is_blank = any(tensor.is_meta for _, tensor in named_tensors(model))
    return Way("meta", None, "meta") if is_blank else Way("cpu", None)


def network_for(model: nn.Module, way: Way) -> nn.Module:
    """Return the network to run in a way: the model itself or a copy, in eval mode or in training mode."""
    with torch.inference_mode(False):  # no tensor of inference can have a gradient
        network = to_eval(model) if way.copy_tensor is None else copied(model, way.copy_tensor)
        return to_train(network, network is not model) if way.mode.training else network
