"""What torch.jit's tracing leaves of a run: tools that read its graph count nothing else.

It removes operators whose result nothing uses. It has an einsum as one operator, whatever torch runs for it, and a
`torch.autograd.Function` as one without the operators inside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mfprofile.cost.dataflow import KEPT, DataFlow, Einsum, Ran


class Graph(NamedTuple):
    """The graph of a run: the rows of the bill that it has not, by number, and the einsums that it has instead."""

    removed: frozenset[int]
    einsums: Sequence[Einsum]


def graph_of(flow: DataFlow) -> Graph:
    """Return what torch.jit's tracing leaves of a run.

    An operator is left if what it puts out is returned, or if one that is left reads it later. So is one that writes to
    a storage of those in place, or to what the network keeps. Functions are always left, and what they read with them.
    Python code that reads only the shape of a result is not known here; tracing leaves that result.

    >>> made = Ran("a", "linear", (0, 1), (), (1,), 0)
    >>> unused = Ran("b", "linear", (1, 2), (1,), (2,), 0)
    >>> graph_of(DataFlow([made, unused], {}, frozenset({1}), 0, {}, {})).removed
    frozenset({1})
    """
    live, removed, einsums = {KEPT, *flow.returned}, set[int](), list[Einsum]()
    called = list(flow.einsums)
    for at, ran in reversed(list(enumerate(flow.operators, 1))):
        while called and called[-1].last >= at:  # it ended here
            einsum = called.pop()
            einsums += [] if live.isdisjoint(einsum.puts) else [einsum]
        if ran.in_function or not live.isdisjoint((*ran.puts, *ran.writes)):
            live.update(ran.reads)
        else:
            removed.update(range(*ran.rows))
    return Graph(frozenset(removed.union(_hidden(flow))), einsums[::-1])


def _hidden(flow: DataFlow) -> Iterator[int]:
    """Yield the rows of operators that are inside an einsum or a function."""
    inside: list[Ran] = [ran for ran in flow.operators if ran.in_function]
    for einsum in flow.einsums:
        inside += flow.operators[einsum.first : einsum.last]
    for ran in inside:
        yield from range(*ran.rows)
