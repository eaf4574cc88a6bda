"""Find the paths of all settings within limits, those with the fewest changes of a proposal first."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mfprofile.explore.edges import Edges, Integers, Values
from mfprofile.explore.proposals import Ways
from mfprofile.explore.reach import NO_PATH, Reach
from mfprofile.explore.space import Place
from mfprofile.spec.model import Spec
from mfprofile.spec.quantities import Window

if TYPE_CHECKING:
    from numpy.random import RandomState


class Setting(NamedTuple):
    """One assignment of the global choices: its values, their indices, its spec, and its group of equal edges."""

    values: Values
    indices: Mapping[Place, int]
    spec: Spec
    group: int


class Group(NamedTuple):
    """The valid edges of each link, sorted by their source, and the ways to write them."""

    edges: tuple[Edges, ...]
    ways: list[Ways]


def group_of(edges: Sequence[Edges], ways: Sequence[Ways]) -> Group:
    """Return the valid edges of each link, sorted by their source."""
    orders = [np.argsort(step.source, kind="stable") for step in edges]
    kept = [order[step.valid[order]] for order, step in zip(orders, edges, strict=True)]
    sorted_edges = tuple(step.select(order) for step, order in zip(edges, kept, strict=True))
    return Group(
        sorted_edges, [dataclasses.replace(way, twin=way.twin[order]) for way, order in zip(ways, kept, strict=True)]
    )


def limits_of(windows: Sequence[Window]) -> Integers:
    """Return the greatest sum of each row: of zeros, of the quantities, and of the quantities times -1."""
    upper = [NO_PATH - 1 if window.most is None else window.most for window in windows]
    lower = [NO_PATH - 1 if window.least is None else -window.least for window in windows]
    return np.array([max(1 - NO_PATH, min(limit, NO_PATH - 1)) for limit in (0, *upper, *lower)], np.int64)


_ANYWHERE = 20  # times the limit for one number of changes


class Nearest(NamedTuple):
    """A path: its setting, and the values of each link's choices.

    `exact` says that no path within the windows differs in fewer.
    """

    setting: Setting
    values: list[dict[Place, Any]]
    exact: bool


class Nearby:
    """One search, for one proposal.

    For each number of changes it looks at `nodes` partial variants, then it goes on to the next. `complete` is False if
    this has happened.
    """

    def __init__(
        self,
        groups: Sequence[Group],
        settings: Sequence[Setting],
        costs_of: Callable[[Sequence[Setting]], list[Integers]],
        limits: Integers,
        nodes: int,
    ) -> None:
        self.groups, self.settings, self.costs_of, self.limits, self.nodes = groups, settings, costs_of, limits, nodes
        self.complete = True

    def paths(self, wanted: Mapping[Place, int], random: RandomState) -> Iterator[Nearest]:
        """Yield the paths within the windows, those with the fewest changes first, until the limit."""
        bundles: dict[tuple[int, int], list[Setting]] = defaultdict(list)
        for setting in self.settings:
            changed = sum(wanted[path] != at for path, at in setting.indices.items())
            bundles[changed, setting.group].append(setting)
        tables: dict[tuple[int, int], Reach] = {}
        for changes in range(len(wanted) + 1):
            ready, left, missed = [], self.nodes, False
            for key, members in bundles.items():
                if key[0] <= changes:
                    tables[key] = tables.get(key) or self._reach(key[1], members, wanted)
                    reached = np.flatnonzero(tables[key].can_reach(changes - key[0]))
                    ready += [(key, reached)] if len(reached) else []
            for at in random.permutation(len(ready)).tolist():
                key, reached = ready[at]
                paths = tables[key].paths(reached, changes - key[0], random, left)
                for member, edges in paths:
                    yield Nearest(bundles[key][member], self._values(key[1], edges, wanted), self.complete)
                left -= paths.visited
                missed |= not paths.complete
            self.complete &= not missed

    def anywhere(self, wanted: Mapping[Place, int], random: RandomState) -> Iterator[Nearest]:
        """Yield paths within the limits with any number of changes, in no order, until a limit of its own."""
        left = _ANYWHERE * self.nodes
        for at in random.permutation(len(self.groups)).tolist():
            edges, members = self.groups[at].edges, [each for each in self.settings if each.group == at]
            if not members:
                continue
            unchanged = [np.zeros(len(step.source), np.int64) for step in edges]
            reach = Reach(edges, self.costs_of(members), unchanged, self.limits)
            paths = reach.paths(np.flatnonzero(reach.can_reach(0)), 0, random, left)
            for member, path in paths:
                values = self._values(at, path, wanted)
                yield Nearest(members[member], values, False)
            left -= paths.visited

    def _reach(self, group: int, settings: Sequence[Setting], wanted: Mapping[Place, int]) -> Reach:
        edges, ways = self.groups[group]
        changed = [way.changed(step, wanted) for way, step in zip(ways, edges, strict=True)]
        return Reach(edges, self.costs_of(settings), changed, self.limits)

    def _values(self, group: int, edges: Sequence[int], wanted: Mapping[Place, int]) -> list[dict[Place, Any]]:
        steps, ways = self.groups[group]
        return [way.nearest(step, edge, wanted) for way, step, edge in zip(ways, steps, edges, strict=True)]
