"""What formulas that are not mfprofile's counted in a run. Reading this needs no torch."""

from __future__ import annotations

from dataclasses import dataclass

from mfprofile.cost.kinds import OWN
from mfprofile.cost.subject import Remark
from mfprofile.spec.words import several


@dataclass(frozen=True, slots=True)
class Use:
    """What a formula counted in a run: how often it was called, for how many multiply-adds.

    `source` is `own` for a formula of the user, `registered` for one of torch's registry. `free` is how often it
    returned None. `odd` is the number of FLOPs that are half a multiply-add, one for each odd result.
    """

    operator: str
    source: str
    function: str
    place: str
    calls: int = 0
    madds: int = 0
    free: int = 0
    odd: int = 0
    replaces: bool = False

    @property
    def remark(self) -> Remark:
        """Return a sentence on the operator: whose formula counted it, how often, and how much."""
        whose = "your formula" if self.source == OWN else "a formula of torch's registry"
        instead = " instead of mfprofile's rule" if self.replaces else ""
        halves = f"; {several(self.odd, 'odd FLOP')} {'is' if self.odd == 1 else 'are'} not counted" if self.odd else ""
        amount = "nothing to count" if self.free == self.calls else several(self.madds, "multiply-add")
        return Remark(
            f"{self.operator} is counted by {whose}{instead}, {self.function} at {self.place}: "
            f"{several(self.calls, 'time')}, {amount}{halves}"
        )
