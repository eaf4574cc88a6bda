"""The distribution of a quantity over a space, as a table, CSV and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from mfprofile.cost.weights import Counting
from mfprofile.explore.count import Number
from mfprofile.explore.histogram import Bin, Histogram
from mfprofile.explore.quantity import Quantity
from mfprofile.explore.space import Space
from mfprofile.explore.unpriced import kinds_in, unpriced
from mfprofile.spec.quantities import Window
from mfprofile.view.head import SCHEMA
from mfprofile.view.numbers import grouped
from mfprofile.view.prediction import amount, not_priced, predicted_by, window_text, writer
from mfprofile.view.tables import Column, Table
from mfprofile.view.variants import counted_in, device_of

BOUNDS = "bounds: exact numbers need more memory than --ram"
_BAR = 24  # letters of the longest bar

Windows = Sequence[tuple[Quantity, Window]]


def distribution_table(space: Space, answer: Histogram, windows: Windows, convention: Counting) -> Table:
    """Return a line for each bin, with the share of variants up to its end; quantiles and budgets are below."""
    write, name = writer(answer.quantity.name), answer.quantity.name
    unit = " (ms)" if answer.quantity.is_timed else ""
    columns = [
        Column(f"{name}{unit}\nover", right=True, name="over"),
        Column("\nup to", right=True, name="up_to"),
        Column("\nvariants", right=True, name="variants"),
        Column("\n%", right=True, name="share"),
        Column("% up\nto here", right=True, name="share_up_to"),
        Column("", optional=1, name="bar", drawn=True),
    ]
    most = max((each.number.upper for each in answer.bins), default=1) or 1
    data = []
    for each in answer.bins:
        over, end = ("" if side is None else write(side) for side in each[:2])
        bar = "#" * round(_BAR * each.number.upper / most)
        data.append(
            [over, end, _text(each.number), percent(each.number, answer.size), percent(each.so_far, answer.size), bar]
        )
    within = "".join(f", {quantity.name} {window_text(quantity.name, window)}" for quantity, window in windows)
    above = [
        f"{space.name}{within}: {_text(answer.size)} variants; MAdds in convention '{convention}'",
        *predicted_by(device_of(convention), kinds_in(space, device_of(convention))),
    ]
    below = [*map(_quantile_line, *_twice(answer, answer.quantiles)), *map(_below_line, *_twice(answer, answer.below))]
    below += [] if answer.exact else [BOUNDS]
    return Table(columns, data, (), above, [*below, *not_priced(unpriced(space, device_of(convention)))])


def _twice(answer: Histogram, pairs: Sequence[Any]) -> tuple[list[Histogram], Sequence[Any]]:
    return [answer] * len(pairs), pairs


def _quantile_line(answer: Histogram, quantile: tuple[Fraction, Number]) -> str:
    share, at = quantile
    name = answer.quantity.name
    between = " to ".join(dict.fromkeys([amount(name, at.lower), amount(name, at.upper)]))
    if not share:
        return f"least: {between}"
    return f"greatest: {between}" if share == 100 else f"{_percentage(share)} % of the variants: at most {between}"


def _below_line(answer: Histogram, below: tuple[int, Number]) -> str:
    most, number = below
    share = percent(number, answer.size)
    return f"at most {amount(answer.quantity.name, most)}: {_text(number)} variants, {share} %"


def distribution_csv(answer: Histogram) -> Table:
    """Return the records for CSV: bins, then budgets, then quantiles; times are in nanoseconds."""
    keys = ("kind", "percent", "over", "up_to", "variants")
    data: list[list[Any]] = [["bin", None, each.over, each.up_to, _record(each.number)] for each in answer.bins]
    data += [["below", None, None, most, _record(number)] for most, number in answer.below]
    data += [["quantile", _percentage(share), None, _record(at), None] for share, at in answer.quantiles]
    return Table([Column(key, key) for key in keys], data)


def distribution_json(space: Space, answer: Histogram, windows: Windows, convention: Counting) -> dict[str, Any]:
    """Return a distribution for JSON: exact figures, or null where only bounds are known."""
    return {
        "schema": SCHEMA,
        "space": space.name,
        **counted_in(space, convention),
        "quantity": answer.quantity.name,
        "windows": {each.name: {"least": window.least, "most": window.most} for each, window in windows},
        **_json("variants", answer.size),
        "bins": [_bin_json(each) for each in answer.bins],
        "below": [{"amount": most, **_json("variants", number)} for most, number in answer.below],
        "quantiles": [{"percent": float(share), **_json("amount", at)} for share, at in answer.quantiles],
    }


def _bin_json(each: Bin) -> dict[str, Any]:
    so_far = _json("variants", each.so_far)
    return {"over": each.over, "up_to": each.up_to, **_json("variants", each.number), "so_far": so_far}


def _json(name: str, number: Number) -> dict[str, Any]:
    exact = number.lower if number.exact else None
    return {name: exact, "exact": number.exact, "lower": number.lower, "upper": number.upper}


def percent(part: Number, whole: Number) -> str:
    """Return a share in percent to three digits, or two with a dash between them if it is not known exactly."""
    if not whole.upper:
        return "–"
    low = f"{100 * part.lower / whole.upper:.3g}"
    high = f"{min(100.0, 100 * part.upper / max(1, whole.lower)):.3g}"
    return low if low == high else f"{low}–{high}"


def _percentage(share: Fraction) -> str:
    return f"{float(share):g}"


def _text(number: Number) -> str:
    return grouped(number.lower) if number.exact else f"{grouped(number.lower)} to {grouped(number.upper)}"


def _record(number: Number) -> Any:
    return number.lower if number.exact else f"{number.lower}:{number.upper}"
