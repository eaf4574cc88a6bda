"""What a tool reads of a network, row by row: fvcore reads the graph of torch.jit's tracing, other tools see it all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from math import prod
from typing import NamedTuple

from mfprofile.cost.bill import Bill
from mfprofile.cost.dataflow import DataFlow, Einsum
from mfprofile.cost.jit import graph_of
from mfprofile.cost.kinds import CELL
from mfprofile.cost.ops import Cost
from mfprofile.cost.recurrent import GATES
from mfprofile.cost.rows import Part, Row
from mfprofile.cost.tools import FVCORE


class Reading(NamedTuple):
    """The rows that a tool reads, with what it counts for each, and how many output values of it fvcore counts."""

    rows: Sequence[Row]
    amounts: Sequence[int]
    outputs: Sequence[int]


def reading_of(bill: Bill) -> Reading:
    """Return what the tool of a bill's convention reads.

    For fvcore, the rows that torch.jit's tracing leaves out have the amount 0, and each einsum is a row at the end.
    """
    outputs, flow = [counted_output(row) for row in bill.rows], bill.subject.dataflow
    if bill.convention.name != FVCORE.name or flow is None:
        return Reading(bill.rows, bill.row_madds, outputs)
    removed, einsums = graph_of(flow)
    amounts = [0 if at in removed else amount for at, amount in enumerate(bill.row_madds)]
    outputs = [0 if at in removed else values for at, values in enumerate(outputs)]
    rows = [Row(Part("", None, "", each.module, []), "einsum", "plain", _cost(bill, flow, each)) for each in einsums]
    return Reading(
        [*bill.rows, *rows],
        [*amounts, *map(einsum_by_fvcore, einsums)],
        [*outputs, *(prod(each.out) for each in einsums)],
    )


def _cost(bill: Bill, flow: DataFlow, einsum: Einsum) -> Cost[int]:
    """Return a cost with the kind of the first product that torch runs for an einsum."""
    rows = [bill.rows[at] for ran in flow.operators[einsum.first : einsum.last] for at in range(*ran.rows)]
    products: Iterable[str] = (row.kind for row in rows if row.madds)
    return Cost(next(iter(products), "multiply"), einsum.out, 0, prod(einsum.out))


def einsum_by_fvcore(einsum: Einsum) -> int:
    """Return what fvcore counts for an einsum: einsum_flop_jit in fvcore/nn/jit_handles.py.

    Two equations have formulas. For all others it reads the FLOPs from a line that numpy prints, with four digits.

    >>> einsum_by_fvcore(Einsum("", "bi,bj->bij", [(3, 5), (3, 7)], (3, 5, 7), 0, 1, ()))  # (105 + 1) // 2: no sums
    53
    """
    import numpy as np

    equation, shapes = in_order(einsum.equation), einsum.shapes
    if equation in EXACT:
        return prod(shapes[0]) * shapes[-1][EXACT[equation]]
    operands = [np.broadcast_to(np.zeros(()), shape) for shape in shapes]
    _, text = np.einsum_path(equation, *operands, optimize="optimal")
    (flops,) = re.findall(r"Optimized FLOP count:\s*(\S+)", text)
    return int(float(flops) // 2)


EXACT = {"abc,abd->acd": -1, "abc,adc->adb": 1}
"""The equations that fvcore has a formula for, and which side of the last operand it multiplies by."""


def in_order(equation: str) -> str:
    """Return an equation with its letters renamed in the order in which they appear."""
    letters = dict.fromkeys(filter(str.isalpha, equation))
    return equation.replace(" ", "").translate({ord(old): ord("a") + at for at, old in enumerate(letters)})


def counted_output(row: Row) -> int:
    """Return the number of values in an op's output, as fvcore counts activations.

    In a recurrent cell, it counts those of the two Linear layers that a cell consists of.
    """
    values = 2 * GATES[row.kind] if row.role == CELL else 1
    return int(row.activations * values) if FVCORE.weight(row.kind, row.role).products else 0
