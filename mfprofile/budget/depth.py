"""Depth as one number: how many stride-1 mf blocks a variant has, and which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from mfprofile.spec.model import MAX_BLOCKS, MAX_REPEAT, Spec


@dataclass(frozen=True, slots=True)
class _Entry:
    """An mf entry of `blocks`: its number, its stage, its number of repeats and the least number allowed."""

    number: int
    stage: int
    repeat: int
    least: int


class Depths:
    """The depths that a spec can have: numbers of stride-1 mf blocks, and which blocks those are.

    As a multiplier m grows, a stage with n blocks gets m·n, rounded half up. If several stages would grow at the same
    m, the deepest grows first. So depths are one block apart, and each contains the one before. A stage grows by its
    last mf entry. It shrinks from the last entry backward, but keeps the blocks that change the width, whose input and
    output channels differ.
    """

    def __init__(self, spec: Spec) -> None:
        entries = list(_entries(spec))
        self.current = sum(entry.repeat for entry in entries)
        self._stages = {
            stage: [entry for entry in entries if entry.stage == stage] for stage in {entry.stage for entry in entries}
        }
        self._fixed = Counter({stage: sum(entry.least for entry in group) for stage, group in self._stages.items()})
        self._order = _order(self._stages)
        others = sum(block.repeat for block in spec.blocks) - sum(entry.repeat for entry in entries)
        least = self._fixed.total()
        most = min(least + len(self._order), MAX_BLOCKS - others)
        self.totals = range(least if least + others else 1, most + 1) if entries else range(0)
        """The depths, from the least to the most in steps of one; empty without an mf block."""

    def repeats(self, total: int) -> dict[str, int]:
        """Return the new `repeat` of each entry that a depth changes, by key."""
        target = self._fixed + Counter(self._order[: total - self._fixed.total()])
        changes = {}
        for stage, entries in self._stages.items():
            more = target[stage] - sum(entry.repeat for entry in entries)
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
    """Return the stages in the order in which they get one more block, starting from the least depth."""
    steps = []
    for stage, entries in stages.items():
        current, least = sum(entry.repeat for entry in entries), sum(entry.least for entry in entries)
        most = current + MAX_REPEAT - entries[-1].repeat
        steps += [(Fraction(2 * count - 1, 2 * current), -stage) for count in range(least + 1, most + 1)]
    return [-stage for _, stage in sorted(steps)]
