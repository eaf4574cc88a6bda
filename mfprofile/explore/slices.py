"""Cut the work of a query into slices: some settings of the globals, or a part of the chain of one setting.

The slices depend on the space alone, never on the workers. There are about 256, so that more than a hundred workers are
busy and progress is seen, but not where the work is too small for that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from mfprofile.cost.conventions import CORE
from mfprofile.explore.chain import Chain, Chains
from mfprofile.explore.parts import WHOLE, Part, half_paths, parts_of
from mfprofile.explore.settings import GlobalSetting
from mfprofile.explore.space import Space

_SLICES = 256
_LARGE = 10_000_000  # the work of a chain that is worth splitting, in half paths of one sum
_SMALLEST = 1_000_000  # that of a part: less takes less time than its preparation
_LONG = 1_000_000  # half paths of a setting that is a slice of its own also among many
_MANY, _SLICE = 512, 64  # with more than 512 settings, a slice has at least 64: it is cheaper to count them together


class Job(NamedTuple):
    """A call of a query's function: on the chain of a setting, `at` by its index, or on a part of the chain.

    `inputs` are the other arguments.
    """

    at: int
    setting: GlobalSetting
    part: Part = WHOLE
    inputs: tuple[Any, ...] = ()


Slice: TypeAlias = Sequence[Job]
"""The jobs that a worker does at a time."""


def jobs_of(
    space: Space, settings: Sequence[GlobalSetting], inputs: Mapping[int, Any] | None = None, effort: int = 0
) -> list[Job]:
    """Return the jobs of a query: one for each setting, or for each with an input, or for each part of the chains.

    Chains are split where there are few settings and the work is large. `effort` is the work for each half path, in
    that of one sum; with 0 no chain is split.
    """
    if inputs is not None:
        return [Job(at, settings[at], WHOLE, (value,)) for at, value in inputs.items()]
    wanted = -(-_SLICES // max(1, len(settings)))
    if not effort or wanted < 2:
        return [Job(at, setting) for at, setting in enumerate(settings)]
    chains = _without_costs(space).each(settings)
    return [
        Job(at, setting, part)
        for at, (setting, chain) in enumerate(zip(settings, chains, strict=True))
        for part in _parts(chain, wanted, effort)
    ]


def slices_of(space: Space, settings: Sequence[GlobalSetting], jobs: Sequence[Job]) -> list[Slice]:
    """Return the jobs in slices, in order."""
    size = max(1, len(jobs) // _SLICES)
    if len(jobs) > _MANY and size < _SLICE and _half_paths(_without_costs(space).chain(settings[0])) < _LONG:
        size = _SLICE
    return [jobs[at : at + size] for at in range(0, len(jobs), size)]


def _without_costs(space: Space) -> Chains:
    return Chains(space, (), CORE)


def _parts(chain: Chain | None, wanted: int, effort: int) -> list[Part]:
    work = _half_paths(chain) * effort
    if chain is None or work < _LARGE:
        return [WHOLE]
    return parts_of(chain.links, min(wanted, work // _SMALLEST))


def _half_paths(chain: Chain | None) -> int:
    return 0 if chain is None else half_paths(chain.links)
