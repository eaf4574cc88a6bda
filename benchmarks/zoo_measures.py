"""Measure one network of the zoo: our bill, FlopCounterMode's total, other counters' totals, and the times.

A network is made and run on meta tensors. If it reads values, it is made and run on a CPU. Other counters run on a CPU.
"""

from __future__ import annotations

import contextlib
import inspect
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from zoo_networks import Network

from mfprofile.cost.bill import Bill
from mfprofile.cost.kinds import FUSED, RARE
from mfprofile.errors import InputError
from mfprofile.spec.words import raised
from mfprofile.trace.inputs import Input
from mfprofile.trace.libraries import quiet
from mfprofile.trace.result import Trace
from mfprofile.trace.seeds import seeded
from mfprofile.trace.settings import settings
from mfprofile.trace.trace import trace
from mfprofile.trace.ways import Way
from mfprofile.verify.verify import verified

TOOLS = ("torch", "fvcore", "thop", "ptflops")
ROUNDS = 5


@dataclass(frozen=True)
class Total:
    """A tool's total on a CPU, how much of it no convention explains, of its parameters too, and unequal paths."""

    total: int = 0
    unexplained: int = 0
    unexplained_params: int = 0
    paths: int = 0
    failure: str = ""


@dataclass(frozen=True)
class Result:
    """What was measured of a network: its bill, what is not counted, the totals of tools, and times in seconds.

    `flops` is FlopCounterMode's total on the `device`, `predicted` what our rows say it is. `rare` are the FLOPs of
    our rows for which FlopCounterMode has no rule.
    """

    name: str
    device: str
    reason: str
    madds: int
    params: int
    not_counted: tuple[str, ...]
    flops: int
    predicted: int
    rare: int
    failure: str
    tools: Mapping[str, Total]
    ours: float
    theirs: float


def measured(network: Network) -> Result:
    """Return all that is measured of a network."""
    model, traced = bill_of(network)
    bill, given = traced.bill(), _tensors(network, traced.device)
    totals = _totals(network, model, traced)
    model.to(traced.device).requires_grad_(False)  # so that FlopCounterMode's time has no gradients in it
    flops, failure = _tried(lambda: flop_counter_mode(model, *given, device=traced.device))
    outside = [f"{each.origin}: {each.place}" for each in traced.outside]
    return Result(
        network.name,
        traced.device,
        traced.reason,
        bill.madds,
        bill.params,
        (*(each.operator for each in traced.uncovered), *outside),
        flops or 0,
        predicted(bill, traced.device),
        2 * sum(row.madds for row in bill.rows if row.role == RARE),
        failure,
        totals,
        *_times(network, model, given, traced.device, failure),
    )


def predicted(bill: Bill, device: str) -> int:
    """Return FlopCounterMode's total by our rows. On meta tensors, no attention is fused, so it counts them all."""
    by_torch = bill.under("torch")
    fused = sum(row.madds for row in bill.rows if row.role == FUSED) if device == "meta" else 0
    return int(by_torch.madds) + 2 * fused


def flop_counter_mode(model: nn.Module, args: tuple[Any, ...], named: Mapping[str, Any], device: str) -> int:
    """Return the total of FlopCounterMode, with gradients enabled, which it needs for views of parameters."""
    with torch.device(device), torch.enable_grad(), FlopCounterMode(display=False) as mode:
        model(*args, **named)
    return int(mode.get_total_flops())


def bill_of(network: Network) -> tuple[nn.Module, Trace]:
    """Return the network and its trace, on meta tensors if that is possible."""
    try:
        model = _made(network, "meta")
        return model, _trace(network, model, "meta")
    except (InputError, NotImplementedError, RuntimeError):
        model = _made(network, "cpu")
        return model, _trace(network, model, None)


def _trace(network: Network, model: nn.Module, device: str | None) -> Trace:
    return trace(model, network.inputs, network.named, name=network.name, device=device)


def _made(network: Network, device: str) -> nn.Module:
    """Return the network in eval mode; it is the same in each run."""
    with quiet(), seeded(), torch.device(device):
        return network.make().eval()


def _tensors(network: Network, device: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the inputs as tensors of zeros, by order and by name."""

    def made(value: Any) -> Any:
        if not isinstance(value, Input):
            return value
        return torch.zeros((1, *value.shape), dtype=value.dtype or torch.float32, device=device)

    return tuple(map(made, network.inputs)), {name: made(value) for name, value in network.named.items()}


def _totals(network: Network, model: nn.Module, traced: Trace) -> dict[str, Total]:
    """Return the result of each tool, which runs a copy with real tensors: zeros for those of a model on meta.

    A language model is traced again without its cache, as the tools run it: what fills the cache is then not returned.
    """
    args, named = _tensors(network, "cpu")
    bound = inspect.signature(model.forward).bind(*args, **named)
    bound.apply_defaults()
    last = max(number for number, value in enumerate(bound.args) if value is not None)
    with _without_cache(model) as cached:
        bill = (_trace(network, model, None) if cached else traced).bill()
        result = verified(bill, model, TOOLS, lambda _: None, bound.args[: last + 1])
    totals = {name: Total(failure=failure) for name, failure in result.failures.items()}
    for each in result.explanations:
        unequal = len(each.by_path.mismatches) if each.by_path is not None else 0
        totals[each.measured.tool] = Total(each.measured.total, each.unexplained, each.unexplained_params, unequal)
    return totals


@contextlib.contextmanager
def _without_cache(model: nn.Module) -> Iterator[bool]:
    """Let a language model return no cache of its keys inside a with block: fvcore cannot return one.

    Yields whether it would return one.
    """
    configs = [each.config for each in model.modules() if getattr(getattr(each, "config", None), "use_cache", False)]
    for config in configs:
        config.use_cache = False
    yield bool(configs)
    for config in configs:
        config.use_cache = True


def _times(
    network: Network, model: nn.Module, given: tuple[tuple[Any, ...], dict[str, Any]], device: str, failure: str
) -> tuple[float, float]:
    """Return the medians of our time and of FlopCounterMode's, in seconds, each in turn; 0 for one that fails."""
    ours: list[float] = []
    theirs: list[float] = []
    with quiet():
        for _ in range(ROUNDS):
            ours.append(_seconds(lambda: _trace(network, model, device)))
            theirs.append(0.0 if failure else _seconds(lambda: flop_counter_mode(model, *given, device=device)))
    return median(ours), median(theirs)


def _seconds(call: Callable[[], object]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


def _tried(call: Callable[[], int]) -> tuple[int | None, str]:
    """Return the result of a call without fast paths, or else its failure as text."""
    try:
        with quiet(), settings(Way("cpu", None, gradients=True)):
            return call(), ""
    except Exception as error:  # all that a tool raises is its failure
        return None, raised(error)
