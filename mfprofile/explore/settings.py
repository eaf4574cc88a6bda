"""List the settings of a space: the assignments of its global choices. Every query visits each setting once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod
from typing import Any, NamedTuple

from mfprofile.errors import InputError
from mfprofile.explore.edges import Values, in_general
from mfprofile.explore.effects import Reads, block_reads, values_read
from mfprofile.explore.entries import UNKNOWN
from mfprofile.explore.space import Place, Space
from mfprofile.spec.entries import Breach
from mfprofile.spec.rules import breaches

MAX_SETTINGS = 100_000

_GROWING = {
    ("input",),
    ("width",),
    ("tokens", "count"),
    ("tokens", "dim"),
    ("mobile", "kernel"),
    ("former", "heads"),
    ("bridge", "heads"),
}
"""The global choices whose larger numbers cost more."""


class Rival(NamedTuple):
    """A setting before another one that can make some of the same networks.

    Everything that all variants read is equal in both, except for `width`. If they `agree`, everything that only blocks
    of Mobile-Former read is also equal, except for `mobile.kernel`. `refused` says that no variant of it is valid.
    """

    values: Values
    agrees: bool
    refused: bool


class GlobalSetting(NamedTuple):
    """One value of each global choice, and the earlier settings that can make some of the same networks.

    If the rules refuse the setting, `others` are those that differ from it only in values without effect: refused too.
    """

    values: Values
    rivals: tuple[Rival, ...] = ()
    others: tuple[Values, ...] = ()


def global_settings(space: Space) -> list[GlobalSetting]:
    """Return all different settings of the global choices, in the order of the values in the space.

    Of settings that differ only in values without effect, there is only the first that the rules allow. Raises
    `InputError` for more than `MAX_SETTINGS` combinations.
    """
    choices = space.global_choices
    number = prod(len(choice.values) for choice in choices)
    if number > MAX_SETTINGS:
        names = ", ".join(choice.name for choice in choices)
        raise InputError(
            f"{space.name}: {names} have {number:,} combinations of values, more than {MAX_SETTINGS:,}; "
            "give fewer values"
        )
    equal: dict[object, list[_Candidate]] = {}
    varying = places(space)
    fixed = _block_reads(space, [at for at in range(len(space.blocks)) if at not in varying], space.data)
    for values in product(*(choice.values for choice in choices)):
        assignment = {choice.path: value for choice, value in zip(choices, values, strict=True)}
        candidate = _candidate(space, varying, fixed, assignment)
        equal.setdefault((candidate.laid_out, candidate.read(candidate.most)), []).append(candidate)
    different = [_first_valid(candidates) for candidates in equal.values()]
    alike: dict[object, list[_Candidate]] = {}
    for candidate in different:
        alike.setdefault(candidate.read_by_all, []).append(candidate)
    rivals = {id(candidate): earlier for candidates in alike.values() for candidate, earlier in _rivals(candidates)}
    return [
        GlobalSetting(candidate.values, rivals[id(candidate)], _others(candidate, candidates))
        for candidate, candidates in zip(different, equal.values(), strict=True)
    ]


@dataclass(frozen=True, eq=False)
class _Candidate:
    """An assignment of the global choices.

    `data` is the space's mapping with it. `laid_out` has the text of each block of stride 2 that can be left out, or
    None without it. The blocks of a variant read at least `least` and at most `most`.
    """

    values: Values
    data: Mapping[str, Any]
    laid_out: tuple[str | None, ...]
    least: Reads
    most: Reads

    def read(self, reads: Reads) -> tuple[tuple[Place, Any], ...]:
        """Return the values with an effect if blocks read `reads`."""
        return tuple(values_read(self.data, reads).items())

    @cached_property
    def read_by_all(self) -> object:
        """Return what all variants read, without `width`."""
        return tuple(text is None for text in self.laid_out), _without_width(self.read(Reads.NOTHING))

    @cached_property
    def read_by_blocks(self) -> object:
        """Return what blocks of Mobile-Former read, without `width` and `mobile.kernel`."""
        return _without_width(self.read(Reads.SECTIONS))

    @cached_property
    def form(self) -> object:
        """Return what decides the sizes of the blocks."""
        return self.data.get("width", 1), self.laid_out

    @cached_property
    def kernel(self) -> object:
        """Return `mobile.kernel`, or None if no variant reads it."""
        return dict(self.read(self.most)).get(("mobile", "kernel"))

    @cached_property
    def refused(self) -> bool:
        """Return whether the rules refuse all variants."""
        return is_refused(self.data)


def places(space: Space) -> list[int]:
    """Return the indices of the entries of `blocks` with a global choice."""
    return sorted({choice.path[1] for choice in space.global_choices if choice.path[0] == "blocks"})  # type: ignore[misc]


def _block_reads(space: Space, places: Sequence[int], data: Mapping[str, Any]) -> tuple[Reads, Reads]:
    """Return the least and the most that the blocks of some entries can read together."""
    reads = [block_reads(data["blocks"][at], space.blocks[at]) for at in places]
    reads.append((Reads.NOTHING, Reads.NOTHING))
    return max(least for least, _ in reads), max(most for _, most in reads)


def _candidate(space: Space, varying: Sequence[int], fixed: tuple[Reads, Reads], values: Values) -> _Candidate:
    """Return the candidate of an assignment.

    `varying` are the entries with a global choice, and `fixed` is what the others read.
    """
    data: Mapping[str, Any] = space.data
    for path, value in values.items():
        data = _planted(data, path, value)
    laid_out = [None if data["blocks"][at].get("repeat") == 0 else repr(data["blocks"][at]) for at in varying]
    own = _block_reads(space, varying, data)
    return _Candidate(values, data, tuple(laid_out), max(fixed[0], own[0]), max(fixed[1], own[1]))


def _planted(inner: Any, path: Place, value: Any) -> Any:
    """Return a map or list with another value at a path; all else is shared with the original."""
    copy = inner.copy()
    copy[path[0]] = _planted(copy[path[0]], path[1:], value) if path[1:] else value
    return copy


def _without_width(values: tuple[tuple[Place, Any], ...]) -> tuple[tuple[Place, Any], ...]:
    return tuple(item for item in values if item[0] != ("width",))


def _first_valid(candidates: Sequence[_Candidate]) -> _Candidate:
    if len(candidates) == 1:
        return candidates[0]
    return next((candidate for candidate in candidates if not candidate.refused), candidates[0])


def _others(candidate: _Candidate, candidates: Sequence[_Candidate]) -> tuple[Values, ...]:
    """Return the values of the other candidates if the rules refuse all of them."""
    if len(candidates) == 1 or not candidate.refused:
        return ()
    return tuple(each.values for each in candidates if each is not candidate)


def _rivals(candidates: Sequence[_Candidate]) -> Iterator[tuple[_Candidate, tuple[Rival, ...]]]:
    """Yield candidates with their rivals, from those in which everything that all variants read is equal.

    There is one rival for all that make the same networks.
    """
    forms = {candidate.form for candidate in candidates}
    if len(candidates) == 1 or (len(forms) == 1 and all(each.least is Reads.KERNEL for each in candidates)):
        yield from ((candidate, ()) for candidate in candidates)
        return
    agreeing: dict[object, dict[object, Rival]] = {}
    others: dict[object, dict[object, Rival]] = {}
    for candidate in candidates:
        own, form = candidate.read_by_blocks, (candidate.form, candidate.refused)
        differing = [next((each for read, each in rivals.items() if read != own), None) for rivals in others.values()]
        if candidate.least > Reads.NOTHING:
            differing = []
        yield candidate, (*agreeing.get(own, {}).values(), *filter(None, differing))
        agreeing.setdefault(own, {}).setdefault(
            (form, candidate.kernel), Rival(candidate.values, True, candidate.refused)
        )
        if len(others.setdefault(form, {})) < 2:
            others[form].setdefault(own, Rival(candidate.values, False, candidate.refused))


def largest_setting(space: Space, setting: Values) -> dict[Place, Any]:
    """Return the setting with the largest value of each choice whose larger numbers cost more."""
    largest = dict(setting)
    for choice in space.global_choices:
        is_numeric = all(type(value) in (int, float) for value in choice.values)
        if choice.path in largest and choice.path in _GROWING and is_numeric:
            largest[choice.path] = max(choice.values)
    return largest


def is_refused(data: Mapping[str, Any]) -> bool:
    """Return whether a rule of specs refuses the setting for all widths."""
    return any(_breaches(data))


def refusing_rules(data: Mapping[str, Any]) -> frozenset[str]:
    """Return the rules, in general words, that refuse the setting for all widths."""
    return frozenset(in_general(breach.rule) for breach in _breaches(data))


def _breaches(data: Mapping[str, Any]) -> Iterator[Breach]:
    blocks = [{**block, "out": UNKNOWN, "exp": UNKNOWN, "kernel": UNKNOWN} for block in data["blocks"]]
    for block in blocks:
        block.pop("expand", None)
        block.pop("exp2", None)
        if block.get("repeat") == 0 and not (block["block"] == "mf-down" or block.get("stride") == 2):
            del block["repeat"]
    return breaches({**data, "stem": UNKNOWN, "blocks": blocks})
