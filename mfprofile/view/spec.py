"""A spec as a table: each block with its widths, its kernel and its output, under the settings of the network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mfprofile.cost.bill import Bill, count
from mfprofile.spec.model import Spec
from mfprofile.spec.network import Block, Network
from mfprofile.spec.words import shown
from mfprofile.view.bill import counted
from mfprofile.view.numbers import grouped
from mfprofile.view.tables import Column, Table


def spec_table(spec: Spec) -> Table:
    """Return a spec as a table, with its keys that are not a part of the network in the last lines."""
    table = network_table(count(spec))
    given = {"width": spec.width if spec.width != 1 else None, "budget": spec.budget}
    given["require"] = None if spec.require is None else {"widths": spec.require.widths}
    below = [f"{key}: {shown(value)}" for key, value in given.items() if value is not None]
    return table._replace(below=[*below, *table.below])


def network_table(bill: Bill) -> Table:
    """Return the network of a bill as a table, with its multiply-adds and parameters in the last line."""
    network: Any = bill.subject
    settings = ", ".join(f"{key} {value}" for key, value in network.settings.items())
    columns = [
        Column("block"),
        Column("kind"),
        Column("exp", right=True),
        Column("kernel", right=True),
        Column("stride", right=True),
        Column("output", right=True),
    ]
    amounts = f"{grouped(bill.madds)} {counted(bill)}, {grouped(bill.params)} params"
    return Table(columns, list(_lines(network)), above=[f"{bill.name}: {settings}"], below=[amounts])


def _lines(network: Network[int]) -> Iterator[list[Any]]:
    """Yield a line for each part that has an output: those of a table by block, in its order."""
    labels = network.labels.values
    blocks = {str(block.number): block for block in network.blocks}
    for name in ("tokens", "stem", *blocks, "final", "head"):
        if name in labels and (name != "final" or network.final):
            kind, output = labels[name]
            yield [name, kind, *(_block(blocks[name]) if name in blocks else (None, None, None)), output]


def _block(block: Block[int]) -> tuple[str, str, str]:
    expanded = f"{block.expanded}, {block.expanded2}" if block.kind == "mf-down" else str(block.expanded)
    return expanded, str(block.kernel), str(block.stride)
