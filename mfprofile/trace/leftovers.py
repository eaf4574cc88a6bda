"""What an exporter leaves in a model file, for the bill of a tool that counts all nodes of a file."""

from __future__ import annotations

from collections.abc import Sequence

from mfprofile.cost.kinds import LEFTOVER
from mfprofile.cost.nodes import Node, Rules
from mfprofile.cost.ops import Cost
from mfprofile.cost.rows import Part

OTHERS = "other nodes"


def counted_apart(leftover: Sequence[Part], rules: Rules) -> list[Part]:
    """Return the parts that a tool counts by its rules, and one part of all other nodes, so that none is missing.

    Raises `InputError` for a node that the tool cannot count.
    """
    counted, others = list[Part](), list[Node]()
    for part in leftover:
        nodes = [node for _, _, cost in part.ops for node in cost.nodes]
        if any(map(rules.of, nodes)):
            counted.append(part)
        else:
            others += nodes
    rest = Part("", None, "", "", [(OTHERS, "plain", Cost(LEFTOVER, (), 0, 0, nodes=tuple(others)))])
    return [*counted, rest] if others else counted
