"""Verify an ONNX file: run the counters that read files, and compare each with our walk of the file, node by node."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from mfprofile.cost.bill import Bill
from mfprofile.cost.conventions import CONVENTIONS
from mfprofile.cost.nodes import Node
from mfprofile.errors import InputError
from mfprofile.spec.problems import unknown
from mfprofile.spec.words import listed, raised, shown
from mfprofile.trace.result import Trace
from mfprofile.verify import onnx_tool
from mfprofile.verify.distributions import is_installed
from mfprofile.verify.explanation import (
    NODES,
    Comparison,
    Explanation,
    Measurement,
    Mismatch,
    added_and_missed,
    by_kind,
    was_read,
)
from mfprofile.verify.outcome import Verification

FILE_COUNTERS: Mapping[str, Callable[[str, Trace], Measurement]] = MappingProxyType({onnx_tool.NAME: onnx_tool.measure})
"""The counters that read ONNX files, by the names of their conventions and distributions."""
_MODULES: Mapping[str, str] = MappingProxyType({onnx_tool.NAME: "onnx_tool"})
OF_NETWORKS = tuple(name for name, convention in CONVENTIONS.items() if convention.versions)
"""The counters that run a network of torch, and cannot read a file."""


def verify_file(
    place: str, trace: Trace, counters: Sequence[str] | None = None, notify: Callable[[str], None] = lambda _: None
) -> Verification:
    """Run the counters that read ONNX files on a file (default: all that are installed) and explain each.

    `trace` is that of the same file. Raises `InputError` for a counter that does not exist, cannot read a file or is
    not installed, and if none is.
    """
    names, explanations, failures = _chosen(place, counters), list[Explanation](), dict[str, str]()
    for name in names:
        notify(f"{trace.name}: counting with {name}")
        try:
            measured = FILE_COUNTERS[name](place, trace)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # all that a tool raises is reported as its failure
            failures[name] = raised(error)
        else:
            explanations.append(explain_nodes(trace.bill(name), measured))
    return Verification(trace.bill(), None, explanations, failures, (), unable=OF_NETWORKS)


def _chosen(place: str, counters: Sequence[str] | None) -> Sequence[str]:
    """Return the counters to run: those named, or all that read files and are installed."""
    for name in counters or ():
        if name in OF_NETWORKS:
            what = f"--counter {name}: runs a network of torch, and {shown(place)} is a file"
            raise InputError(f"{what}; use {listed(list(FILE_COUNTERS))}")
        if name not in FILE_COUNTERS:
            raise unknown("counter", name, FILE_COUNTERS)
    names = [name for name in counters or FILE_COUNTERS if is_installed(name, _MODULES[name])]
    missing = next((name for name in counters or FILE_COUNTERS if name not in names), None)
    if missing is not None and (counters or not names):
        what = "" if counters else f"{place}: no counter that reads ONNX files is installed: "
        raise InputError(f"{what}{missing} is not installed; install it with pip install {missing}")
    return list(dict.fromkeys(names))


def explain_nodes(bill: Bill, measured: Measurement) -> Explanation:
    """Return the explanation of a measurement of a file, from its bill in the tool's convention."""
    core = by_kind(bill.rows, bill.under("core").row_madds)
    adds, misses = added_and_missed(core, by_kind(bill.rows, bill.row_madds))
    return Explanation(
        measured,
        bill.convention.unit,
        sum(core.values()),
        adds,
        misses,
        bill.madds,
        bill.counted_params,
        None if measured.by_path is None else compare_nodes(bill, measured.by_path),
        was_read(bill.convention, measured.version),
    )


def compare_nodes(bill: Bill, theirs: Mapping[str, int]) -> Comparison:
    """Compare what a bill's convention counts for each node with a tool's amounts, by the nodes' names.

    A node for which only one of the two has an amount is compared with 0.
    """
    rules = bill.convention.nodes
    ours = {} if rules is None else {node.name: rules.of(node) for node in nodes_of(bill)}
    names = list(dict.fromkeys([*theirs, *(name for name, amount in ours.items() if amount)]))
    pairs = ((name, ours.get(name, 0), theirs.get(name, 0)) for name in names)
    return Comparison(len(names), tuple(Mismatch(*pair) for pair in pairs if pair[1] != pair[2]), NODES)


def nodes_of(bill: Bill) -> list[Node]:
    """Return the nodes of the file that a bill is of."""
    return [node for row in bill.rows for node in row.cost.nodes]
