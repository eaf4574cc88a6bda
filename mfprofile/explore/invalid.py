"""Why a space has no variant: the rules of specs that its first combination of values breaks."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from mfprofile.errors import SpecError
from mfprofile.explore.space import Place, Space, with_node
from mfprofile.spec.document import Node, locate, tree_of
from mfprofile.spec.load import validated
from mfprofile.spec.problems import Problem

_MOST_OTHERS = 200  # other combinations that are looked at, and so the time


def broken_rules(space: Space) -> list[Problem]:
    """Return the rules that the first value of each choice breaks together, at the keys that break them.

    If other combinations break some of these rules as well, only those are returned: a rule that is broken by keys
    without a choice is among them. The list is empty if the first combination is valid.
    """
    common = problems(space, space.tree)
    for tree in islice(_others(space), _MOST_OTHERS):
        keys = {(problem.path, problem.rule) for problem in problems(space, tree)}
        common = [problem for problem in common if (problem.path, problem.rule) in keys] or common
    return common


def problems(space: Space, tree: Node) -> list[Problem]:
    """Return the broken rules of one combination, without those of the budget, which no query reads."""
    try:
        validated(tree, space.name, ())
    except SpecError as error:
        return [problem for problem in error.problems if problem.path.partition(".")[0] != "budget"]
    return []


def _others(space: Space) -> Iterator[Node]:
    """Yield the trees of other combinations: the last value of each choice, then each other value of one choice."""
    last = space.tree
    for choice in space.choices:
        last = changed(last, choice.path, choice.values[-1])
    yield last
    for choice in space.choices:
        yield from (changed(space.tree, choice.path, value) for value in choice.values[1:])


def changed(tree: Node, path: Place, value: object) -> Node:
    """Return the tree with another value at a path."""
    return with_node(tree, path, tree_of(value, locate(tree, path)))
