"""The variant within windows that differs from a proposal in the fewest choices. The answer is exact.

Tables along the chain say, for each link, width and number of changes, the least and the most that each quantity can
still add. The first number of changes with which these intervals meet all windows is searched for a path, depth first,
and the intervals leave out what cannot end within the windows. Then comes the next number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from mfprofile.cost.conventions import find_convention
from mfprofile.cost.weights import Counting
from mfprofile.explore.chain import Chains
from mfprofile.explore.edges import Integers
from mfprofile.explore.nearby import Group, Nearby, Nearest, Setting, group_of, limits_of
from mfprofile.explore.proposals import all_ways, indices_of
from mfprofile.explore.quantity import Quantity, check_duplicates
from mfprofile.explore.reach import Reach
from mfprofile.explore.sample import sample_space
from mfprofile.explore.settings import global_settings, is_refused
from mfprofile.explore.space import Place, Space, with_values
from mfprofile.spec.load import typed
from mfprofile.spec.problems import dotted
from mfprofile.spec.quantities import Window

NODES = 500_000
"""The default number of partial variants that a search looks at for each number of changes."""
_BATCH = 128
_KEPT = 1 << 28  # bytes of costs that are kept for the next proposal


@dataclass(frozen=True, slots=True, eq=False)
class Repaired:
    """A variant within the windows: a value for each choice, and the number of choices that differ from the proposal.

    `exact` says that no variant within the windows differs in fewer. If it is False, a search has reached its limit: in
    windows as thin as these, a variant that differs in fewer may have been missed.
    """

    space: Space
    values: Mapping[Place, Any]
    changed: int
    exact: bool = True

    @property
    def choices(self) -> dict[str, Any]:
        """Return the value of each choice, by its name."""
        return {dotted(path): value for path, value in self.values.items()}

    def spec(self) -> dict[str, Any]:
        """Return the whole spec as a mapping for `load`."""
        return with_values(self.space.data, self.values)


class Feasible:
    """The variants of a space within windows, for questions about proposals.

    The windows are read once. Raises `InputError` as other queries do: for two windows of one sum, for too many
    settings, and for sums that are too large.
    """

    def __init__(
        self, space: Space, windows: Sequence[tuple[Quantity, Window]] = (), convention: Counting = "core"
    ) -> None:
        check_duplicates(windows)
        self.space, self.windows, self.convention = space, tuple(windows), convention
        self._chains = Chains(space, tuple(quantity for quantity, _ in windows), find_convention(convention))
        self._limits = limits_of([window for _, window in windows])
        self._groups: list[Group] = []
        self._costs: dict[int, list[Integers]] = {}  # by the setting
        self._settings = self._possible()

    def nearest(
        self, proposal: Mapping[str, Any], seed: int = 0, nodes: int = NODES, most: int = 1
    ) -> Iterator[Repaired]:
        """Yield variants within the windows, those that differ from the proposal in the fewest choices first.

        `proposal` has a value for each choice, by its name. Variants that differ in equally many choices come in an
        order that the seed decides. A network that can be written in several ways can come several times. For each
        number of changes, at most about `nodes` partial variants are looked at. If that was too few, what follows is
        not `exact`. If it was too few everywhere, variants come in any order; and if there are none of these, up to
        `most` are drawn fairly. Raises `InputError` if
        even these cannot be drawn: too few variants within one window are within the others.
        """
        wanted = indices_of(self.space, proposal)
        search = Nearby(self._groups, self._settings, self._costs_of, self._limits, nodes)
        random = np.random.RandomState(seed % 2**32)
        is_empty = True
        for each in search.paths(wanted, random):
            is_empty = False
            yield self._repaired(each, wanted)
        for each in search.anywhere(wanted, random) if is_empty and not search.complete else ():
            is_empty = False
            yield self._repaired(each, wanted)
        if is_empty and not search.complete:
            yield from self._drawn(wanted, seed, most)

    def repaired(self, proposal: Mapping[str, Any], seed: int = 0, nodes: int = NODES) -> Repaired | None:
        """Return the variant within the windows that differs from a proposal in the fewest choices, or None."""
        return next(self.nearest(proposal, seed, nodes), None)

    def _repaired(self, path: Nearest, wanted: Mapping[Place, int]) -> Repaired:
        values = dict(path.setting.values)
        for way in path.values:
            values |= way
        return Repaired(self.space, values, self._changed(values, wanted), path.exact)

    def _changed(self, values: Mapping[Place, Any], wanted: Mapping[Place, int]) -> int:
        """Return the number of choices in which values differ from the proposal."""
        return sum(repr(values[each.path]) != repr(each.values[wanted[each.path]]) for each in self.space.choices)

    def _drawn(self, wanted: Mapping[Place, int], seed: int, most: int) -> Iterator[Repaired]:
        """Yield variants that are drawn fairly from all within the windows."""
        proposed = {choice.path: choice.values[wanted[choice.path]] for choice in self.space.choices}
        for variant in sample_space(self.space, most, seed, self.windows, self.convention):
            values = {**proposed, **variant.values}
            yield Repaired(self.space, values, self._changed(values, wanted), exact=False)

    def _possible(self) -> list[Setting]:
        """Return the settings that can have a variant within the windows, as far as each window alone shows it."""
        global_settings(self.space)  # it refuses too many
        numbers: dict[int, int] = {}
        possible: list[Setting] = []
        batch: list[Setting] = []
        for setting in self._valid(numbers):
            batch.append(setting)
            if len(batch) == _BATCH:
                possible += self._reaching(batch)
                batch = []
        return possible + self._reaching(batch)

    def _valid(self, numbers: dict[int, int]) -> Iterator[Setting]:
        """Yield all settings that the rules allow, and add their groups; `numbers` has these by the id of the edges."""
        choices = self.space.global_choices
        for indices in product(*(range(len(choice.values)) for choice in choices)):
            values = {choice.path: choice.values[at] for choice, at in zip(choices, indices, strict=True)}
            data = with_values(self.space.data, values)
            if is_refused(data):
                continue
            self._chains.refuse_too_large(values)
            spec, faults = typed(data, self.space.tree, self.space.name)
            assert spec is not None, faults  # `read_space` checked each value
            edges = self._chains.edges(data)
            if id(edges) not in numbers:
                numbers[id(edges)] = len(self._groups)
                self._groups.append(group_of(edges, all_ways(self.space, data, spec, edges)))
            number = dict(zip((choice.path for choice in choices), indices, strict=True))
            yield Setting(values, number, spec, numbers[id(edges)])

    def _reaching(self, settings: Sequence[Setting]) -> list[Setting]:
        """Return those of some settings whose least and greatest sums meet each window."""
        possible = []
        for number in sorted({setting.group for setting in settings}):
            members = [setting for setting in settings if setting.group == number]
            edges = self._groups[number].edges
            unchanged = [np.zeros(len(step.source), np.int64) for step in edges]
            reach = Reach(edges, self._counted(members), unchanged, self._limits)
            possible += [members[at] for at in np.flatnonzero(reach.can_reach(0)).tolist()]
        return possible

    def _costs_of(self, settings: Sequence[Setting]) -> list[Integers]:
        """Return the costs of settings with the same edges, from those that are kept where possible."""
        missing = [setting for setting in settings if id(setting) not in self._costs]
        for start in range(0, len(missing), _BATCH):
            part = missing[start : start + _BATCH]
            costs = self._counted(part)
            for at, setting in enumerate(part):
                self._costs[id(setting)] = [np.ascontiguousarray(each[:, at]) for each in costs]
        links = zip(*(self._costs[id(setting)] for setting in settings), strict=True)
        stacked = [np.stack(link, axis=1) for link in links]
        if sum(each.nbytes for kept in self._costs.values() for each in kept) > _KEPT:
            self._costs.clear()
        return stacked

    def _counted(self, settings: Sequence[Setting]) -> list[Integers]:
        """Return the rows of costs of each link: one of zeros, the quantities, and the quantities times -1."""
        edges = self._groups[settings[0].group].edges
        counted = self._chains.costing.costs([setting.spec for setting in settings], edges)
        return [np.concatenate([np.zeros((1, *cost.shape[1:]), np.int64), cost, -cost]) for cost in counted]
