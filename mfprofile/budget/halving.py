"""Search by halving for the first step at which a condition holds, if it also holds at all later steps."""

from __future__ import annotations

from collections.abc import Callable


def first_true(count: int, holds: Callable[[int], bool | None]) -> int:
    """Return the first of 0 … count - 1 at which `holds` is true, or `count`. Steps at which it is None are skipped.

    Once true, it must stay true. The search goes up in growing steps, so that far steps need not be computed, and then
    halves the last step.

    >>> first_true(1000, lambda at: None if at % 2 else at * at >= 300)
    18
    """
    low, stride = 0, 1
    while low < count:
        high = min(count, low + stride)
        last = next((at for at in reversed(range(low, high)) if holds(at) is not None), None)
        if last is not None and holds(last):
            return _halve(low, last, holds)
        low, stride = high, 2 * stride
    return count


def _halve(low: int, last: int, holds: Callable[[int], bool | None]) -> int:
    """Return the first step from `low` to `last` at which `holds` is true. It is true at `last`."""
    high = last
    while low < high:
        middle = (low + high) // 2
        at = next((at for at in range(middle, high) if holds(at) is not None), None)
        if at is not None and not holds(at):
            low = at + 1
        else:
            high, last = middle, last if at is None else at
    return last
