"""Limits on a predicted latency in the output of `check`: milliseconds, the model, and what it leaves out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from mfprofile.budget.limits import Limit
from mfprofile.budget.verdicts import Finding, Verdict
from mfprofile.cost.tested import about, is_tested, kinds_of, not_known
from mfprofile.spec.names import LATENCY
from mfprofile.view.bill import unpriced_ops
from mfprofile.view.numbers import grouped, human, milliseconds

_MICRO = 1000


def is_latency(limit: Limit) -> bool:
    """Return whether a limit is on a latency, of the network or of a pillar."""
    return limit.name.rpartition(".")[2] == LATENCY


def written(finding: Finding) -> Callable[[int], str]:
    """Return how the amounts of a finding are written: whole numbers, or a latency in milliseconds.

    It has enough digits not to read as the limit.
    """
    if not is_latency(finding.limit):
        return grouped
    return partial(milliseconds, digits=6) if 0 < abs(finding.excess) < _MICRO else milliseconds


def rounded(limit: Limit) -> Callable[[int], str]:
    """Return how a part of an amount is written: rounded, with its unit."""
    return (lambda amount: f"{milliseconds(amount)} ms") if is_latency(limit) else human


def predicted_by(verdicts: Iterable[Verdict]) -> str:
    """Return by what latency is predicted, or '' without a limit on latency."""
    bills = [verdict.bill for verdict in verdicts if verdict.is_timed]
    devices = (bill.device for bill in bills)
    kinds = kinds_of(bills)
    return next((f"predicted by latency model {about(device, kinds)}" for device in devices if device is not None), "")


def remarks_on(verdict: Verdict) -> Iterator[str]:
    """Yield what a reader of a verdict on latency must know: ops that are not in it, and what its error means.

    It is not known, or a limit is within it.
    """
    device = verdict.bill.device
    if not verdict.is_timed or device is None:
        return
    if not verdict.is_partial:
        yield from (f"{verdict.bill.name}: {line[0].lower()}{line[1:]}" for line in unpriced_ops(verdict.bill))
    errors = device.errors
    if errors is not None and not is_tested(verdict.bill):
        yield f"{verdict.bill.name}: the verdict on latency can be wrong: the latency model is {not_known(device)}"
        return
    near = [] if errors is None else [one.limit.name for one in verdict.findings if _is_near(one, errors.mean)]
    yield from (f"{verdict.bill.name}: {name} is nearer to its limit than the model's mean error" for name in near)


def _is_near(finding: Finding, error: float) -> bool:
    """Return whether the error of a predicted amount could change the verdict on it."""
    return is_latency(finding.limit) and finding.whole is None and abs(finding.excess) <= error * finding.counted
