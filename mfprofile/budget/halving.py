"""The one search by halving: the first of many steps at which something holds, where it holds from there on."""

from __future__ import annotations

from collections.abc import Callable


def first_true(count: int, holds: Callable[[int], bool | None]) -> int:
    """Return the least of 0 … count - 1 at which `holds` is true, or `count`; where it is None, it is passed over.

    It must stay true once it is. Asked are first ever larger steps up, so that what is far off need not be known, then
    halves of the last step.

    >>> first_true(1000, lambda at: None if at % 2 else at * at >= 300)
    18
    """
    low, stride = 0, 1
    while low < count:
        high = min(count, low + stride)
        last = next((at for at in reversed(range(low, high)) if holds(at) is not None), None)
        if last is not None and holds(last):
            return _halved(low, last, holds)
        low, stride = high, 2 * stride
    return count


def _halved(low: int, last: int, holds: Callable[[int], bool | None]) -> int:
    """Return the least at which `holds` is true, from `low` to `last`, where it is."""
    high = last
    while low < high:
        middle = (low + high) // 2
        at = next((at for at in range(middle, high) if holds(at) is not None), None)
        if at is not None and not holds(at):
            low = at + 1
        else:
            high, last = middle, last if at is None else at
    return last
