"""Count the combinations that the rules of specs forbid, rule by rule, each with an example.

A combination breaks a rule if it would break it with every other way to write the same network. So the numbers are
those of networks, as everywhere in `explore`: all networks of a space, less those that some combination makes without
breaking the rule. A combination can break several rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mfprofile.cost.conventions import find_convention
from mfprofile.explore.chain import Chains, count_paths
from mfprofile.explore.distinct import Sized, distinct
from mfprofile.explore.edges import Edges, Values, in_general
from mfprofile.explore.invalid import changed, problems
from mfprofile.explore.settings import GlobalSetting, refusing_rules
from mfprofile.explore.space import Place, Space, with_values
from mfprofile.spec.problems import Problem


@dataclass(frozen=True, slots=True, eq=False)
class Forbidden:
    """The number of combinations that break one rule, and an example: its choices, and the problem with its remedy."""

    number: int
    choices: Mapping[Place, Any]
    problem: Problem


def forbidden(space: Space) -> list[Forbidden]:
    """Return each rule that combinations of a space's choices break, the one that most of them break first."""
    rules = _Rules(space)
    entries = [(rules.broken(name), rules.example(name)) for name in rules.names()]
    broken = [Forbidden(number, *example) for number, example in entries if number and example is not None]
    return sorted(broken, key=lambda each: -each.number)


class _Rules:
    """The rules that combinations of a space break. A rule has its text in general words as its name, '' is none."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self.chains = Chains(space, (), find_convention("core"))
        self.settings = [(each, with_values(space.data, each.values)) for each in self.chains.settings]
        self.refusing = [
            refusing_rules(data).intersection(*(refusing_rules(with_values(space.data, it)) for it in each.others))
            for each, data in self.settings
        ]
        self._sized: dict[tuple[int, str], Sized] = {}
        self._counts: dict[tuple[object, ...], int] = {}

    def names(self) -> list[str]:
        """Return the names of all rules that an edge or a setting breaks, in the order in which they appear."""
        edges = {id(each): each for each in (self.chains.edges(data) for _, data in self.settings)}
        of_edges = [sorted(rules) for each in edges.values() for step in each for rules in step.rules]
        return list(dict.fromkeys(name for names in (*map(sorted, self.refusing), *of_edges) for name in names))

    def broken(self, name: str) -> int:
        """Return how many networks only combinations make that break a rule."""
        return sum(
            self._count(setting, data, "") - (0 if name in refusing else self._count(setting, data, name))
            for (setting, data), refusing in zip(self.settings, self.refusing, strict=True)
        )

    def _count(self, setting: GlobalSetting, data: Mapping[str, Any], name: str) -> int:
        """Return the number of a setting's networks that no setting before it makes, without breaking a rule."""
        rivals = []
        for rival in setting.rivals:
            its = with_values(self.space.data, rival.values)
            if not (name and name in refusing_rules(its)):
                rivals.append((self._edges(its, name), rival.agrees))
        own = self._edges(data, name)
        key = (id(own), *((id(rival), agrees) for rival, agrees in rivals))
        if key not in self._counts:
            self._counts[key] = count_paths(distinct(own, rivals, self.space.name))
        return self._counts[key]

    def _edges(self, data: Mapping[str, Any], name: str) -> Sized:
        """Return the edges of a setting that do not break a rule."""
        edges = self.chains.edges(data)
        key = (id(edges), name)
        if key not in self._sized:
            self._sized[key] = Sized([step.select(~step.breaks(name)) for step in edges] if name else edges)
        return self._sized[key]

    def example(self, name: str) -> tuple[Values, Problem] | None:
        """Return the choices of a combination that breaks a rule, and its problem."""
        for (setting, data), refusing in zip(self.settings, self.refusing, strict=True):
            path = _path(self.chains.edges(data), "" if name in refusing else name)
            if path is None:
                continue
            values = dict(setting.values)
            for step, edge in zip(self.chains.edges(data), path, strict=True):
                values |= {**step.unused[step.option[edge]], **step.options[step.option[edge]]}
            own = [problem for problem in self._problems(values) if in_general(problem.rule) == name]
            if own:
                return values, own[0]
        return None

    def _problems(self, values: Values) -> list[Problem]:
        tree = self.space.tree
        for place, value in values.items():
            tree = changed(tree, place, value)
        return problems(self.space, tree)


def _path(edges: Sequence[Edges], name: str) -> list[int] | None:
    """Return a path with an edge that breaks a rule and few others that break any; without a name, any such path."""
    costs: list[dict[tuple[int, bool], tuple[int, list[int]]]] = [{(0, not name): (0, [])}]
    for step in edges:
        breaks = step.breaks(name) if name else np.zeros(len(step.source), bool)
        after: dict[tuple[int, bool], tuple[int, list[int]]] = {}
        columns = (step.source.tolist(), step.target.tolist(), step.valid.tolist(), breaks.tolist())
        for edge, (source, target, is_valid, is_broken) in enumerate(zip(*columns, strict=True)):
            for was_broken in (False, True):
                if (source, was_broken) in costs[-1]:
                    cost, path = costs[-1][source, was_broken]
                    key, more = (target, was_broken or is_broken), cost + (not is_valid)
                    if key not in after or more < after[key][0]:
                        after[key] = (more, [*path, edge])
        costs.append(after)
    ends = [way for (_, is_broken), way in costs[-1].items() if is_broken]
    return min(ends)[1] if ends else None
