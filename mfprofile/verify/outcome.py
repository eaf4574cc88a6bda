"""The results of a verification and of an audit. Importing this needs no torch: a model file is counted without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mfprofile.cost.bill import Bill
from mfprofile.cost.subject import is_whole
from mfprofile.trace.result import Trace
from mfprofile.trace.uses import Use
from mfprofile.verify.explanation import Comparison, Explanation


@dataclass(frozen=True, slots=True)
class Verification:
    """The comparison of a bill with the model's parameters and with other counters, for one network.

    A model file has no parameters of torch to compare with: its `params` is None. `unable` are the counters that
    cannot count it. `modes` are the classes of its modules that behave differently in training, batch-norm or dropout.
    """

    bill: Bill
    params: Comparison | None
    explanations: Sequence[Explanation]
    failures: Mapping[str, str]
    skipped: Sequence[str]
    formulas: Sequence[Use] = ()
    unable: Sequence[str] = ()
    modes: Sequence[str] = ()

    @property
    def holds(self) -> bool:
        """Return whether parameters agree at every path, and every counter ran and is fully explained."""
        explained = all(each.holds for each in self.explanations)
        return (self.params is None or not self.params.mismatches) and explained and not self.failures


@dataclass(frozen=True, slots=True)
class Audit:
    """The trace of a network, and the results of other counters if they were requested."""

    trace: Trace
    verification: Verification | None = None

    @property
    def holds(self) -> bool:
        """Return whether all is counted and accounted for, and every requested counter is explained."""
        return is_whole(self.trace) and (self.verification is None or self.verification.holds)
