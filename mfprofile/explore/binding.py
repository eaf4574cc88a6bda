"""Windows as far as they bind in one chain: sides that no path can miss are open, and windows without paths are seen.

The least and the greatest sum of a chain's paths decide that. Many windows do not bind in most chains: the tokens alone
decide about Former, so a window on it holds for all variants of a setting of the globals, or for none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from mfprofile.explore.chain import Chain
from mfprofile.explore.sums import extremes_to_end
from mfprofile.spec.quantities import Window

OPEN = Window(None, None)

Ranges: TypeAlias = list[tuple[int, int]]


def ranges(chain: Chain) -> Ranges:
    """Return, for each quantity, the least and the greatest sum of the chain's paths."""
    least, greatest = extremes_to_end(chain.links, [link.costs for link in chain.links])[0]
    return list(zip(least[:, 0].tolist(), greatest[:, 0].tolist(), strict=True))


def binding(windows: Sequence[Window], reach: Ranges) -> tuple[Window, ...] | None:
    """Return the windows with each side open that all paths keep, or None if a window excludes all paths.

    The windows are those of the first quantities of `reach`. The same paths are within them as before.

    >>> binding([Window(1, 7), Window(3, 5)], [(2, 9), (3, 4)])
    (Window(least=None, most=7), Window(least=None, most=None))
    """
    kept = []
    for (least, most), (low, high) in zip(windows, reach, strict=False):
        if (least is not None and high < least) or (most is not None and most < low):
            return None
        binds_below, binds_above = least is not None and low < least, most is not None and most < high
        kept.append(Window(least if binds_below else None, most if binds_above else None))
    return tuple(kept)
