"""The results of queries of a space, as tables and for JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from mfprofile.cost.weights import Counting
from mfprofile.errors import InputError
from mfprofile.explore.count import Number, SpaceCount, about_size, count_space
from mfprofile.explore.estimate import CONFIDENCE, Estimate
from mfprofile.explore.invalid import broken_rules
from mfprofile.explore.nearest import Nearest
from mfprofile.explore.quantity import Quantity
from mfprofile.explore.space import Space, read_space
from mfprofile.explore.unpriced import kinds_in, unpriced
from mfprofile.explore.variant import Variant
from mfprofile.spec.quantities import Window
from mfprofile.spec.sources import about, shipped
from mfprofile.spec.words import several
from mfprofile.view.forbidden import skipped_json, skipped_lines
from mfprofile.view.head import SCHEMA
from mfprofile.view.numbers import grouped, rough
from mfprofile.view.prediction import amount, not_priced, predicted_by, window_text
from mfprofile.view.tables import Column, Table
from mfprofile.view.variants import counted_in, device_of, in_words, variant_json

_MOST_RULES = 3

Windows = Sequence[tuple[Quantity, Window]]


def spaces_table() -> Table:
    """Return a table of the shipped spaces with their numbers of variants."""
    columns = [
        Column("space", "name"),
        Column("variants", "variants", grouped, right=True),
        Column("about", "about", wraps=True),
    ]
    data = [[name, count_space(read_space(name)).size, about(file)] for name, file in shipped("spaces").items()]
    return Table(columns, data)


def estimated_size(space: Space) -> str:
    """Return about how many variants a space has, in words, or '' if it has no valid setting."""
    try:
        size = about_size(space)
    except InputError:  # the query itself reports it
        return ""
    return f"about {rough(size)} variants" if size else ""


def counted_json(
    space: Space,
    counted: SpaceCount,
    windows: Windows,
    convention: Counting,
    near: Mapping[str, Nearest],
    estimate: Estimate | None = None,
) -> dict[str, Any]:
    """Return a count for JSON: exact figures, or null where only bounds are known."""
    nearest = {
        quantity: {
            "below": _nullable(sides.below),
            "above": _nullable(sides.above),
            "known": sides.known,
            **({"left_open": list(sides.left_open)} if sides.left_open else {}),
        }
        for quantity, sides in near.items()
    }
    return {
        "schema": SCHEMA,
        "space": space.name,
        **counted_in(space, convention),
        "size": counted.size,
        "left_out": counted.skipped,
        "forbidden": skipped_json(space, counted.skipped),
        **_number(counted.within),
        **({"estimate": {**asdict(estimate), "confidence": CONFIDENCE}} if estimate else {}),
        "windows": {
            quantity.name: {
                "least": window.least,
                "most": window.most,
                **_number(counted.alone[quantity.name]),
                "excludes": _excludes(counted.size, counted.alone[quantity.name]),
            }
            for quantity, window in windows
        },
        **({"nearest": nearest} if near else {}),
        **({} if counted.size else {"broken_rules": [str(problem) for problem in broken_rules(space)]}),
    }


def _nullable(variant: Variant | None) -> dict[str, Any] | None:
    return None if variant is None else variant_json(variant)


def _number(number: Number) -> dict[str, Any]:
    within = number.lower if number.exact else None
    return {"within": within, "exact": number.exact, "lower": number.lower, "upper": number.upper}


def _excludes(size: int, within: Number) -> dict[str, Any]:
    return {"lower": size - within.upper, "upper": size - within.lower}


def counted_table(
    space: Space,
    counted: SpaceCount,
    windows: Windows,
    convention: Counting,
    near: Mapping[str, Nearest],
    estimate: Estimate | None = None,
) -> Table:
    """Return a count as a table: a line for each window alone, then one for all windows together.

    Without windows, the first line above the table says everything.
    """
    columns = [
        Column("window", "window"),
        Column("variants within", "within", _bounds, right=True, record=_recorded),
        Column("%", right=True, name="share"),
        Column("removed by it alone", "excluded", _bounds, right=True, record=_recorded),
    ]
    data = []
    for quantity, window in windows:
        within = counted.alone[quantity.name]
        data.append([f"{quantity.name} {window_text(quantity.name, window)}", *_line(within, counted.size)])
    if not windows:  # a query of the size alone
        size = f"{space.name}: {several(counted.size, 'variant')}"
        return Table(columns, [["all", *_line(counted.within, counted.size)]], (), [size, *_skipped(space, counted)])
    whole = ["all together", *_line(counted.within, counted.size)]
    above = [
        f"{space.name}: {several(counted.size, 'variant')}; MAdds in convention '{convention}'",
        *predicted_by(device_of(convention), kinds_in(space, device_of(convention))),
        *_skipped(space, counted),
    ]
    below = [] if counted.within.exact else [_bounds_note(windows)]
    below += [_estimate_line(estimate)] if estimate else []
    below += not_priced(unpriced(space, device_of(convention)))
    below += [_nearest_line(quantity, sides, len(near) > 1) for quantity, sides in near.items()]
    return Table(columns, data, [[whole]], above, below)


def _skipped(space: Space, counted: SpaceCount) -> list[str]:
    """Return lines on the invalid combinations, and on the first one if all are invalid. Each rule is written once."""
    lines = skipped_lines(space, counted.skipped)
    if counted.size:
        return lines
    broken = [str(problem) for problem in broken_rules(space)][:_MOST_RULES]
    return [*(line for line in lines if not any(rule in line for rule in broken)), *_invalid(space)]


def _bounds_note(windows: Windows) -> str:
    more = ", or fewer windows that bind at the same time" if len(windows) > 2 else ""
    return f"bounds: exact numbers need more memory than --ram{more}"


def _estimate_line(estimate: Estimate) -> str:
    interval = f"{grouped(estimate.lower)} to {grouped(estimate.upper)} with {100 * CONFIDENCE:.0f} % confidence"
    return (
        f"estimate of all together: {grouped(estimate.within)} ({interval}), from {grouped(estimate.drawn)} fair draws"
    )


def none_within(space: Space, windows: Windows, convention: Counting, near: Mapping[str, Nearest]) -> str:
    """Return the message that a space has no variant within the windows, with the nearest ones, as `count` has them.

    If it has no variant at all, the message says which rules its first combination of choices breaks.
    """
    has_near = any(sides.below or sides.above or not sides.known for sides in near.values())
    if not has_near and not count_space(space).size:
        first = f"{space.name}: has no variant: each combination of its choices is invalid"
        return "\n".join([first, *_invalid(space)])
    what = "these windows" if len(windows) > 1 else "the window"
    lines = [_nearest_line(quantity, sides, len(near) > 1) for quantity, sides in near.items()]
    lines += _excluding_line(windows, near)
    first = f"{space.name}: no variant is within {what}; MAdds in convention '{convention}'"
    return "\n".join([first, *predicted_by(device_of(convention), kinds_in(space, device_of(convention))), *lines])


def _invalid(space: Space) -> list[str]:
    """Return lines with the rules that the first combination of a space's choices breaks."""
    lines = [str(problem) for problem in broken_rules(space)]
    more = [f"… and {len(lines) - _MOST_RULES:,} more"] if len(lines) > _MOST_RULES else []
    return [*(f"the first combination breaks a rule: {line}" for line in lines[:_MOST_RULES]), *more]


