"""Whole numbers as text. Figures are rounded only for display, never in sums or comparisons."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from itertools import count

_UNITS = ((10**9, "G"), (10**6, "M"), (10**3, "k"))


def grouped(number: int) -> str:
    """Return the exact number with its digits in groups of three.

    >>> grouped(286732160)
    '286,732,160'
    """
    return f"{number:,}"


def milliseconds(nanoseconds: int, digits: int = 3) -> str:
    """Return a time in milliseconds with three decimals, or with other `digits`.

    >>> milliseconds(18_512_345), milliseconds(-499)
    ('18.512', '-0.000')
    """
    return f"{nanoseconds / 10**6:,.{digits}f}"


def rough(number: int) -> str:
    """Return a number to one digit and a power of ten, or exact below a million; numbers can have any length.

    >>> rough(4860), rough(39_582_418_599_936)
    ('4,860', '4·10^13')
    """
    if abs(number) < 10**6:
        return grouped(number)
    digit, power = f"{Decimal(number):.0e}".split("e+")
    return f"{digit}·10^{power}"


def human(number: int) -> str:
    """Return the number with two decimals and its unit, or exact below 1000.

    >>> human(286732160), human(11422648), human(464), human(-999_999)
    ('286.73M', '11.42M', '464', '-1.00M')
    """
    for unit, letter in _UNITS:
        hundredths = (abs(number) * 100 + unit // 2) // unit
        if hundredths >= 100:
            sign = "-" if number < 0 else ""
            return f"{sign}{hundredths // 100}.{hundredths % 100:02}{letter}"
    return str(number)


def relative(difference: int, to: int) -> str:
    """Return a signed difference in percent, with enough digits not to read as 0; '' if it is a part of 0.

    >>> relative(12_416, 294_000_000), relative(-25, 1000), relative(0, 3), relative(3, 0)
    ('+0.004 %', '-2.5 %', '0 %', '')
    """
    if not difference or not to:
        return "" if difference else "0 %"
    digits = 1
    while (2 * abs(difference) * 10 ** (digits + 2) + to) // (2 * to) == 0:
        digits += 1
    scaled = (2 * abs(difference) * 10 ** (digits + 2) + to) // (2 * to)
    return f"{'+' if difference > 0 else '-'}{scaled // 10**digits:,}.{scaled % 10**digits:0{digits}} %"


def share(part: int, whole: int) -> str:
    """Return a part of a whole in percent, or a dash if the whole is 0.

    >>> share(1, 8), share(0, 0)
    ('12.5', '–')
    """
    return f"{100 * part / whole:.1f}" if whole else "–"


def share_beside(part: int, whole: int, bound: Fraction) -> str:
    """Return a part of a whole in percent, with enough digits not to read as another share, `bound`.

    >>> share_beside(1001, 10_000, Fraction(1, 10)), share_beside(3, 30, Fraction(1, 10))
    ('10.01', '10.0')
    """
    digits = 1
    while True:
        scaled = (2 * part * 10 ** (digits + 2) + whole) // (2 * whole)
        if Fraction(scaled, 10 ** (digits + 2)) != bound or Fraction(part, whole) == bound:
            return f"{scaled // 10**digits}.{scaled % 10**digits:0{digits}}"
        digits += 1


def change(new: int, old: int, written: Callable[[int], str] = grouped) -> str:
    """Return the signed difference: exact and, if the old number is not 0, in percent, with one decimal that is not 0.

    `written` is how the difference is written.

    >>> change(5, 4), change(3, 5000), change(3, 3), change(3, 0), change(9997, 10_000)
    ('+1 (+25.0 %)', '-4,997 (-99.9 %)', '=', '+3', '-3 (-0.03 %)')
    """
    if new == old:
        return "="
    signed = f"{'+' if new > old else '-'}{written(abs(new - old))}"
    return f"{signed} ({_percent(new, old)})" if old else signed


def change_in_percent(new: int, old: int, written: Callable[[int], str] = human) -> str:
    """Return the signed difference in percent alone; one to 0 as it is `written`.

    >>> change_in_percent(5, 4), change_in_percent(3, 3), change_in_percent(30_000, 0)
    ('+25.0 %', '=', '+30.00k')
    """
    return _percent(new, old) if old and new != old else change(new, old, written)


def percentage(new: int, old: int) -> str:
    """Return the signed difference in percent, for a column of nothing else: one of 0 has a decimal, one to 0 a dash.

    >>> percentage(5, 4), percentage(3, 3), percentage(30_000, 0)
    ('+25.0 %', '0.0 %', '–')
    """
    if new == old:
        return "0.0 %"
    return _percent(new, old) if old else "–"


def _percent(new: int, old: int) -> str:
    share = 100 * (new - old) / old
    digits = next(digits for digits in count(1) if round(share, digits))
    return f"{share:+.{digits}f} %"
