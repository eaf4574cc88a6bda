"""The result of an audit. Importing this needs no torch, because a model file is audited without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mfprofile.cost.subject import is_whole
from mfprofile.trace.result import Trace

if TYPE_CHECKING:
    from mfprofile.verify.verify import Verification


@dataclass(frozen=True, slots=True)
class Audit:
    """The trace of a network, and the results of other counters if they were requested."""

    trace: Trace
    verification: Verification | None = None

    @property
    def holds(self) -> bool:
        """Return whether all is counted and accounted for, and every requested counter is explained."""
        return is_whole(self.trace) and (self.verification is None or self.verification.holds)
