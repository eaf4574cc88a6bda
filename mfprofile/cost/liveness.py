"""Liveness: which buffers are live while each step of a run is running.

A buffer is live from the step that puts it out to the last step that reads it. What the network returns is live to the
end. A step needs what it reads and what it puts out at the same time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Step(NamedTuple):
    """A step of a run: its name, the bytes that it moves, and the numbers of the buffers that it reads and puts out.

    Its output replaces the buffers in `overwrites` that no later step reads. With `runs=False` it is not counted as
    running, as a table of parameters.
    """

    name: str
    moved: int
    reads: Sequence[int]
    puts: Sequence[int]
    overwrites: Sequence[int] = ()
    runs: bool = True


@dataclass(frozen=True, slots=True)
class Timeline:
    """The steps of a run in running order, and the size of each buffer in bytes.

    `returned` are the buffers that are live to the end, and `before` those that are live when the run begins.
    """

    steps: Sequence[Step]
    sizes: Mapping[int, int]
    returned: frozenset[int]
    before: Sequence[int] = ()

    def live(self) -> Iterator[tuple[int, Mapping[int, int]]]:
        """Yield for each step the bytes that are live while it runs: in total, and by buffer, oldest first.

        The mapping is the same object in each iteration; it changes after the next step.
        """
        last = self._last_steps()
        ending: dict[int, list[int]] = {}
        for buffer, number in last.items():
            ending.setdefault(number, []).append(buffer)
        live = {buffer: self.sizes[buffer] for buffer in self.before}
        total = sum(live.values())
        for number, step in enumerate(self.steps):
            total -= sum(live.pop(buffer, 0) for buffer in step.overwrites if last[buffer] == number)
            new = {buffer: self.sizes[buffer] for buffer in step.puts if buffer not in live}
            live |= new
            total += sum(new.values())
            yield (total if step.runs else 0), live
            total -= sum(live.pop(buffer, 0) for buffer in ending.get(number, ()))

    def peak(self) -> tuple[int, int, Mapping[int, int]]:
        """Return the maximum of live bytes, the first step at which it occurs, and the bytes by buffer there."""
        most, at, buffers = 0, 0, dict[int, int]()
        for number, (total, live) in enumerate(self.live()):
            if total > most:
                most, at, buffers = total, number, dict(live)
        return most, at, buffers

    def names(self) -> Mapping[int, str]:
        """Return the name of the step that first puts out each buffer."""
        firsts: dict[int, str] = {}
        for step in self.steps:
            for buffer in step.puts:
                firsts.setdefault(buffer, step.name)
        return firsts

    def _last_steps(self) -> dict[int, int]:
        """Return the last step that reads or puts out each buffer. What the network returns never ends."""
        last = dict[int, int]()
        for number, step in enumerate(self.steps):
            last |= dict.fromkeys((*step.puts, *step.reads), number)
        return last | dict.fromkeys(self.returned, len(self.steps))
