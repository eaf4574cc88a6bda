"""A run of a network that succeeded, and what was recorded during it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from torch import nn

from mfprofile.cost.dataflow import DataFlow
from mfprofile.cost.rows import Part
from mfprofile.cost.subject import Outside, Remark, ValueRead
from mfprofile.trace.recorder import Recorder
from mfprofile.trace.remarks import remarks_on
from mfprofile.trace.uses import Use
from mfprofile.trace.ways import Way


class Run(NamedTuple):
    """A run that succeeded: the device, its ops, remarks on it, what it read, and why it did not run on meta.

    `frozen` is the number of parameters that need no gradient, and `causal` what of causal attention is counted. The
    data flow is known for one inference only.
    """

    device: str
    parts: Sequence[Part]
    remarks: Sequence[Remark]
    formulas: Sequence[Use]
    values_read: tuple[ValueRead, ...]
    outside: tuple[Outside, ...]
    dataflow: DataFlow | None
    frozen: int
    causal: str
    reason: str = ""


def run_of(network: nn.Module, recorder: Recorder, way: Way, remarks: Sequence[Remark] = ()) -> Run:
    """Return the run of a network in some way, as a recorder has recorded it; `remarks` are further ones."""
    return Run(
        way.device,
        recorder.parts(),
        (*remarks_on(network, recorder, way.gradients), *remarks),
        recorder.formulas.uses,
        recorder.reads.values.reads,
        recorder.outside,
        None if way.mode.training else recorder.dataflow(),
        recorder.owners.frozen,
        recorder.causal.counted,
    )
