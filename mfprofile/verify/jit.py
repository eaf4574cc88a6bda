"""fvcore reads the graph of torch.jit's tracing: without unused results, with einsums and functions as one operator."""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import prod

from mfprofile.cost.bill import Bill
from mfprofile.cost.dataflow import DataFlow, Einsum
from mfprofile.cost.jit import graph_of
from mfprofile.cost.ops import Cost
from mfprofile.cost.rows import Part, Row
from mfprofile.verify.shares import Share


def in_graph(bill: Bill, flow: DataFlow, shares: Iterable[Share]) -> list[Share]:
    """Return the shares of a bill's rows in the graph: 0 for a row that is not there, and each einsum at the end."""
    removed, einsums = graph_of(flow)
    left = [Share(each.row) if at in removed else each for at, each in enumerate(shares)]
    return [*left, *(_share(bill, flow, einsum) for einsum in einsums)]


def _share(bill: Bill, flow: DataFlow, einsum: Einsum) -> Share:
    """Return the share of an einsum, in a row with the kind of the first product that torch runs for it."""
    rows = [bill.rows[at] for ran in flow.operators[einsum.first : einsum.last] for at in range(*ran.rows)]
    kind = next((row.kind for row in rows if row.madds), "multiply")
    values = prod(einsum.out)
    row = Row(Part("", None, "", einsum.module, []), "einsum", "plain", Cost(kind, einsum.out, 0, values))
    return Share(row, einsum_by_fvcore(einsum), values)


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
