"""What each knob is worth, as a table and as JSON."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, TypeAlias

from mfprofile.budget.sensitivity import QUANTITIES, Effect, Lever, Sensitivity
from mfprofile.cost.sums import Total
from mfprofile.spec.names import PILLARS
from mfprofile.view.bill import closing, heading
from mfprofile.view.head import head
from mfprofile.view.numbers import grouped, share
from mfprofile.view.tables import Column, Form, Table, dumps, render

_Part: TypeAlias = tuple[int, int]
"""What a pillar has of a change, and the whole change."""


def sensitivity_text(found: Sensitivity, form: Form) -> str:
    """Return what each knob is worth in one of the four forms."""
    return dumps(sensitivity_json(found)) if form == "json" else render(sensitivity_table(found), form)


def sensitivity_table(found: Sensitivity) -> Table:
    """Return a line for each step, those of a knob together; the pillars' shares are of the quantity sorted by."""
    unit = found.bill.convention.unit
    sorted_by = unit if found.quantity == "madds" else "params"
    columns = [
        Column("knob", "knob"),
        Column("from", "from", right=True),
        Column("to", "to", right=True),
        Column(""),
        Column(unit, "madds", signed, right=True),
        Column("params", "params", signed, right=True),
        Column("elast.", "elasticity", decimal, right=True, record=_float),
        *(
            Column(f"{pillar}\n%", f"{pillar}.{found.quantity}", _share, right=True, optional=True, record=_part)
            for pillar in PILLARS
        ),
    ]
    data = [_line(lever, effect, found.quantity) for lever in found.levers for effect in lever.effects]
    above = [
        heading(found.bill),
        f"In all {grouped(found.bill.madds)} {unit} and {grouped(found.bill.params)} params. What one step of each "
        "knob adds to them or takes away,",
        f"the knob that changes most {sorted_by} first; elasticity and the pillars' shares are of the {sorted_by}.",
    ]
    return Table(columns, data, [], above, [*_notes(found), *closing(found.bill)])


def _line(lever: Lever, effect: Effect, quantity: str) -> list[Any]:
    whole = getattr(effect.change, quantity)
    parts = [(getattr(effect.pillars[pillar], quantity), whole) for pillar in PILLARS]
    change = effect.change
    return [
        lever.knob.name,
        lever.knob.value,
        effect.step.value,
        "*" if len(effect.step.settings) > 1 else "",
        change.madds,
        change.params,
        effect.elasticity(quantity),
        *parts,
    ]


def _notes(found: Sensitivity) -> list[str]:
    notes = ["elast.: elasticity, percent of change for each percent that the knob is turned"]
    steps = [effect.step for lever in found.levers for effect in lever.effects]
    if any(len(step.settings) > 1 for step in steps):
        notes.append(
            "*: expansions that must stay multiples of that width keep their ratio; --json has each step's --set"
        )
    if still := [lever.knob.name for lever in found.levers if not lever.effects]:
        notes.append(f"No step is to be had of {', '.join(still)}")
    return notes


def signed(number: int) -> str:
    """Return a change with its sign.

    >>> signed(1234), signed(-5), signed(0)
    ('+1,234', '-5', '0')
    """
    return f"{number:+,}" if number else "0"


def decimal(ratio: Fraction) -> str:
    """Return a ratio to two decimals, rounded from the exact one.

    >>> decimal(Fraction(2, 3)), decimal(Fraction(-1, 3)), decimal(Fraction(1, 900))
    ('0.67', '-0.33', '0.00')
    """
    hundredths = round(ratio * 100)
    return f"{'-' if hundredths < 0 else ''}{abs(hundredths) // 100}.{abs(hundredths) % 100:02}"


def _float(ratio: Fraction | None) -> str:
    return "" if ratio is None else f"{float(ratio):.6f}"


def _share(part: _Part) -> str:
    """Return a pillar's part of a change in percent, nothing of none; below 0 where it runs against the whole."""
    return share(*map(abs, part)) if part[0] * part[1] > 0 else share(*part) if part[0] else ""


def _part(part: _Part) -> int:
    return part[0]


def sensitivity_json(found: Sensitivity) -> dict[str, Any]:
    """Return what each knob is worth as JSON holds it: exact integers, an elasticity as numerator and denominator."""
    bill = found.bill
    return {
        **head(bill),
        "sort": found.quantity,
        "knobs": [
            {
                "knob": lever.knob.name,
                "value": _number(lever.knob.value),
                "down": None if lever.down is None else _effect_json(lever.down),
                "up": None if lever.up is None else _effect_json(lever.up),
            }
            for lever in found.levers
        ],
    }


def _effect_json(effect: Effect) -> dict[str, Any]:
    return {
        "value": _number(effect.step.value),
        "settings": list(effect.step.settings),
        **_totals(effect.after),
        "change": _totals(effect.change),
        "elasticity": {quantity: _ratio(effect.elasticity(quantity)) for quantity in QUANTITIES},
        "pillars": {name: _totals(total) for name, total in effect.pillars.items()},
    }


def _number(value: str) -> int | float:
    return int(value) if value.isdecimal() else float(value)


def _totals(total: Total) -> dict[str, int]:
    return {"madds": total.madds, "params": total.params}


def _ratio(ratio: Fraction | None) -> list[int] | None:
    return None if ratio is None else [ratio.numerator, ratio.denominator]
