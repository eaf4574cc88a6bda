"""Depth as one number: how many stride-1 mf blocks a variant has, and which those are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from mfprofile.spec.model import MAX_BLOCKS, MAX_REPEAT, Spec


@dataclass(frozen=True, slots=True)
class _Entry:
    """An mf entry of `blocks`: its number, its stage, how often it stands there, and how often it must."""

    number: int
    stage: int
    repeat: int
    least: int


def repeats(spec: Spec) -> Mapping[int, Mapping[str, int]]:
    """Return for each depth that can be had the `repeat` of each entry that it changes, by key; empty without mf.

    Depth is the number of stride-1 mf blocks. As a multiplier m grows, a stage that has n of them gets m·n, rounded
    halves up; of stages that would grow at the same m the deepest comes first, so that depths are one block apart and
    each holds the one before. A stage grows by its last mf entry. It shrinks from its last one backward, and keeps what
    changes the width: those blocks whose input and output channels differ.
    """
    stages: dict[int, list[_Entry]] = {}
    for entry in _entries(spec):
        stages.setdefault(entry.stage, []).append(entry)
    if not stages:
        return {}
    fixed = Counter({stage: sum(entry.least for entry in found) for stage, found in stages.items()})
    others = sum(block.repeat for block in spec.blocks) - sum(entry.repeat for entry in _entries(spec))
    found, total = {}, fixed.copy()
    order = [None, *_order(stages)]
    for stage in order[: MAX_BLOCKS - others - fixed.total() + 1]:
        total.update([stage] if stage is not None else [])
        if total.total() + others:
            found[total.total()] = _changes(stages, total)
    return found


def _entries(spec: Spec) -> Iterator[_Entry]:
    inputs, stage = spec.stem, 1
    for number, block in enumerate(spec.blocks, start=1):
        if not block.repeat:
            continue
        outputs = inputs if block.out is None else block.out
        stage += block.halves
        if block.block == "mf":
            yield _Entry(number, stage, block.repeat, least=0 if inputs == outputs else 1)
        inputs = outputs


def _order(stages: Mapping[int, list[_Entry]]) -> list[int]:
    """Return the stages in the order in which they get a block more, from the fewest that they can have."""
    steps = []
    for stage, found in stages.items():
        present, least = sum(entry.repeat for entry in found), sum(entry.least for entry in found)
        most = present + MAX_REPEAT - found[-1].repeat
        steps += [(Fraction(2 * count - 1, 2 * present), -stage) for count in range(least + 1, most + 1)]
    return [-stage for _, stage in sorted(steps)]


def _changes(stages: Mapping[int, list[_Entry]], total: Counter[int]) -> dict[str, int]:
    changes = {}
    for stage, entries in stages.items():
        more = total[stage] - sum(entry.repeat for entry in entries)
        for entry in reversed(entries):
            change = more if more > 0 else max(more, entry.least - entry.repeat)
            if change:
                changes[f"blocks.{entry.number}.repeat"] = entry.repeat + change
            more -= change
    return changes
