"""What an exporter leaves in a model file, for the bill of a tool that counts all nodes of a file."""

from __future__ import annotations

from collections.abc import Iterable

from mfprofile.cost.kinds import LEFTOVER
from mfprofile.cost.nodes import Node, Rules
from mfprofile.cost.ops import Cost
from mfprofile.cost.rows import Part

OTHERS = "other nodes"


def joined(parts: Iterable[Part], rules: Rules) -> list[Part]:
    """Return the parts of a file, with one part for all the nodes that cost nothing, here or elsewhere.

    Raises `InputError` for a node that the tool with these rules cannot count.
    """
    kept, others = list[Part](), list[Node]()
    for part in parts:
        nodes = [node for _, _, cost in part.ops if cost.kind == LEFTOVER for node in cost.nodes]
        if nodes and not any(map(rules.of, nodes)):
            others += nodes
        else:
            kept.append(part)
    rest = Part("", None, "", "", [(OTHERS, "plain", Cost(LEFTOVER, (), 0, 0, nodes=tuple(others)))])
    return [*kept, rest] if others else kept
