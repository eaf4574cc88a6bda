"""The ways to run a network, what a failed run says, and which way to try after it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

from torch import Tensor

from mfprofile.spec.words import raised
from mfprofile.trace.copies import blank, real
from mfprofile.trace.mode import PLAIN, Mode
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