def _excluding_line(windows: Windows, near: Mapping[str, Nearest]) -> list[str]:
    """Return the line on which of several windows excludes most variants by itself."""
    numbers = {quantity.name: near[quantity.name].excluded for quantity, _ in windows}
    known = {name: number for name, number in numbers.items() if number is not None}
    if not known:
        return []
    quantity, window = max(windows, key=lambda each: known[each[0].name].lower)
    return [
        f"{quantity.name} {window_text(quantity.name, window)} excludes most: {_bounds(known[quantity.name])} variants"
    ]


def _nearest_line(quantity: str, sides: Nearest, others: bool) -> str:
    """Return the line on the variants closest to an empty window."""
    place = f"nearest in {quantity}{' within the other windows' if others else ''}"
    if sides.left_open:
        place += f", with {' and '.join(sides.left_open)} left open"
    if not sides.known:
        return f"{place}: unknown, it needs more memory than --ram"
    variants = [
        f"{amount(quantity, variant.figures[quantity])} ({in_words(variant)})"
        for variant in (sides.below, sides.above)
        if variant is not None
    ]
    return f"{place}: {' and '.join(variants) or 'none'}"


def _line(within: Number, size: int) -> list[Any]:
    return [within, _percent(within, size), Number(size - within.upper, size - within.lower)]


def _bounds(number: Number) -> str:
    return grouped(number.lower) if number.exact else f"{grouped(number.lower)} to {grouped(number.upper)}"


def _recorded(number: Number) -> Any:
    return number.lower if number.exact else f"{number.lower}:{number.upper}"


def _percent(within: Number, size: int) -> str:
    """Return the share in percent to three digits, so that a very small one does not read as 0."""
    if not size:
        return "–"
    low, high = (f"{100 * part / size:.3g}" for part in (within.lower, within.upper))
    return low if low == high else f"{low}–{high}"
