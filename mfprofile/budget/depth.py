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


class Depths:
    """The depths that a spec can have: numbers of stride-1 mf blocks, and which blocks those are.

    As a multiplier m grows, a stage that has n of them gets m·n, rounded halves up; of stages that would grow at the
    same m the deepest comes first, so that depths are one block apart and each holds the one before. A stage grows by
    its last mf entry. It shrinks from its last one backward, and keeps what changes the width: those blocks whose input
    and output channels differ.
    """

    def __init__(self, spec: Spec) -> None:
        entries = list(_entries(spec))
        self.present = sum(entry.repeat for entry in entries)
        self._stages = {stage: [one for one in entries if one.stage == stage] for stage in {e.stage for e in entries}}
        self._fixed = Counter({stage: sum(entry.least for entry in found) for stage, found in self._stages.items()})
        self._order = _order(self._stages)
        others = sum(block.repeat for block in spec.blocks) - sum(entry.repeat for entry in entries)
        least = self._fixed.total()
        most = min(least + len(self._order), MAX_BLOCKS - others)
        self.totals = range(least if least + others else 1, most + 1) if entries else range(0)
        """The depths, rising, one apart; none without an mf block."""

    def repeats(self, total: int) -> dict[str, int]:
        """Return the new `repeat` of each entry that a depth changes, by key."""
        wanted = self._fixed + Counter(self._order[: total - self._fixed.total()])
        changes = {}
        for stage, entries in self._stages.items():
            more = wanted[stage] - sum(entry.repeat for entry in entries)
            for entry in reversed(entries):
                change = more if more > 0 else max(more, entry.least - entry.repeat)
                more -= change
                if change:
                    changes[entry.number] = entry.repeat + change
        return {f"blocks.{number}.repeat": changes[number] for number in sorted(changes)}


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
