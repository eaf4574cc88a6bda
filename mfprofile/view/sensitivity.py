"""The effect of each knob, as a table and for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, TypeAlias

from mfprofile.budget.sensitivity import Effect, Lever, Sensitivity
from mfprofile.cost.sums import Total
from mfprofile.spec.names import LATENCY, PILLARS
from mfprofile.view.bill import closing, heading, prediction
from mfprofile.view.head import head
from mfprofile.view.numbers import grouped, human, milliseconds, share
from mfprofile.view.tables import TEXT, Column, Form, Table, dumps, render

_Part: TypeAlias = tuple[int, int]
"""A pillar's part of a change, and the whole change."""


def sensitivity_text(sensitivity: Sensitivity, form: Form) -> str:
    """Return the effect of each knob in one of the four forms."""
    return (
        dumps(sensitivity_json(sensitivity))
        if form.name == "json"
        else render(sensitivity_table(sensitivity, form), form)
    )


def sensitivity_table(sensitivity: Sensitivity, form: Form = TEXT) -> Table:
    """Return a line for each step, grouped by knob unless the form sorts by a column.

    The pillars' shares are of the quantity of the sensitivity.
    """
    unit = sensitivity.bill.convention.unit
    sorted_by = {"madds": unit}.get(sensitivity.quantity, sensitivity.quantity)
    is_timed = sensitivity.bill.device is not None
    columns = [
        Column("knob", "knob"),
        Column("from", "from", right=True),
        Column("to", "to", right=True),
        Column("", name="note"),
        Column(unit, "madds", signed, right=True, short=signed_human),
        Column("params", "params", signed, right=True, short=signed_human),
        *([Column("ms", LATENCY, signed_ms, right=True)] if is_timed else []),
        Column("elast.", "elasticity", decimal, right=True, record=_float),
        *(
            Column(f"{pillar}\n%", f"{pillar}.{sensitivity.quantity}", _share, right=True, optional=1, record=_part)
            for pillar in PILLARS
        ),
    ]
    data = [_line(lever, effect, sensitivity.quantity) for lever in sensitivity.levers for effect in lever.effects]
    bill = sensitivity.bill
    order = "E" if form.sort else f"The knob that changes {sorted_by} most comes first; e"
    timed = f", {milliseconds(bill.latency)} ms" if is_timed else ""
    above = [
        heading(bill),
        *prediction(bill),
        f"Total: {grouped(bill.madds)} {unit} and {grouped(bill.params)} params{timed}. "
        "Each line is the change by one step of a knob.",
        f"{order}lasticity and the pillars' shares are of {sorted_by}.",
    ]
    return Table(columns, data, [], above, [*_notes(sensitivity), *closing(bill)])


def _line(lever: Lever, effect: Effect, quantity: str) -> list[Any]:
    whole = getattr(effect.change, quantity)
    parts = [(getattr(effect.pillars[pillar], quantity) or 0, whole) for pillar in PILLARS]
    change = effect.change
    return [
        lever.knob.name,
        lever.knob.value,
        effect.step.value,
        "*" if len(effect.step.settings) > 1 else "",
        change.madds,
        change.params,
        *([] if change.latency is None else [change.latency]),
        effect.elasticity(quantity),
        *parts,
    ]


def _notes(sensitivity: Sensitivity) -> list[str]:
    notes = ["elast.: elasticity, the change in percent for each percent that the knob is turned"]
    steps = [effect.step for lever in sensitivity.levers for effect in lever.effects]
    if any(len(step.settings) > 1 for step in steps):
        notes.append(
            "*: expansions that must be multiples of this width keep their ratio; --json lists each step's --set"
        )
    if fixed := [lever.knob.name for lever in sensitivity.levers if not lever.effects]:
        notes.append(f"No step is possible for {', '.join(fixed)}")
    return notes


def signed(number: int) -> str:
    """Return a change with its sign.

    >>> signed(1234), signed(-5), signed(0)
    ('+1,234', '-5', '0')
    """
    return f"{number:+,}" if number else "0"


def signed_human(number: int) -> str:
    """Return a change with its sign, rounded.

    >>> signed_human(1234), signed_human(-5), signed_human(0)
    ('+1.23k', '-5', '0')
    """
    return f"{'+' if number > 0 else ''}{human(number)}"


def signed_ms(nanoseconds: int) -> str:
    """Return a change of latency in milliseconds with its sign.

    >>> signed_ms(1_234_567), signed_ms(-5), signed_ms(0)
    ('+1.235', '-0.000', '0')
    """
    return f"{'+' if nanoseconds > 0 else ''}{milliseconds(nanoseconds)}" if nanoseconds else "0"


def decimal(ratio: Fraction) -> str:
    """Return an exact ratio rounded to two decimals.

    >>> decimal(Fraction(2, 3)), decimal(Fraction(-1, 3)), decimal(Fraction(1, 900))
    ('0.67', '-0.33', '0.00')
    """
    hundredths = round(ratio * 100)
    return f"{'-' if hundredths < 0 else ''}{abs(hundredths) // 100}.{abs(hundredths) % 100:02}"


def _float(ratio: Fraction | None) -> str:
    return "" if ratio is None else f"{float(ratio):.6f}"


def _share(part: _Part) -> str:
    """Return a pillar's part of a change in percent, '' for 0; it is negative where it runs against the whole."""
    return share(*map(abs, part)) if part[0] * part[1] > 0 else share(*part) if part[0] else ""


def _part(part: _Part) -> int:
    return part[0]


def sensitivity_json(sensitivity: Sensitivity) -> dict[str, Any]:
    """Return the effect of each knob for JSON: exact integers, an elasticity as numerator and denominator."""
    bill = sensitivity.bill
    return {
        **head(bill),
        "sort": sensitivity.quantity,
        "knobs": [
            {
                "knob": lever.knob.name,
                "value": _number(lever.knob.value),
                "down": None if lever.down is None else _effect_json(lever.down, sensitivity.quantities),
                "up": None if lever.up is None else _effect_json(lever.up, sensitivity.quantities),
            }
            for lever in sensitivity.levers
        ],
    }


def _effect_json(effect: Effect, quantities: Sequence[str]) -> dict[str, Any]:
    return {
        "value": _number(effect.step.value),
        "settings": list(effect.step.settings),
        **_totals(effect.after, quantities),
        "change": _totals(effect.change, quantities),
        "elasticity": {quantity: _ratio(effect.elasticity(quantity)) for quantity in quantities},
        "pillars": {name: _totals(total, quantities) for name, total in effect.pillars.items()},
    }


def _number(value: str) -> int | float:
    return int(value) if value.isdecimal() else float(value)


def _totals(total: Total, quantities: Sequence[str]) -> dict[str, int]:
    return {quantity: getattr(total, quantity) or 0 for quantity in quantities}


def _ratio(ratio: Fraction | None) -> list[int] | None:
    return None if ratio is None else [ratio.numerator, ratio.denominator]
