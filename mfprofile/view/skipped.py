"""What a tool skips along with parameters, as text."""

from __future__ import annotations

from mfprofile.cost.bill import Bill
from mfprofile.cost.missed import Missed, missed
from mfprofile.cost.tree import SELF
from mfprofile.spec.words import listed
from mfprofile.view.numbers import grouped, human
from mfprofile.view.values import MOST_NAMED


def skipped_modules(bill: Bill) -> str:
    """Return what a tool misses where it skips parameters, such as `attention (MultiheadAttention): 16,640 params`.

    Return '' if that does not sum to the parameters that it skips, as with tied ones, which a tool counts twice.
    """
    each = missed(bill)
    if sum(one.params for one in each) != bill.params - bill.counted_params:
        return ""
    return "; ".join(map(_skipped, each))


def _skipped(one: Missed) -> str:
    madds = f"{human(one.madds)} MAdds, " if one.madds else ""
    paths = listed((path or SELF for path in one.paths), MOST_NAMED)
    return f"{paths} ({one.kind}): {madds}{grouped(one.params)} params"
